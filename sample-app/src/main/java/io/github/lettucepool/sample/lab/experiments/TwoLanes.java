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
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.sample.lab.Latencies;

@Component
@Order(9)
class TwoLanes implements Experiment {

	private static final String BORROWS = "Borrows";

	private static final int CALLERS = 32;

	private static final int SIZE = 8;

	@Override
	public About about() {
		return new About("lanes", "Shared against exclusive lane",
				"Thirty-two callers send ordinary commands. Does each need a connection to itself?",
				List.of("Every command borrows", "Shared lane"), "lettuce.pool.shared-connections",
				"docs/tuning.md#which-lane-does-what");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		Measured before = measure(stage, 0, server, 0);
		Measured after = measure(stage, 1, server, 2);
		return Findings.of(List.of(before, after), remember(before, after), Findings.text(
				"With a connection borrowed for each command, %d callers took turns on %d connections: %,.0f commands a "
						+ "second, %,.0f borrows, and a 99th percentile of %s.",
				CALLERS, SIZE, before.get(Measured.CALLS), before.get(BORROWS),
				Findings.millis(before.get(Measured.P99))),
				Findings.text(
						"Over 2 shared connections, it was %,.0f commands a second, which is %s as many, with %,.0f borrows "
								+ "and a 99th percentile of %s.",
						after.get(Measured.CALLS),
						Findings.times(after.get(Measured.CALLS), before.get(Measured.CALLS)), after.get(BORROWS),
						Findings.millis(after.get(Measured.P99))));
	}

	private static String remember(Measured before, Measured after) {
		return Findings.remember(
				after.get(BORROWS) == 0 && Findings.clearlyMore(after.get(Measured.CALLS), before.get(Measured.CALLS)),
				"Ordinary commands need no connection of their own. A few shared ones carry the commands of all "
						+ "threads; only what blocks, transactions and pipelines borrow.");
	}

	private static Measured measure(Stage stage, int side, RedisServer server, int shared) throws Exception {
		Bench bench = stage.pool(server,
				(settings) -> settings.maxSize(SIZE).sharedConnections(shared).lowLatencyCallers(0));
		Latencies.Window borrows = bench.events().acquisition();
		Measured measured = stage.measure(side, bench.calls(), CALLERS, Duration.ZERO,
				() -> Work.readOrWrite(bench.redis()), borrows::next);
		measured = measured.with(BORROWS, borrows.next().count(), "");
		stage.putAway(bench);
		return measured;
	}

}
