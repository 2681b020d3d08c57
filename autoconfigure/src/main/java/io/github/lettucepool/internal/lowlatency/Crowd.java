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

package io.github.lettucepool.internal.lowlatency;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Tells whether few enough callers are active that each does better with a connection of
 * its own. As soon as one finds none, all of them are sent to the shared lane, where
 * their commands leave together: half of them there and half of them here would have the
 * worse of both. They come back when few commands have been in flight there for a while;
 * and each time that this proves wrong soon, they stay there for twice as long.
 * <p>
 * Thread-safe. Its figures are written without synchronisation: it does not matter if one
 * of many samples is lost.
 */
final class Crowd {

	private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

	private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(2);

	/**
	 * One who goes to the shared lane looks around once in so many times.
	 */
	private static final int SAMPLING = 16;

	private static final int WEIGHT = 16;

	private final int callers;

	private final IntSupplier inFlight;

	private final LongSupplier clock;

	private volatile boolean crowded;

	private long sinceNanos;

	private long stayNanos = SHORTEST_NANOS;

	private double average;

	/**
	 * Creates one that is not crowded.
	 * @param callers how many callers are few
	 * @param inFlight how many commands are in flight in the shared lane
	 * @param clock tells the time in nanoseconds
	 */
	Crowd(int callers, IntSupplier inFlight, LongSupplier clock) {
		this.callers = callers;
		this.inFlight = inFlight;
		this.clock = clock;
		this.sinceNanos = clock.getAsLong() - LONGEST_NANOS;
	}

	/**
	 * Returns whether a caller should look for a connection of its own.
	 * @return {@code false} if it would be one of too many
	 */
	boolean isSmall() {
		return !this.crowded || isOver();
	}

	/**
	 * A caller has found no connection.
	 */
	void grown() {
		long now = this.clock.getAsLong();
		boolean soon = now - this.sinceNanos < this.stayNanos * 2;
		this.stayNanos = soon ? Math.min(this.stayNanos * 2, LONGEST_NANOS) : SHORTEST_NANOS;
		this.sinceNanos = now;
		this.average = this.callers;
		this.crowded = true;
	}

	private boolean isOver() {
		if (ThreadLocalRandom.current().nextInt(SAMPLING) != 0) {
			return false;
		}
		this.average += (this.inFlight.getAsInt() - this.average) / WEIGHT;
		long now = this.clock.getAsLong();
		if (this.average >= this.callers / 2.0 || now - this.sinceNanos < this.stayNanos) {
			return false;
		}
		this.sinceNanos = now;
		this.crowded = false;
		return true;
	}

}
