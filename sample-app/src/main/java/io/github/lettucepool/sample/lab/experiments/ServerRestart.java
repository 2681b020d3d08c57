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
@Order(12)
class ServerRestart implements Experiment {

	private static final int CALLERS = 8;

	/**
	 * Far from the timeout, which a histogram has only roughly.
	 */
	private static final Duration HANGS = Stage.TIMEOUT.dividedBy(2);

	@Override
	public About about() {
		return new About("server-restart", "A server restart",
				"The server crashes and comes back. Do callers hang meanwhile, and when does all work again?",
				List.of("All is well", "Killed and started"), "spring.data.redis.timeout",
				"docs/faults.md#how-soon-redis-is-used-again");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		Bench bench = stage.pool(server, (settings) -> settings.maxSize(CALLERS));
		Recovery recovery = new Recovery(bench.redis());
		Latencies failing = new Latencies();
		Latencies.Window failures = failing.window();
		Measured before = stage.measure(0, bench.calls(), CALLERS, Duration.ofMillis(1), recovery);
		Duration pause = stage.measuredTime().dividedBy(3);
		long[] down = new long[1];
		Measured after = stage.measure(1, bench.calls(), CALLERS, Duration.ofMillis(1), () -> {
			long start = System.nanoTime();
			try {
				recovery.run();
			}
			catch (RuntimeException ex) {
				failing.add(System.nanoTime() - start);
				throw ex;
			}
		}, () -> {
			Thread.sleep(stage.measuredTime().toMillis() / 6);
			server.kill();
			long killed = System.nanoTime();
			Thread.sleep(pause.toMillis());
			server.start();
			down[0] = System.nanoTime() - killed;
			recovery.count();
			recovery.await();
		});
		return findings(before, recovery.addTo(after), Duration.ofNanos(down[0]), failures.next());
	}

	static Findings findings(Measured before, Measured after, Duration down, Latencies.Distribution failed) {
		return Findings.of(List.of(before, after), Findings.remember(
				Recovery.isComplete(after) && failed.count() > 0 && failed.p99() < HANGS.toMillis(),
				"While Redis is away, calls fail, and fast. Catch RedisConnectionFailureException where you have an "
						+ "answer without Redis; the application needs no restart."),
				Findings.text("The server was down for %s, and until it was found again %s.",
						Findings.millis(down.toMillis()),
						(failed.count() > 0) ? failures(after, failed) : "no call failed"),
				Findings.text("Once it was back, %s.", Recovery.text(after)));
	}

	private static String failures(Measured after, Latencies.Distribution failed) {
		return Findings.text("%,.0f calls failed, half of them within %s and 99 %% within %s%s",
				after.get(Measured.FAILED), Findings.millis(failed.p50()), Findings.millis(failed.p99()),
				(failed.p99() < HANGS.toMillis()) ? ": callers did not hang until a timeout" : "");
	}

}
