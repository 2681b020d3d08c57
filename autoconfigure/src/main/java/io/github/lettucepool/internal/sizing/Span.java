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

package io.github.lettucepool.internal.sizing;

/**
 * The time between two samples, the size being the same.
 *
 * @param first the sample at the beginning
 * @param last the sample at the end
 */
record Span(Sample first, Sample last) {

	private static final double SECOND = 1e9;

	/**
	 * The same beginning with a later end.
	 * @param sample the end
	 * @return the longer span
	 */
	Span to(Sample sample) {
		return new Span(this.first, sample);
	}

	double seconds() {
		return (this.last.nanos() - this.first.nanos()) / SECOND;
	}

	long returned() {
		return this.last.counts().returned() - this.first.counts().returned();
	}

	/**
	 * How many borrowers gave their connection back in a second.
	 * @return the number
	 */
	double completions() {
		return (seconds() > 0) ? returned() / seconds() : 0;
	}

	/**
	 * How long a borrower had its connection, on average.
	 * @return the time in seconds
	 */
	double lease() {
		return (this.last.counts().leaseNanos() - this.first.counts().leaseNanos()) / SECOND / Math.max(1, returned());
	}

	/**
	 * How long a borrower waited and had its connection, on average.
	 * @return the time in seconds
	 */
	double response() {
		long borrowed = this.last.counts().borrowed() - this.first.counts().borrowed();
		return lease()
				+ (this.last.counts().waitNanos() - this.first.counts().waitNanos()) / SECOND / Math.max(1, borrowed);
	}

	/**
	 * Returns whether more than 1 % of the borrowers waited for longer than a burst
	 * takes.
	 * @return whether they did
	 */
	boolean hasLongWaits() {
		long waits = this.last.counts().longWaits() - this.first.counts().longWaits();
		return waits >= 3 && waits * 100 >= this.last.counts().borrowed() - this.first.counts().borrowed();
	}

	/**
	 * How much the figures of two spans differ by chance: the standard deviation of their
	 * ratio, if the times are as random as exponential ones.
	 * @param other the other span
	 * @return the part of 1
	 */
	double chance(Span other) {
		return Math.sqrt(1.0 / (returned() + 1) + 1.0 / (other.returned() + 1));
	}

}
