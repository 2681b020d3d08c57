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

package io.github.lettucepool.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.benchmarks.report.Figures;

/**
 * Lets all callers loose at the same moment, for a while. Each calls again as soon as it
 * has its reply. What the driver itself needs is allocated before the measuring begins,
 * and the callers live until it ends, so that what they allocated can be asked for.
 */
final class Round {

	private final CountDownLatch ready;

	private final CountDownLatch start = new CountDownLatch(1);

	private final CountDownLatch done;

	private final CountDownLatch end = new CountDownLatch(1);

	private final List<Caller> callers = new ArrayList<>();

	private volatile long deadline;

	private Round(int callers) {
		this.ready = new CountDownLatch(callers);
		this.done = new CountDownLatch(callers);
	}

	/**
	 * Runs a round.
	 * @param callers who calls
	 * @param nanos for how long
	 * @param operations gives what a caller does, by the caller's number; called by the
	 * caller before the measuring starts, and again after an error, since nobody knows
	 * then what was written
	 * @return the figures
	 * @throws InterruptedException if the thread is interrupted
	 */
	static Figures run(Callers callers, long nanos, IntFunction<Operation> operations) throws InterruptedException {
		Round round = new Round(callers.count());
		ThreadFactory threads = callers.threads();
		for (int i = 0; i < callers.count(); i++) {
			Caller caller = round.new Caller(i, operations);
			round.callers.add(caller);
			threads.newThread(caller).start();
		}
		return round.measure(nanos);
	}

	private Figures measure(long nanos) throws InterruptedException {
		this.ready.await();
		Usage before = Usage.now();
		long started = System.nanoTime();
		this.deadline = started + nanos;
		this.start.countDown();
		this.done.await();
		long elapsed = System.nanoTime() - started;
		Usage after = Usage.now();
		this.end.countDown();
		return figures(elapsed, after.cpuNanos() - before.cpuNanos(), after.allocatedBytes() - before.allocatedBytes());
	}

	private Figures figures(long elapsed, long cpuNanos, long allocatedBytes) {
		Histogram latencies = newHistogram();
		long errors = 0;
		long wrong = 0;
		for (Caller caller : this.callers) {
			latencies.add(caller.latencies);
			errors += caller.errors;
			wrong += caller.wrong;
		}
		long operations = latencies.getTotalCount();
		long divisor = Math.max(1, operations);
		return new Figures(operations / (elapsed / 1e9), micros(latencies, 50), micros(latencies, 99),
				micros(latencies, 99.9), cpuNanos / 1e3 / divisor, (double) allocatedBytes / divisor, operations,
				errors, wrong,
				this.callers.stream()
					.map((caller) -> caller.message)
					.filter(Objects::nonNull)
					.findFirst()
					.orElse(null));
	}

	private static double micros(Histogram latencies, double percentile) {
		return latencies.getValueAtPercentile(percentile) / 1e3;
	}

	/**
	 * Nanoseconds from a microsecond to a minute, to 1 %.
	 * @return an empty histogram
	 */
	private static Histogram newHistogram() {
		return new Histogram(TimeUnit.MICROSECONDS.toNanos(1), TimeUnit.MINUTES.toNanos(1), 2);
	}

	private final class Caller implements Runnable {

		private final int number;

		private final IntFunction<Operation> operations;

		private final Histogram latencies = newHistogram();

		private long errors;

		private long wrong;

		private @Nullable String message;

		Caller(int number, IntFunction<Operation> operations) {
			this.number = number;
			this.operations = operations;
		}

		@Override
		public void run() {
			try {
				Operation operation = prepare();
				Round.this.ready.countDown();
				Round.this.start.await();
				call(operation);
				Round.this.done.countDown();
				Round.this.end.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		private void call(@Nullable Operation first) {
			Operation operation = first;
			long now = System.nanoTime();
			// Once at least: another caller may wait for what this one hands over.
			do {
				boolean counts = false;
				try {
					if (operation == null) {
						operation = this.operations.apply(this.number);
					}
					counts = operation.run();
				}
				catch (RuntimeException | Error ex) {
					failed(ex);
					operation = null;
				}
				long after = System.nanoTime();
				if (counts) {
					this.latencies.recordValue(Math.min(after - now, this.latencies.getHighestTrackableValue()));
				}
				now = after;
			}
			while (now < Round.this.deadline);
			finish(operation);
		}

		private @Nullable Operation prepare() {
			try {
				return this.operations.apply(this.number);
			}
			catch (RuntimeException | Error ex) {
				failed(ex);
				return null;
			}
		}

		private void finish(@Nullable Operation operation) {
			try {
				if (operation != null) {
					operation.finish();
				}
			}
			catch (RuntimeException | Error ex) {
				failed(ex);
			}
		}

		private void failed(Throwable ex) {
			if (ex instanceof WrongReplyException) {
				this.wrong++;
			}
			else {
				this.errors++;
			}
			if (this.message == null) {
				this.message = ex.toString();
			}
		}

	}

}
