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

package io.github.lettucepool.topology;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Threads that do something over and over, and what came of it.
 */
final class Load implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private final List<Caller> callers = new ArrayList<>();

	private volatile boolean running = true;

	/**
	 * Starts the threads.
	 * @param threads how many
	 * @param operations gives each thread, by its number, what it is to do
	 */
	Load(int threads, IntFunction<Runnable> operations) {
		for (int i = 0; i < threads; i++) {
			Caller caller = new Caller(operations.apply(i));
			this.callers.add(caller);
			Thread thread = new Thread(caller, "load-" + i);
			thread.setDaemon(true);
			caller.thread = thread;
			thread.start();
		}
	}

	/**
	 * Waits until each thread has had a success from now on.
	 * @return for each thread how long that took
	 */
	List<Duration> awaitSuccessOfAll() {
		return awaitSuccessOfAll(System.nanoTime());
	}

	/**
	 * Waits until each thread has had a success since some time.
	 * @param since the time in nanoseconds
	 * @return for each thread how long that took
	 */
	List<Duration> awaitSuccessOfAll(long since) {
		this.callers.forEach((caller) -> caller.since(since));
		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(this.callers).allSatisfy(
					(caller) -> assertThat(caller.firstSuccess)
						.as("%s has no success; its last failure is %s; all failures: %s", caller.thread.getName(),
								caller.lastFailure, failures())
						.isNotZero()));
		return this.callers.stream().map((caller) -> Duration.ofNanos(caller.firstSuccess - since)).toList();
	}

	/**
	 * What failed, each kind with the number of times.
	 * @return the messages of the failures
	 */
	Map<String, Integer> failures() {
		Map<String, Integer> failures = new TreeMap<>();
		for (Caller caller : this.callers) {
			synchronized (caller.failures) {
				caller.failures.forEach((message, count) -> failures.merge(message, count, Integer::sum));
			}
		}
		return failures;
	}

	long succeeded() {
		return this.callers.stream().mapToLong((caller) -> caller.succeeded).sum();
	}

	/**
	 * How long the longest call took, successful or not.
	 * @return the time
	 */
	Duration longest() {
		return Duration.ofNanos(this.callers.stream().mapToLong((caller) -> caller.longest).max().orElse(0));
	}

	/**
	 * The middle one of some times.
	 * @param times the times
	 * @return their median
	 */
	static Duration median(Collection<Duration> times) {
		return times.stream().sorted().skip(times.size() / 2).findFirst().orElseThrow();
	}

	/**
	 * Ends the threads.
	 */
	@Override
	public void close() {
		this.running = false;
		await().atMost(PATIENCE).until(() -> this.callers.stream().noneMatch((caller) -> caller.thread.isAlive()));
	}

	private final class Caller implements Runnable {

		private final Runnable operation;

		private final Map<String, Integer> failures = new TreeMap<>();

		private Thread thread;

		private volatile long succeeded;

		private volatile long longest;

		private volatile long since = Long.MIN_VALUE;

		private volatile long firstSuccess;

		private volatile String lastFailure;

		private Caller(Runnable operation) {
			this.operation = operation;
		}

		private void since(long since) {
			this.since = since;
			this.firstSuccess = 0;
		}

		@Override
		@SuppressWarnings("NonAtomicVolatileUpdate") // Only this thread writes.
		public void run() {
			while (Load.this.running) {
				long start = System.nanoTime();
				boolean success = attempt();
				long end = System.nanoTime();
				this.longest = Math.max(this.longest, end - start);
				if (success) {
					this.succeeded++;
					if (this.firstSuccess == 0 && start - this.since > 0) {
						this.firstSuccess = end;
					}
				}
				// Nobody hammers a server from 32 threads without a pause.
				LockSupport.parkNanos(Duration.ofMillis(success ? 1 : 5).toNanos());
			}
		}

		private boolean attempt() {
			try {
				this.operation.run();
				return true;
			}
			catch (RuntimeException ex) {
				this.lastFailure = describe(ex);
				synchronized (this.failures) {
					this.failures.merge(this.lastFailure, 1, Integer::sum);
				}
				return false;
			}
		}

		private static String describe(Throwable error) {
			Throwable root = error;
			while (root.getCause() != null) {
				root = root.getCause();
			}
			return "%s: %s".formatted(error.getClass().getSimpleName(), root);
		}

	}

}
