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
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The number of connections that were needed at the same time, for how much of the time.
 * Older entries count less: after each half-life half as much, so that the figures follow
 * an application whose load changes and still remember the last busy hour.
 * <p>
 * New entries get a weight that grows with time, which comes to the same as letting all
 * the old ones shrink. Thread-safe.
 */
final class DemandHistogram {

	/**
	 * After so many half-lives the weights are brought back to the start.
	 */
	private static final int MAX_AGE = 40;

	private final double halfLifeNanos;

	private final NavigableMap<Integer, Double> weights = new TreeMap<>();

	private long start;

	private long count;

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
			this.weights.replaceAll((key, weight) -> weight * factor);
			this.start = now;
			age = 0;
		}
		this.weights.merge(need, Math.pow(2, age), Double::sum);
		this.count++;
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
		double target = part * this.weights.values().stream().mapToDouble(Double::doubleValue).sum();
		double sum = 0;
		int enough = 0;
		for (Map.Entry<Integer, Double> entry : this.weights.entrySet()) {
			sum += entry.getValue();
			enough = entry.getKey();
			if (sum >= target) {
				break;
			}
		}
		return enough;
	}

}
