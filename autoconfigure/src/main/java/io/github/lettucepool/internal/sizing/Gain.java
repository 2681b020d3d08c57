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
 * How much better a pool does than before.
 *
 * @param value the part of the figure before; negative if it does worse
 * @param deviation how much of that is chance, as a standard deviation
 */
record Gain(double value, double deviation) {

	/**
	 * So many standard deviations are no chance.
	 */
	static final double SURE = 2.5;

	/**
	 * Returns the gain in completions.
	 * @param before the figures before
	 * @param now the figures now
	 * @return the gain
	 */
	static Gain inCompletions(Span before, Span now) {
		return new Gain(now.completions() / Math.max(1e-9, before.completions()) - 1, now.chanceOfCompletions(before));
	}

	/**
	 * Returns the gain in the time from request to return. Where borrowers come at their
	 * own rate, it is the only one.
	 * @param before the figures before
	 * @param now the figures now
	 * @return the gain
	 */
	static Gain inResponse(Span before, Span now) {
		return new Gain(before.response() / Math.max(1e-9, now.response()) - 1, now.chanceOfResponse(before));
	}

	/**
	 * Returns whether the value is above or below a threshold by more than chance.
	 * @param threshold the threshold
	 * @return whether it is
	 */
	boolean isSure(double threshold) {
		return Math.abs(this.value - threshold) > SURE * this.deviation;
	}

}
