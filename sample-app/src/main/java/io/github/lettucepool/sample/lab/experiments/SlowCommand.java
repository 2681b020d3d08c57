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

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.sample.lab.Callers;
import io.github.lettucepool.sample.lab.Calls;

@Component
@Order(10)
class SlowCommand implements Experiment {

	private static final Duration BLOCK = Duration.ofSeconds(1);

	private static final int CALLERS = 8;

	private static final Duration THINK = Duration.ofMillis(1);

	@Override
	public About about() {
		return new About("slow-command", "A slow command beside fast ones",
				"One caller blocks in BLPOP for a second. What do eight others see that only want a GET?",
				List.of("One connection for all", "Two lanes"), "lettuce.pool.max-size",
				"docs/tuning.md#which-lane-does-what");
	}

	@Override
	@SuppressWarnings("try") // The slow caller only has to be there.
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		Bench bench = stage.pool(server, (settings) -> settings);
		RedisClient client = RedisClient.create(RedisURI.create(server.host(), server.port()));
		stage.use(() -> client.shutdown(Duration.ZERO, Duration.ofSeconds(2)));
		StatefulRedisConnection<String, String> one = client.connect();
		Measured before;
		try (Callers slow = Callers.start(1, false, THINK, new Calls(),
				() -> one.sync().blpop(BLOCK.toSeconds(), "q"))) {
			before = stage.measure(0, bench.calls(), CALLERS, THINK, () -> one.sync().get("key"));
		}
		Measured after;
		try (Callers slow = Callers.start(1, false, THINK, new Calls(),
				() -> bench.redis().opsForList().leftPop("q", BLOCK))) {
			after = stage.measure(1, bench.calls(), CALLERS, THINK, () -> bench.redis().opsForValue().get("key"));
		}
		return findings(before, after);
	}

	static Findings findings(Measured before, Measured after) {
		boolean none = before.get(Measured.CALLS) == 0;
		// Of GETs that are not answered at all, there is no median.
		String blocked = none ? "no GET was answered"
				: Findings.text("half of the GETs took %s or more, and %,.0f a second were answered",
						Findings.millis(before.get(Measured.MEDIAN)), before.get(Measured.CALLS));
		return new Findings(List.of(before, after), List.of(Findings.text(
				"On one Lettuce connection, replies come in the order of the commands: behind a BLPOP of 1 s, %s.",
				blocked),
				Findings.text(
						"The pool gave the BLPOP a connection of its own: %,.0f GETs a second were answered, 99 %% of them "
								+ "within %s.",
						after.get(Measured.CALLS), Findings.millis(after.get(Measured.P99)))),
				Findings.remember(after.get(Measured.CALLS) > 0
						&& (none || Findings.clearlyMore(before.get(Measured.MEDIAN), after.get(Measured.MEDIAN))),
						"A command that blocks holds up everything behind it on its connection. It needs one of its own: "
								+ "count your blocking consumers into max-size."));
	}

}
