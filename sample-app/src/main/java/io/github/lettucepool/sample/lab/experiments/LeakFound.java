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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.springframework.core.annotation.Order;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.stereotype.Component;

import io.github.lettucepool.PoolListener;
import io.github.lettucepool.embedded.RedisServer;

@Component
@Order(13)
class LeakFound implements Experiment {

	private static final String LEFT = "Connections left for others";

	private static final String REPORTED = "Leaks reported";

	private static final String THREAD = "forgetful-import";

	private static final int CALLERS = 4;

	private static final int SIZE = 4;

	private static final int LEAKED = 3;

	private static final Duration MAX_WAIT = Duration.ofSeconds(1);

	@Override
	public About about() {
		return new About("leak", "A leak being found",
				"Somebody borrows three of four connections and never gives them back. Who was it?",
				List.of("All come back", "Three do not"), "lettuce.pool.leak-detection-threshold",
				"docs/tuning.md#the-keys");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisServer server = stage.server((builder) -> builder);
		Duration threshold = stage.measuredTime().dividedBy(4);
		Bench bench = stage.pool(server,
				(settings) -> settings.maxSize(SIZE).maxWait(MAX_WAIT).leakDetectionThreshold(threshold));
		List<String> reports = Collections.synchronizedList(new ArrayList<>());
		bench.pool().addListener(new PoolListener() {

			@Override
			public void leaked(String thread, Duration age) {
				// On a busy machine, an honest caller may take as long.
				if (thread.equals(THREAD)) {
					reports.add(thread);
				}
			}

		});
		Measured before = measure(stage, 0, bench, () -> {
		}).with(LEFT, SIZE, "").with(REPORTED, reports.size(), "");
		Leaks leaks = stage.use(new Leaks(bench));
		long[] reportedAfter = new long[1];
		Measured after = measure(stage, 1, bench, () -> {
			long start = System.nanoTime();
			leaks.begin();
			long end = start + stage.measuredTime().toNanos();
			while (reports.size() < LEAKED && System.nanoTime() < end) {
				TimeUnit.MILLISECONDS.sleep(10);
			}
			reportedAfter[0] = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
		}).with(LEFT, SIZE - leaks.held(), "").with(REPORTED, reports.size(), "");
		String place = leaks.place();
		return Findings.of(List.of(before, after), Findings.remember(reports.size() >= LEAKED,
				"Give back what you borrow by hand: close a RedisConnection in a try-with-resources statement, or let a "
						+ "template do it. The threshold names a borrower that forgets."),
				Findings.text(
						"With %d of %d connections gone, %,.0f transactions a second got through instead of %,.0f, their "
								+ "99th percentile was %s instead of %s, and %s waited for max-wait (%s) in vain.",
						leaks.held(), SIZE, after.get(Measured.CALLS), before.get(Measured.CALLS),
						Findings.millis(after.get(Measured.P99)), Findings.millis(before.get(Measured.P99)),
						(after.get(Measured.FAILED) > 0) ? Findings.text("%,.0f", after.get(Measured.FAILED))
								: "nobody",
						Findings.millis(MAX_WAIT.toMillis())),
				reports.isEmpty() ? Findings.text("Within the %s of this run, none of them was reported.", Findings
					.millis(stage.measuredTime().toMillis())) : Findings.text(
							"leak-detection-threshold (%s) reported %d leases within %s and named the thread '%s' and "
									+ "the line: %s.",
							Findings.millis(threshold.toMillis()), reports.size(), Findings.millis(reportedAfter[0]),
							reports.get(0), place));
	}

	private static Measured measure(Stage stage, int side, Bench bench, Stage.Meanwhile meanwhile)
			throws InterruptedException {
		return stage.measure(side, bench.calls(), CALLERS, Duration.ZERO, () -> Work.transaction(bench.redis(), 2),
				meanwhile);
	}

	/**
	 * Borrows connections and keeps them, until the experiment is over.
	 */
	private static final class Leaks implements AutoCloseable {

		private final List<RedisConnection> connections = Collections.synchronizedList(new ArrayList<>());

		private final Bench bench;

		Leaks(Bench bench) {
			this.bench = bench;
		}

		void begin() throws InterruptedException {
			Thread thread = new Thread(this::importProducts, THREAD);
			thread.setDaemon(true);
			thread.start();
			thread.join();
		}

		private void importProducts() {
			for (int i = 0; i < LEAKED; i++) {
				RedisConnection connection = this.bench.connectionFactory().getConnection();
				this.connections.add(connection);
				// Should have ended in EXEC and close().
				connection.multi();
			}
		}

		int held() {
			return this.connections.size();
		}

		/**
		 * The first line of this class in the stack of a lease.
		 */
		String place() {
			return this.bench.pool()
				.snapshot()
				.leases()
				.stream()
				.filter((lease) -> lease.thread().equals(THREAD))
				.flatMap((lease) -> lease.stack().stream())
				.filter((line) -> line.contains("importProducts"))
				.map((line) -> line.substring(line.lastIndexOf('.', line.indexOf('(')) + 1))
				.findFirst()
				.orElse("unknown");
		}

		@Override
		public void close() {
			this.connections.forEach(RedisConnection::close);
		}

	}

}
