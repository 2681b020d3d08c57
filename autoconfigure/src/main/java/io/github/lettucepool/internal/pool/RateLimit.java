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

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets so many things happen a second, evenly spread, with a burst of one second's worth.
 * Thread-safe and lock-free.
 */
final class RateLimit {

	private final long intervalNanos;

	private final long burstNanos;

	private final AtomicLong nextFree;

	RateLimit(int perSecond, long now) {
		this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
		this.burstNanos = this.intervalNanos * (perSecond - 1);
		this.nextFree = new AtomicLong(now - this.burstNanos);
	}

	/**
	 * Asks whether it may happen now.
	 * @param now the current time in nanoseconds
	 * @return {@code true} if it may, and is counted
	 */
	boolean tryAcquire(long now) {
		return delay(now, 1) == 0;
	}

	/**
	 * Has something happen that must happen, if need be a little later.
	 * @param now the current time in nanoseconds
	 * @param longest how long to wait at most
	 * @return how long to wait, in nanoseconds; 0 if it may happen now
	 */
	long delay(long now, long longest) {
		while (true) {
			long free = this.nextFree.get();
			long wait = free - now;
			if (wait >= longest) {
				return longest;
			}
			long base = Math.max(wait, -this.burstNanos) + now;
			if (this.nextFree.compareAndSet(free, base + this.intervalNanos)) {
				return Math.max(0, wait);
			}
		}
	}

}
