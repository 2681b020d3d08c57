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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * A clock that stands still until a test moves it, and a scheduler that goes by it: what
 * is due runs on the thread of the test, in order. Thread-safe.
 */
final class MovedTime extends AbstractExecutorService implements ScheduledExecutorService {

	private final PriorityQueue<Task<?>> tasks = new PriorityQueue<>(
			Comparator.<Task<?>>comparingLong((task) -> task.due).thenComparingLong((task) -> task.number));

	private long now = Duration.ofDays(1).toNanos();

	private long scheduled;

	/** What tasks are refused with, if they are. */
	volatile @Nullable Throwable refusal;

	PoolClock clock() {
		return new PoolClock(this::nanos, this);
	}

	synchronized long nanos() {
		return this.now;
	}

	/**
	 * Runs what is due now.
	 */
	void settle() {
		move(Duration.ZERO);
	}

	/**
	 * Moves the clock, stopping at each task that becomes due on the way.
	 * @param duration how far
	 */
	void move(Duration duration) {
		long end = nanos() + duration.toNanos();
		for (Task<?> task = next(end); task != null; task = next(end)) {
			task.run();
			if (task.interval > 0 && !task.isCancelled()) {
				add(task, nanos() + task.interval);
			}
		}
		synchronized (this) {
			this.now = end;
		}
	}

	private synchronized Task<?> next(long end) {
		Task<?> task = this.tasks.peek();
		if (task == null || task.due - end > 0) {
			return null;
		}
		this.tasks.remove();
		this.now = Math.max(this.now, task.due);
		return task;
	}

	private synchronized <T> Task<T> add(Task<T> task, long due) {
		if (this.refusal instanceof RuntimeException exception) {
			throw exception;
		}
		task.due = due;
		task.number = this.scheduled++;
		this.tasks.add(task);
		if (this.refusal instanceof Error error) {
			// As with Netty, which finds only then that it has no thread.
			throw error;
		}
		return task;
	}

	@Override
	public void execute(Runnable command) {
		add(new Task<>(command, 0), nanos());
	}

	@Override
	public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
		return add(new Task<>(command, 0), nanos() + unit.toNanos(delay));
	}

	@Override
	public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
		throw new UnsupportedOperationException();
	}

	@Override
	public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long delay, long period, TimeUnit unit) {
		throw new UnsupportedOperationException();
	}

	@Override
	public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long delay, long interval, TimeUnit unit) {
		return add(new Task<>(command, unit.toNanos(interval)), nanos() + unit.toNanos(delay));
	}

	@Override
	public void shutdown() {
	}

	@Override
	public List<Runnable> shutdownNow() {
		return new ArrayList<>();
	}

	@Override
	public boolean isShutdown() {
		return false;
	}

	@Override
	public boolean isTerminated() {
		return false;
	}

	@Override
	public boolean awaitTermination(long timeout, TimeUnit unit) {
		return false;
	}

	private final class Task<T> extends FutureTask<T> implements ScheduledFuture<T> {

		private final long interval;

		private long due;

		private long number;

		private Task(Runnable command, long interval) {
			super(command, null);
			this.interval = interval;
		}

		@Override
		public void run() {
			if (this.interval > 0) {
				runAndReset();
			}
			else {
				super.run();
			}
		}

		@Override
		public long getDelay(TimeUnit unit) {
			return unit.convert(this.due - nanos(), TimeUnit.NANOSECONDS);
		}

		@Override
		public int compareTo(Delayed other) {
			return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
		}

	}

}
