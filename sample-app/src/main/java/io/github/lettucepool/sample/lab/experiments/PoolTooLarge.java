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

import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RespClient;
import io.github.lettucepool.sample.lab.Latencies;

@Component
@Order(5)
class PoolTooLarge implements Experiment {

	static final String WAIT = "Wait for a connection, median";

	/**
	 * What others do on the machine changes how much of a processor the server gets, but
	 * hardly this.
	 */
	static final String WORKED = "Calls in a second of the server's processor";

	static final String REFUSED = "Connections refused by the server";

	private static final int CALLERS = 32;

	private static final int SMALL = 8;

	private static final int LARGE = 32;

	private static final int MAX_CLIENTS = 16;

	/**
	 * So long that it is the server that has the work.
	 */
	private static final int ELEMENTS = 200_000;

	private static final String LIST = "list";

	@Override
	public About about() {
		return new About("too-large", "A pool too large",
				"Thirty-two callers look through a long list, which is work for the server. Does a connection for each "
						+ "help? And what if the server takes 16 clients only?",
				List.of("max-size: 8", "max-size: 32", "max-size: 32, maxclients: 16"), "lettuce.pool.max-size",
				"docs/tuning.md#how-many-connections");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		Measured small = measure(stage, 0, server, SMALL);
		Measured large = measure(stage, 1, server, LARGE);
		RedisServer limited = stage.server((builder) -> builder.config("maxclients", String.valueOf(MAX_CLIENTS)));
		return findings(small, large, measure(stage, 2, limited, LARGE));
	}

	static Findings findings(Measured small, Measured large, Measured limited) {
		double before = small.get(WORKED);
		double after = large.get(WORKED);
		boolean faster = Findings.clearlyMore(after, before);
		return Findings.of(List.of(small, large, limited), remember(!faster && before > 0, limited
			.get(REFUSED) > 0), Findings.text(
					"With %d connections instead of %d, the same callers got %,.0f calls a second instead of %,.0f. A second "
							+ "of the server's processor was enough for %,.0f calls instead of %,.0f: larger was %s.",
					LARGE, SMALL, large.get(Measured.CALLS), small.get(Measured.CALLS), after, before,
					faster ? "faster this time"
							: Findings.clearlyMore(before, after) ? "slower" : "not faster by more than chance"),
				Findings.text(
						"Half of the callers waited %s or more for one of %d connections, and %s for one of %d; half of the "
								+ "calls took %s or more with the few, and %s with the many.",
						Findings.millis(small.get(WAIT)), SMALL, Findings.millis(large.get(WAIT)), LARGE,
						Findings.millis(small.get(Measured.MEDIAN)), Findings.millis(large.get(Measured.MEDIAN))),
				Findings.text(
						"A server that takes %d clients refused %,.0f connections of the large pool, and %,.0f calls failed.",
						MAX_CLIENTS, limited.get(REFUSED), limited.get(Measured.FAILED)));
	}

	private static String remember(boolean noFaster, boolean refused) {
		if (noFaster) {
			return "More connections do not make a busy server faster: callers that do not wait for a connection wait "
					+ "for its reply instead."
					+ (refused ? " Multiply max-size by your instances, and stay below maxclients." : "");
		}
		return Findings.remember(refused,
				"Multiply max-size by your instances, and stay below the server's maxclients.");
	}

	private static Measured measure(Stage stage, int side, RedisServer server, int maxSize) throws Exception {
		// Before the server takes no more.
		RespClient observer = stage.use(server.connect());
		Bench bench = stage.pool(server,
				(settings) -> settings.maxSize(maxSize).sharedConnections(0).lowLatencyCallers(0));
		bench.redis().opsForList().rightPushAll(LIST, Collections.nCopies(ELEMENTS, "x"));
		Latencies.Window waits = bench.events().acquisition();
		long[] refused = new long[1];
		double[] worked = new double[1];
		long[] start = new long[1];
		Measured measured = stage.measure(side, bench.calls(), CALLERS, Duration.ZERO,
				() -> bench.redis().opsForList().indexOf(LIST, "y"), () -> {
					waits.next();
					worked[0] = Work.processorSeconds(observer);
					start[0] = System.nanoTime();
					refused[0] = bench.events().failedConnects();
				});
		double share = (Work.processorSeconds(observer) - worked[0]) / ((System.nanoTime() - start[0]) / 1e9);
		measured = measured.with(WORKED, (share > 0) ? measured.get(Measured.CALLS) / share : 0, "")
			.with(WAIT, waits.next().p50(), "ms")
			.with(REFUSED, bench.events().failedConnects() - refused[0], "");
		bench.redis().delete(LIST);
		stage.putAway(bench);
		return measured;
	}

}
