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

package io.github.lettucepool.internal.pool;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * The time of a pool: a clock, a scheduler that goes by it, and how a thread waits. Tests
 * replace all of them.
 */
public class PoolClock {

	private final LongSupplier nanos;

	private final ScheduledExecutorService executor;

	/**
	 * Creates a clock.
	 * @param nanos the time in nanoseconds, from any origin
	 * @param executor does what is due; not shut down by the pool
	 */
	public PoolClock(LongSupplier nanos, ScheduledExecutorService executor) {
		this.nanos = nanos;
		this.executor = executor;
	}

	/**
	 * The clock of the virtual machine.
	 * @param executor does what is due; not shut down by the pool
	 * @return a clock
	 */
	public static PoolClock system(ScheduledExecutorService executor) {
		return new PoolClock(System::nanoTime, executor);
	}

	long nanos() {
		return this.nanos.getAsLong();
	}

	/**
	 * Has the current thread wait until another one unparks it, it is interrupted, or the
	 * time is over. It may also return for no reason.
	 * @param waitedFor what the thread waits for
	 * @param nanos for how long; negative: for ever
	 */
	void park(Object waitedFor, long nanos) {
		if (nanos < 0) {
			LockSupport.park(waitedFor);
		}
		else {
			LockSupport.parkNanos(waitedFor, nanos);
		}
	}

	/**
	 * Ends the wait of a thread, or its next one.
	 * @param thread the thread
	 */
	void unpark(@Nullable Thread thread) {
		LockSupport.unpark(thread);
	}

	void execute(Runnable task) {
		this.executor.execute(task);
	}

	Future<?> after(Duration delay, Runnable task) {
		return this.executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
	}

	Future<?> every(Duration interval, Runnable task) {
		return this.executor.scheduleWithFixedDelay(task, 0, interval.toNanos(), TimeUnit.NANOSECONDS);
	}

	/**
	 * Bounds a stage.
	 * @param <T> the type of its result
	 * @param stage the stage, which itself goes on
	 * @param bound how long it may take
	 * @param late makes the result if it takes longer
	 * @return completes as the stage does, or with that result, at once if there is no
	 * timer
	 */
	<T> CompletableFuture<T> bound(CompletionStage<T> stage, Duration bound, Supplier<T> late) {
		CompletableFuture<T> result = stage.toCompletableFuture().copy();
		if (!result.isDone()) {
			try {
				Future<?> timeout = after(bound, () -> result.complete(late.get()));
				result.whenComplete((value, ex) -> timeout.cancel(false));
			}
			catch (RuntimeException | Error ex) {
				// No thread can be started, perhaps: there would be no end.
				result.complete(late.get());
			}
		}
		return result;
	}

}
