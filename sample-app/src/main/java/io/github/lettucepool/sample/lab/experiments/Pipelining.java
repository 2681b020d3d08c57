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
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;

@Component
@Order(7)
class Pipelining implements Experiment {

	private static final int CALLERS = 4;

	private static final int READS = 50;

	@Override
	public About about() {
		return new About("pipelining", "Pipelining against one by one",
				"Each of four callers wants fifty values at a time. Does it ask for one after the other, or for all at "
						+ "once?",
				List.of("One by one", "executePipelined"), "lettuce.pool.max-size",
				"docs/tuning.md#which-lane-does-what");
	}

	@Override
	@SuppressWarnings("NullAway") // The callback of a pipeline has to return null.
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		Bench bench = stage.pool(server, (settings) -> settings);
		byte[] key = bench.redis().getStringSerializer().serialize("key");
		Measured single = stage.measure(0, bench.calls(), CALLERS, Duration.ZERO, () -> {
			for (int i = 0; i < READS; i++) {
				bench.redis().opsForValue().get("key");
			}
		});
		Measured pipelined = stage.measure(1, bench.calls(), CALLERS, Duration.ZERO,
				() -> bench.redis().executePipelined((RedisCallback<?>) (connection) -> {
					for (int i = 0; i < READS; i++) {
						connection.stringCommands().get(key);
					}
					return null;
				}));
		return findings(single, pipelined);
	}

	static Findings findings(Measured single, Measured pipelined) {
		return Findings.of(List.of(single, pipelined), Findings.remember(
				Findings.clearlyMore(single.get(Measured.MEDIAN), pipelined.get(Measured.MEDIAN)),
				"Commands that do not need each other's replies go together. A pipeline borrows one connection for as "
						+ "long as it lasts: count those at the same time into max-size."),
				Findings.text("One by one, half of the callers had their %d values within %s, and 99 %% within %s.",
						READS, Findings.millis(single.get(Measured.MEDIAN)), Findings.millis(single.get(Measured.P99))),
				Findings.text("In a pipeline it was %s, and 99 %% within %s: one by one took %s as long.",
						Findings.millis(pipelined.get(Measured.MEDIAN)), Findings.millis(pipelined.get(Measured.P99)),
						Findings.times(single.get(Measured.MEDIAN), pipelined.get(Measured.MEDIAN))));
	}

}
