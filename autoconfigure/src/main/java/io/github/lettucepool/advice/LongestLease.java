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

package io.github.lettucepool.advice;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The duration of the longest lease of the last one to two days. Thread-safe; nearly
 * always a lease is not the longest and costs one read.
 */
final class LongestLease {

	private static final long PERIOD = Duration.ofDays(1).toNanos();

	private final AtomicLong current = new AtomicLong();

	private volatile long previous;

	private volatile long periodStart;

	/**
	 * Starts with no lease.
	 * @param now the current time in nanoseconds
	 */
	LongestLease(long now) {
		this.periodStart = now;
	}

	void add(long nanos) {
		if (nanos > this.current.get()) {
			this.current.accumulateAndGet(nanos, Math::max);
		}
	}

	/**
	 * Forgets what is too old. Called by one thread.
	 * @param now the current time in nanoseconds
	 */
	void forget(long now) {
		if (now - this.periodStart > PERIOD) {
			this.periodStart = now;
			this.previous = this.current.getAndSet(0);
		}
	}

	Duration get() {
		return Duration.ofNanos(Math.max(this.previous, this.current.get()));
	}

}
