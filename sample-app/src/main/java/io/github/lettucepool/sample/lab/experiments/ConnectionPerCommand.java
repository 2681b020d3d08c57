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
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;

@Component
@Order(2)
class ConnectionPerCommand implements Experiment {

	private static final String CONNECTIONS = "Connections opened";

	private static final int CALLERS = 4;

	/**
	 * So that no machine runs out of ports: each connection keeps one for a while.
	 */
	private static final Duration THINK = Duration.ofMillis(5);

	@Override
	public About about() {
		return new About("connection-per-command", "A connection for each command",
				"What does it cost to connect, ask and hang up, each time?", List.of("Connect for each GET", "Pooled"),
				"lettuce.pool.max-idle", "docs/tuning.md#the-keys");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		Bench bench = stage.pool(server, (settings) -> settings);
		LettuceConnectionFactory unpooled = new LettuceConnectionFactory(
				new RedisStandaloneConfiguration(server.host(), server.port()));
		unpooled.setShareNativeConnection(false);
		unpooled.afterPropertiesSet();
		unpooled.start();
		stage.use(unpooled::destroy);
		byte[] key = bench.redis().getStringSerializer().serialize("key");
		long[] start = new long[1];
		Measured before = stage.measure(0, bench.calls(), CALLERS, THINK, () -> {
			try (RedisConnection connection = unpooled.getConnection()) {
				connection.stringCommands().get(key);
			}
		}, () -> start[0] = connections(server));
		// The connections that asked for the figures are among them.
		before = before.with(CONNECTIONS, connections(server) - start[0] - 1, "");
		Measured after = stage.measure(1, bench.calls(), CALLERS, THINK, () -> bench.redis().opsForValue().get("key"),
				() -> start[0] = connections(server));
		after = after.with(CONNECTIONS, connections(server) - start[0] - 1, "");
		return Findings.of(List.of(before, after), Findings.remember(
				Findings.clearlyMore(before.get(Measured.MEDIAN), after.get(Measured.MEDIAN))
						&& before.get(CONNECTIONS) > 10 * after.get(CONNECTIONS),
				"A connection costs more than the command it carries. Keep it: a max-idle that is too low opens and "
						+ "closes one for each borrow as well."),
				Findings.text(
						"With a connection for each command, the server had to accept %,.0f of them, for %,.0f commands a "
								+ "second, and half of the commands took longer than %s.",
						before.get(CONNECTIONS), before.get(Measured.CALLS),
						Findings.millis(before.get(Measured.MEDIAN))),
				Findings.text(
						"The pool opened %s meanwhile, and half of the commands took less than %s: with connecting, a command "
								+ "took %s as long.",
						(after.get(CONNECTIONS) > 0) ? Findings.text("%,.0f", after.get(CONNECTIONS)) : "none",
						Findings.millis(after.get(Measured.MEDIAN)),
						Findings.times(before.get(Measured.MEDIAN), after.get(Measured.MEDIAN))));
	}

	private static long connections(RedisServer server) {
		return (long) Work.info(String.valueOf(server.execute("INFO", "stats")), "total_connections_received");
	}

}
