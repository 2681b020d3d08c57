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
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.springframework.core.annotation.Order;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.jedis.JedisClientConfiguration;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettucePoolingClientConfiguration;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;

@Component
@Order(15)
class Peers implements Experiment {

	static final String CONNECTIONS = "Connections at the server";

	private static final int CALLERS = 16;

	private static final int SIZE = 8;

	@Override
	public About about() {
		return new About("peers", "“All clients pool alike”",
				"Sixteen callers, nine ordinary commands to a transaction, at most eight pooled connections. Do this "
						+ "pool, Spring Boot's and Jedis's come to the same?",
				List.of("This pool", "Boot's pool (Lettuce)", "Jedis's pool"), "lettuce.pool.enabled",
				"docs/migration.md");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		RedisStandaloneConfiguration address = new RedisStandaloneConfiguration(server.host(), server.port());
		Bench bench = stage.pool(server, (settings) -> settings.maxSize(SIZE));
		Measured own = measure(stage, 0, bench, server, bench.redis());
		LettuceConnectionFactory boot = new LettuceConnectionFactory(address,
				LettucePoolingClientConfiguration.builder()
					.poolConfig(limit(new GenericObjectPoolConfig<>()))
					.commandTimeout(Stage.TIMEOUT)
					.build());
		boot.afterPropertiesSet();
		boot.start();
		stage.use(boot::destroy);
		Measured boots = measure(stage, 1, bench, server, new StringRedisTemplate(boot));
		JedisConnectionFactory jedis = new JedisConnectionFactory(address,
				JedisClientConfiguration.builder()
					.readTimeout(Stage.TIMEOUT)
					.usePooling()
					.poolConfig(limit(new GenericObjectPoolConfig<>()))
					.build());
		jedis.afterPropertiesSet();
		jedis.start();
		stage.use(jedis::destroy);
		return findings(own, boots, measure(stage, 2, bench, server, new StringRedisTemplate(jedis)));
	}

	private static <T> GenericObjectPoolConfig<T> limit(GenericObjectPoolConfig<T> settings) {
		settings.setMaxTotal(SIZE);
		settings.setMaxIdle(SIZE);
		return settings;
	}

	static Findings findings(Measured own, Measured boot, Measured jedis) {
		List<Double> calls = Stream.of(own, boot, jedis).map((side) -> side.get(Measured.CALLS)).toList();
		boolean differ = Findings.clearlyMore(Collections.max(calls), Collections.min(calls));
		return Findings.of(List.of(own, boot, jedis), differ
				? "Pools with the same limit differ. Measure your own load before and after a change, and count the "
						+ "connections at the server."
				: "At this load and on this machine, the three are about as fast. See how they wait, check and fail "
						+ "before you choose.",
				Findings.text(
						"The same load got %,.0f calls a second from this pool, %,.0f from Spring Boot's and %,.0f from "
								+ "Jedis's; 99 %% of them took no more than %s, %s and %s.",
						calls.get(0), calls.get(1), calls.get(2), Findings.millis(own.get(Measured.P99)),
						Findings.millis(boot.get(Measured.P99)), Findings.millis(jedis.get(Measured.P99))),
				Findings.text(
						"At the end of its turn, each had connections to the server: this pool %,.0f, Spring Boot's "
								+ "%,.0f, Jedis's %,.0f, shared ones among them.",
						own.get(CONNECTIONS), boot.get(CONNECTIONS), jedis.get(CONNECTIONS)));
	}

	private static Measured measure(Stage stage, int side, Bench bench, RedisServer server, StringRedisTemplate redis)
			throws InterruptedException {
		// Those of the pools before, which are idle.
		long others = (side > 0) ? Work.connections(server) : 0;
		Measured measured = stage.measure(side, bench.calls(), CALLERS, Duration.ZERO, () -> {
			if (ThreadLocalRandom.current().nextInt(10) == 0) {
				Work.transaction(redis, 0);
			}
			else {
				Work.readOrWrite(redis);
			}
		});
		return measured.with(CONNECTIONS, Work.connections(server) - others, "");
	}

}
