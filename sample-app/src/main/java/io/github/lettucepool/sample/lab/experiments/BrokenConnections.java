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

import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;

import io.github.lettucepool.embedded.RedisServer;

@Component
@Order(4)
class BrokenConnections implements Experiment {

	static final String OPENED = "Connections opened, shared ones aside";

	private static final int CALLERS = 8;

	@Override
	public String id() {
		return "broken-connections";
	}

	@Override
	public String title() {
		return "Broken connections";
	}

	@Override
	public String question() {
		return "The server closes all connections at once. Who notices, and for how long?";
	}

	@Override
	public String before() {
		return "All is well";
	}

	@Override
	public String after() {
		return "CLIENT KILL of all";
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		Bench bench = stage.pool(server, (settings) -> settings.maxSize(CALLERS));
		Recovery recovery = new Recovery(bench.redis());
		Measured before = stage.measure(Stage.Phase.BEFORE, bench.calls(), CALLERS, Duration.ofMillis(1), recovery)
			.with(OPENED, bench.events().openedConnections(), "");
		long opened = bench.events().openedConnections();
		long[] killed = new long[1];
		Measured after = stage.measure(Stage.Phase.AFTER, bench.calls(), CALLERS, Duration.ofMillis(1), recovery,
				() -> {
					Thread.sleep(stage.measuredTime().toMillis() / 4);
					killed[0] = Long.parseLong(String.valueOf(server.execute("CLIENT", "KILL", "TYPE", "normal")));
					recovery.count();
				});
		after = recovery.addTo(after.with(OPENED, bench.events().openedConnections() - opened, ""));
		return findings(before, after, killed[0]);
	}

	static Findings findings(Measured before, Measured after, long killed) {
		double failed = after.get(Measured.FAILED);
		return Findings.of(before, after, Findings.text(
				"The server closed %d connections under a load of %d callers, and %s.", killed, CALLERS,
				(failed > 0) ? Findings
					.text("%,.0f of their calls failed: those whose reply was lost, and those before a connection was "
							+ "open again", failed)
						: "no call failed"),
				Findings.text("Then %s, with %,.0f connections opened in place of others%s.", Recovery.text(after),
						after.get(OPENED), Recovery.isComplete(after) ? "; no restart, nothing to do by hand" : ""));
	}

}
