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

	private static final Duration HANGS = Duration.ofMinutes(1);

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
	 */
	void awaitSuccessOfAll() {
		long since = System.nanoTime();
		await().atMost(HANGS)
			.untilAsserted(() -> assertThat(this.callers).allSatisfy(
					(caller) -> assertThat(caller.lastSuccess - since)
						.as("%s has no success; its last failure is %s; all failures: %s", caller.thread.getName(),
								caller.lastFailure, failures())
						.isPositive()));
	}

	/**
	 * Waits until a call of each thread has failed from now on.
	 */
	void awaitFailureOfAll() {
		long since = System.nanoTime();
		await().atMost(HANGS)
			.untilAsserted(() -> assertThat(this.callers).allSatisfy((caller) -> assertThat(caller.lastFailed - since)
				.as("%s hangs or succeeds", caller.thread.getName())
				.isPositive()));
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
	 * Ends the threads.
	 */
	@Override
	public void close() {
		this.running = false;
		await().atMost(HANGS).until(() -> this.callers.stream().noneMatch((caller) -> caller.thread.isAlive()));
	}

	private final class Caller implements Runnable {

		private final Runnable operation;

		private final Map<String, Integer> failures = new TreeMap<>();

		private Thread thread;

		private volatile long succeeded;

		/** When the last good call began. */
		private volatile long lastSuccess = System.nanoTime();

		/** When the last bad call began. */
		private volatile long lastFailed = System.nanoTime();

		private volatile String lastFailure;

		private Caller(Runnable operation) {
			this.operation = operation;
		}

		@Override
		@SuppressWarnings("NonAtomicVolatileUpdate") // Only this thread writes.
		public void run() {
			while (Load.this.running) {
				long start = System.nanoTime();
				boolean success = attempt();
				if (success) {
					this.succeeded++;
					this.lastSuccess = start;
				}
				else {
					this.lastFailed = start;
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
