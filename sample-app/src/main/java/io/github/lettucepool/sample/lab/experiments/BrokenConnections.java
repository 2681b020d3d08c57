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

@Component
@Order(11)
class BrokenConnections implements Experiment {

	static final String OPENED = "Connections opened, shared ones aside";

	private static final int CALLERS = 8;

	@Override
	public About about() {
		return new About("broken-connections", "Broken connections",
				"The server closes all connections at once. Who notices, and for how long?",
				List.of("All is well", "CLIENT KILL of all"), "lettuce.pool.replay",
				"docs/faults.md#what-happens-when");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		Bench bench = stage.pool(server, (settings) -> settings.maxSize(CALLERS));
		Recovery recovery = new Recovery(bench.redis());
		Measured before = stage.measure(0, bench.calls(), CALLERS, Duration.ofMillis(1), recovery)
			.with(OPENED, bench.events().openedConnections(), "");
		long opened = bench.events().openedConnections();
		long[] killed = new long[1];
		Measured after = stage.measure(1, bench.calls(), CALLERS, Duration.ofMillis(1), recovery, () -> {
			Thread.sleep(stage.measuredTime().toMillis() / 4);
			killed[0] = Long.parseLong(String.valueOf(server.execute("CLIENT", "KILL", "TYPE", "normal")));
			recovery.count();
			recovery.await();
		});
		after = recovery.addTo(after.with(OPENED, bench.events().openedConnections() - opened, ""));
		return findings(before, after, killed[0]);
	}

	static Findings findings(Measured before, Measured after, long killed) {
		double failed = after.get(Measured.FAILED);
		return Findings.of(List.of(before, after), Findings.remember(
				Recovery.isComplete(after) && after.get(OPENED) > 0,
				"A pool replaces lost connections by itself. Be ready for calls that fail meanwhile: replay says which "
						+ "are sent again."),
				Findings.text("The server closed %d connections under a load of %d callers, and %s.", killed, CALLERS,
						(failed > 0) ? Findings.text(
								"%,.0f of their calls failed: those whose reply was lost, and those before a connection was "
										+ "open again",
								failed) : "no call failed"),
				Findings.text("Then %s, with %,.0f connections opened in place of others%s.", Recovery.text(after),
						after.get(OPENED), Recovery.isComplete(after) ? "; no restart, nothing to do by hand" : ""));
	}

}
