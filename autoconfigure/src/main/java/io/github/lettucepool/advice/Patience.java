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
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * The time that callers waited for a connection before they gave up by themselves: a
 * subscriber that cancelled, a thread that was interrupted. Thread-safe.
 */
final class Patience {

	/**
	 * Fewer say nothing about callers in general.
	 */
	private static final int ENOUGH = 10;

	private static final int REMEMBERED = 64;

	private final long[] waits = new long[REMEMBERED];

	private int count;

	/**
	 * Adds a caller that gave up.
	 * @param nanos how long it had waited, in nanoseconds
	 */
	synchronized void add(long nanos) {
		this.waits[this.count++ % REMEMBERED] = nanos;
	}

	/**
	 * Returns how often callers gave up.
	 * @return the number
	 */
	synchronized int count() {
		return this.count;
	}

	/**
	 * Returns how long callers wait.
	 * @return the median of those that gave up lately, or {@code null} if too few did
	 */
	synchronized @Nullable Duration median() {
		if (this.count < ENOUGH) {
			return null;
		}
		long[] sorted = Arrays.copyOf(this.waits, Math.min(this.count, REMEMBERED));
		Arrays.sort(sorted);
		return Duration.ofNanos(sorted[sorted.length / 2]);
	}

}
