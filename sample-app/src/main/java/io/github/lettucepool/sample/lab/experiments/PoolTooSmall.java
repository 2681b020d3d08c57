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

import org.jspecify.annotations.Nullable;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.sample.lab.Latencies;

@Component
@Order(4)
class PoolTooSmall implements Experiment {

	static final String WAIT = "Wait for a connection, 99th percentile";

	static final String SIZE = "max-size";

	private static final int CALLERS = 12;

	private static final int TOO_SMALL = 2;

	private static final int THINK_MILLIS = 5;

	@Override
	public About about() {
		return new About("too-small", "A pool too small",
				"Twelve callers run transactions of 5 ms. What if there are two connections for them?",
				List.of("max-size: 2", "max-size as advised"), "lettuce.pool.max-size",
				"docs/tuning.md#how-many-connections");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		Bench bench = stage.pool(server, (settings) -> settings.maxSize(TOO_SMALL));
		Measured before = measure(stage, 0, bench);
		// It learns for some seconds before it says anything.
		Integer recommended = bench.watched().advisor().recommendedSize(bench.pool());
		int size = (recommended != null) ? Math.max(1, recommended) : CALLERS;
		bench.pool().resize(size, 0);
		Measured after = measure(stage, 1, bench);
		return findings(before, after, recommended);
	}

	static Findings findings(Measured before, Measured after, @Nullable Integer recommended) {
		return Findings.of(List.of(before, after), Findings.remember(
				Findings.clearlyMore(after.get(Measured.CALLS), before.get(Measured.CALLS))
						&& Findings.clearlyMore(before.get(WAIT), after.get(WAIT)),
				"Borrowers that wait are the sign of a pool too small. Size it by the leases at the same time, which "
						+ "the advisor counts, not by your threads."),
				Findings.text(
						"With %d connections for %d callers, %,.0f transactions a second got through, and one borrower in "
								+ "a hundred waited for more than %s.",
						TOO_SMALL, CALLERS, before.get(Measured.CALLS), Findings.millis(before.get(WAIT))),
				Findings.text("With %,.0f, %s, it was %,.0f transactions a second (%s as many), and that wait was %s.",
						after.get(SIZE),
						(recommended != null) ? "which the advisor had worked out from the demand"
								: "one for each caller since the advisor had not seen enough yet",
						after.get(Measured.CALLS),
						Findings.times(after.get(Measured.CALLS), before.get(Measured.CALLS)),
						Findings.millis(after.get(WAIT))));
	}

	private static Measured measure(Stage stage, int side, Bench bench) throws InterruptedException {
		Latencies.Window waits = bench.events().acquisition();
		Measured measured = stage.measure(side, bench.calls(), CALLERS, Duration.ZERO,
				() -> Work.transaction(bench.redis(), THINK_MILLIS), waits::next);
		return measured.with(WAIT, waits.next().p99(), "ms").with(SIZE, bench.pool().getSettings().getMaxSize(), "");
	}

}
