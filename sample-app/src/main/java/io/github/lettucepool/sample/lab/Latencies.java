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

package io.github.lettucepool.sample.lab;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How long things took: a histogram whose percentiles are right to 3 %. Thread-safe.
 */
public final class Latencies {

	/**
	 * Buckets for each power of two.
	 */
	private static final int STEPS = 16;

	private static final int STEP_BITS = 4;

	private static final double NANOS_PER_MILLI = 1_000_000;

	private final AtomicLongArray buckets = new AtomicLongArray(STEPS * (Long.SIZE - STEP_BITS));

	/**
	 * Counts one more.
	 * @param nanos how long it took, in nanoseconds
	 */
	public void add(long nanos) {
		this.buckets.incrementAndGet(bucket(Math.max(0, nanos)));
	}

	/**
	 * A view of what is counted from now on.
	 * @return a new view
	 */
	public Window window() {
		return new Window();
	}

	private static int bucket(long nanos) {
		if (nanos < STEPS) {
			return (int) nanos;
		}
		int shift = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos) - STEP_BITS;
		return STEPS * shift + (int) (nanos >>> shift);
	}

	private static double millis(int bucket) {
		if (bucket < STEPS) {
			return bucket / NANOS_PER_MILLI;
		}
		int shift = bucket / STEPS - 1;
		return (bucket - STEPS * shift + 0.5) * (1L << shift) / NANOS_PER_MILLI;
	}

	/**
	 * What was counted between two looks. Not thread-safe.
	 */
	public final class Window {

		private long[] seen = copy();

		private Window() {
		}

		/**
		 * What was counted since the last call, or since this view was made.
		 * @return the figures
		 */
		public Distribution next() {
			long[] now = copy();
			long[] counts = new long[now.length];
			long total = 0;
			for (int i = 0; i < now.length; i++) {
				counts[i] = now[i] - this.seen[i];
				total += counts[i];
			}
			this.seen = now;
			return new Distribution(total, percentile(counts, total, 0.5), percentile(counts, total, 0.99));
		}

		private static double percentile(long[] counts, long total, double part) {
			long rank = (long) Math.ceil(total * part);
			long passed = 0;
			for (int i = 0; i < counts.length; i++) {
				passed += counts[i];
				if (passed >= rank && passed > 0) {
					return millis(i);
				}
			}
			return 0;
		}

		private long[] copy() {
			AtomicLongArray buckets = Latencies.this.buckets;
			long[] copy = new long[buckets.length()];
			for (int i = 0; i < copy.length; i++) {
				copy[i] = buckets.get(i);
			}
			return copy;
		}

	}

	/**
	 * How long things took.
	 *
	 * @param count how many there were
	 * @param p50 the median in milliseconds, 0 if there were none
	 * @param p99 the 99th percentile in milliseconds, 0 if there were none
	 */
	public record Distribution(long count, double p50, double p99) {

	}

}
