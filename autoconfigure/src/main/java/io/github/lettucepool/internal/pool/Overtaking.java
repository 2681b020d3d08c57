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
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Learns whether the waiter at the head of a {@link PermitQueue} is worth waking when a
 * permit comes back.
 * <p>
 * Threads that borrow again as soon as they have returned take the permit before a woken
 * waiter is on its feet. Each wake-up is then two thread switches for nothing, for every
 * single borrow. After {@value #FUTILE} wake-ups in a row that were in vain, waiters are
 * left alone until they are so old that they must be served. As nobody else would notice
 * that the overtaking threads stay away, a guard looks every millisecond, and wakes the
 * head if a permit is free. The first wake-up that is not in vain ends it.
 */
final class Overtaking {

	private static final int FUTILE = 8;

	private static final Duration GUARD = Duration.ofMillis(1);

	private final PoolClock clock;

	private final Runnable wakeHead;

	private final AtomicInteger futile = new AtomicInteger();

	private final AtomicBoolean expected = new AtomicBoolean();

	/**
	 * Creates one that expects nothing.
	 * @param clock runs the guard
	 * @param wakeHead wakes the head if a permit is free; calls {@link #end} if there is
	 * no head
	 */
	Overtaking(PoolClock clock, Runnable wakeHead) {
		this.clock = clock;
		this.wakeHead = wakeHead;
	}

	/**
	 * Returns whether a permit that comes back is probably taken before a waiter could
	 * wake up.
	 * @return whether it is
	 */
	boolean isExpected() {
		return this.expected.get();
	}

	/**
	 * Says that a waiter was woken and found no permit.
	 */
	void wokenInVain() {
		if (this.futile.incrementAndGet() >= FUTILE && this.expected.compareAndSet(false, true)) {
			watch();
		}
	}

	/**
	 * Says that a waiter was woken and found a permit, or that none waits.
	 */
	void end() {
		this.futile.set(0);
		this.expected.set(false);
	}

	private void watch() {
		try {
			this.clock.after(GUARD, this::look);
		}
		catch (RejectedExecutionException | Error ex) {
			// The pool stops, or no thread can be started.
			end();
		}
	}

	private void look() {
		if (this.expected.get()) {
			this.wakeHead.run();
			watch();
		}
	}

}
