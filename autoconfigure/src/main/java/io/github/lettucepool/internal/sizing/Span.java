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
 * The figures of a time in which the size was the same. Its parts, from one sample to the
 * next, tell how much the figures vary.
 */
final class Span {

	private static final double SECOND = 1e9;

	/**
	 * Fewer parts do not tell how much they vary.
	 */
	private static final int ENOUGH = 5;

	private final Sample first;

	private Sample last;

	private final Parts completions = new Parts();

	private final Parts responses = new Parts();

	Span(Sample first) {
		this.first = first;
		this.last = first;
	}

	void add(Sample sample) {
		Span part = new Span(this.last);
		part.last = sample;
		this.completions.add(part.completions());
		if (part.returned() > 0) {
			this.responses.add(part.response());
		}
		this.last = sample;
	}

	Sample first() {
		return this.first;
	}

	boolean isLongEnough() {
		return this.completions.count >= ENOUGH;
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
	 * How long a borrower waited, on average.
	 * @return the time in seconds
	 */
	double waited() {
		return (this.last.counts().waitNanos() - this.first.counts().waitNanos()) / SECOND / Math.max(1, borrowed());
	}

	/**
	 * How long a borrower waited and had its connection, on average.
	 * @return the time in seconds
	 */
	double response() {
		return lease() + waited();
	}

	private long borrowed() {
		return this.last.counts().borrowed() - this.first.counts().borrowed();
	}

	/**
	 * Returns whether more than 1 % of the borrowers waited for longer than a burst
	 * takes.
	 * @return whether they did
	 */
	boolean hasLongWaits() {
		long waits = this.last.counts().longWaits() - this.first.counts().longWaits();
		return waits >= 3 && waits * 100 >= borrowed();
	}

	/**
	 * How much the completions of two spans differ by chance: the standard deviation of
	 * their ratio.
	 * @param other the other span
	 * @return the part of 1
	 */
	double chanceOfCompletions(Span other) {
		return Math.sqrt(this.completions.variance(returned()) + other.completions.variance(other.returned()));
	}

	/**
	 * How much the times of two spans differ by chance: the standard deviation of their
	 * ratio.
	 * @param other the other span
	 * @return the part of 1
	 */
	double chanceOfResponse(Span other) {
		return Math.sqrt(this.responses.variance(returned()) + other.responses.variance(other.returned()));
	}

	/**
	 * A figure of each part.
	 */
	private static final class Parts {

		private int count;

		private double sum;

		private double squares;

		void add(double figure) {
			this.count++;
			this.sum += figure;
			this.squares += figure * figure;
		}

		/**
		 * Returns the variance of the mean as a part of its square. It is at least that
		 * of exponential times, for a few parts may be alike by chance.
		 */
		double variance(long returned) {
			double least = 1.0 / (returned + 1);
			if (this.count < 2 || this.sum == 0) {
				return least;
			}
			double variance = (this.squares - this.sum * this.sum / this.count) / (this.count - 1);
			double mean = this.sum / this.count;
			return Math.max(least, variance / this.count / (mean * mean));
		}

	}

}
