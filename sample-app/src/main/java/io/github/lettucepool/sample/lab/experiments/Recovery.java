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
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.sample.lab.Calls;

/**
 * Calls on both lanes, and when each lane works again after a disturbance. Thread-safe.
 */
final class Recovery implements Calls.Call {

	static final String SHARED = "Ordinary commands work after";

	static final String EXCLUSIVE = "Transactions work after";

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private static final long NEVER = Long.MIN_VALUE;

	private final StringRedisTemplate redis;

	private final AtomicLong shared = new AtomicLong(0);

	private final AtomicLong exclusive = new AtomicLong(0);

	private volatile long moment;

	Recovery(StringRedisTemplate redis) {
		this.redis = redis;
	}

	/**
	 * From now on it is counted until a lane works.
	 */
	void count() {
		this.moment = System.nanoTime();
		this.shared.set(NEVER);
		this.exclusive.set(NEVER);
	}

	/**
	 * Waits until each lane works, or for 20 seconds.
	 */
	void await() throws InterruptedException {
		while (!isComplete() && System.nanoTime() - this.moment < PATIENCE.toNanos()) {
			Thread.sleep(10);
		}
	}

	private boolean isComplete() {
		return this.shared.get() != NEVER && this.exclusive.get() != NEVER;
	}

	@Override
	public void run() throws InterruptedException {
		long start = System.nanoTime();
		if (ThreadLocalRandom.current().nextInt(4) == 0) {
			Work.transaction(this.redis, 1);
			worked(this.exclusive, start);
		}
		else {
			Work.readOrWrite(this.redis);
			worked(this.shared, start);
		}
	}

	private void worked(AtomicLong lane, long start) {
		// A call that began before does not show that the lane works after.
		if (lane.get() == NEVER && start - this.moment > 0) {
			lane.compareAndSet(NEVER, System.nanoTime() - this.moment);
		}
	}

	/**
	 * Adds when each lane worked again. One that did not has no such figure.
	 */
	Measured addTo(Measured measured) {
		return add(add(measured, SHARED, this.shared.get()), EXCLUSIVE, this.exclusive.get());
	}

	private static Measured add(Measured measured, String name, long nanos) {
		return (nanos != NEVER) ? measured.with(name, nanos / 1e6, "ms") : measured;
	}

	/**
	 * When the lanes worked again, as {@link #addTo(Measured)} has it.
	 */
	static String text(Measured after) {
		if (!after.has(SHARED) && !after.has(EXCLUSIVE)) {
			return "neither ordinary commands nor transactions worked again while this experiment lasted";
		}
		return "ordinary commands worked again " + lane(after, SHARED) + " and transactions " + lane(after, EXCLUSIVE);
	}

	private static String lane(Measured after, String name) {
		return after.has(name) ? "after " + Findings.millis(after.get(name)) : "not while this experiment lasted";
	}

	static boolean isComplete(Measured after) {
		return after.has(SHARED) && after.has(EXCLUSIVE);
	}

}
