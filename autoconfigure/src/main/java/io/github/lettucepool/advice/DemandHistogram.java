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

/**
 * The number of connections that were needed at the same time, for how much of the time.
 * Older entries count less: after each half-life half as much, so that the figures follow
 * an application whose load changes and still remember the last busy hour.
 * <p>
 * New entries get a weight that grows with time, which comes to the same as letting all
 * the old ones shrink. Numbers up to 64 have a bucket each; above, a bucket covers a
 * sixteenth of a power of two, so that a figure is right within 7 %. Thread-safe.
 */
final class DemandHistogram {

	private static final int EXACT = 64;

	private static final int PER_DOUBLING = 16;

	private static final int EXACT_DOUBLINGS = 6;

	private static final int BUCKETS = EXACT + PER_DOUBLING * (31 - EXACT_DOUBLINGS);

	/**
	 * After so many half-lives the weights are brought back to the start.
	 */
	private static final int MAX_AGE = 40;

	private final double halfLifeNanos;

	private final double[] weights = new double[BUCKETS];

	private long start;

	private long count;

	private int peak;

	/**
	 * Creates an empty histogram.
	 * @param halfLife after what time an entry counts half
	 * @param now the current time in nanoseconds
	 */
	DemandHistogram(Duration halfLife, long now) {
		this.halfLifeNanos = halfLife.toNanos();
		this.start = now;
	}

	/**
	 * Adds an entry. Moments at which nothing was needed do not count: they would make a
	 * pool look small that is busy for one hour a day.
	 * @param need how many connections are needed
	 * @param now the current time in nanoseconds
	 */
	synchronized void record(int need, long now) {
		if (need <= 0) {
			return;
		}
		double age = (now - this.start) / this.halfLifeNanos;
		if (age > MAX_AGE) {
			double factor = Math.pow(2, -age);
			Arrays.setAll(this.weights, (i) -> this.weights[i] * factor);
			this.start = now;
			age = 0;
		}
		this.weights[bucket(need)] += Math.pow(2, age);
		this.count++;
		this.peak = Math.max(this.peak, need);
	}

	/**
	 * Returns how many entries were added.
	 * @return the number, whatever their age
	 */
	synchronized long count() {
		return this.count;
	}

	/**
	 * Returns how many connections are enough for a part of the busy time.
	 * @param part the part, from 0 to 1
	 * @return the number; 0 if there is no entry
	 */
	synchronized int enoughFor(double part) {
		double target = part * Arrays.stream(this.weights).sum();
		double sum = 0;
		for (int i = 0; i < BUCKETS; i++) {
			sum += this.weights[i];
			if (sum > 0 && sum >= target) {
				return Math.min(this.peak, highestIn(i));
			}
		}
		return this.peak;
	}

	private static int bucket(int need) {
		if (need < EXACT) {
			return need;
		}
		int doublings = 31 - Integer.numberOfLeadingZeros(need);
		int within = (int) ((((long) need * PER_DOUBLING) >> doublings) - PER_DOUBLING);
		return EXACT + (doublings - EXACT_DOUBLINGS) * PER_DOUBLING + within;
	}

	private static int highestIn(int bucket) {
		if (bucket < EXACT) {
			return bucket;
		}
		int doublings = EXACT_DOUBLINGS + (bucket - EXACT) / PER_DOUBLING;
		int within = (bucket - EXACT) % PER_DOUBLING;
		return (int) (((PER_DOUBLING + within + 1L) << doublings) / PER_DOUBLING - 1);
	}

}
