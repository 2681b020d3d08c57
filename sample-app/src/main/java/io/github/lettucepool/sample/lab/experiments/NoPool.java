/*
 * Copyright the Lettuce Pool contributors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.lettucepool.sample.lab.experiments;

import java.time.Duration;
import java.util.List;

import org.springframework.core.annotation.Order;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;

@Component
@Order(16)
class NoPool implements Experiment {

	static final String CONNECTIONS = "Connections at the server";

	/**
	 * Milliseconds of a second: nobody notices less.
	 */
	private static final double NOTICED = 10;

	private static final Duration THINK = Duration.ofMillis(100);

	@Override
	public About about() {
		return new About("no-pool", "When not to pool",
				"One caller sends a command now and then, as a script or a small service does. Does a pool help?",
				List.of("One connection (Boot's default)", "This pool"), "lettuce.pool.enabled", "README.md");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		LettuceConnectionFactory one = new LettuceConnectionFactory(
				new RedisStandaloneConfiguration(server.host(), server.port()));
		one.afterPropertiesSet();
		one.start();
		stage.use(one::destroy);
		Bench bench = stage.pool(server, (settings) -> settings);
		long others = Work.connections(server);
		Measured unpooled = measure(stage, 0, bench, new StringRedisTemplate(one));
		long own = Work.connections(server) - others;
		one.stop();
		Measured pooled = measure(stage, 1, bench, bench.redis());
		return findings(unpooled.with(CONNECTIONS, own, ""), pooled.with(CONNECTIONS, Work.connections(server), ""));
	}

	static Findings findings(Measured one, Measured pooled) {
		double saved = (one.get(Measured.MEDIAN) - pooled.get(Measured.MEDIAN)) * one.get(Measured.CALLS);
		return Findings.of(List.of(one, pooled), Findings.remember(saved < NOTICED,
				"A few commands a second, one at a time, need no pool. Keep Spring Boot's one connection and set "
						+ "spring.data.redis.timeout."),
				Findings.text(
						"Over one connection, %,.1f commands a second took %s each (median); through the pool, "
								+ "%,.1f took %s.",
						one.get(Measured.CALLS), Findings.millis(one.get(Measured.MEDIAN)), pooled.get(Measured.CALLS),
						Findings.millis(pooled.get(Measured.MEDIAN))),
				Findings.text("In a second, the pool %s this caller %s, with %,.0f connections instead of %,.0f.",
						(saved >= 0) ? "saved" : "cost", Findings.millis(Math.abs(saved)), pooled.get(CONNECTIONS),
						one.get(CONNECTIONS)));
	}

	private static Measured measure(Stage stage, int side, Bench bench, StringRedisTemplate redis)
			throws InterruptedException {
		return stage.measure(side, bench.calls(), 1, THINK, () -> redis.opsForValue().get("key"));
	}

}
