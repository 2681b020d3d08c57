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

/**
 * The delay before the next attempt to reach a server: ten times a second at first, since
 * a failover takes a few seconds, and then less and less often, down to once a second.
 * The wait is about a twentieth of the outage so far.
 */
public final class RetryDelay {

	private static final double SHORTEST_MILLIS = 100;

	private static final double LONGEST_MILLIS = 1_000;

	private static final int SHORT_ONES = 20;

	private static final double GROWTH = 1.05;

	/**
	 * So many powers of two are shorter than the shortest wait.
	 */
	private static final int FIRST_ONES = 7;

	private RetryDelay() {
	}

	/**
	 * Returns how long to wait after attempts that failed.
	 * @param failures how many, without a success in between
	 * @return the time until the next attempt
	 */
	public static Duration after(long failures) {
		double factor = Math.pow(GROWTH, (double) Math.max(0, failures - SHORT_ONES));
		return Duration.ofMillis((long) Math.min(LONGEST_MILLIS, SHORTEST_MILLIS * factor));
	}

	/**
	 * Returns how long to wait before a connection that was lost is opened again. The
	 * first attempts come sooner: most often nothing but the connection was lost.
	 * @param attempt which attempt, from 1
	 * @return the time until it begins
	 */
	public static Duration afterLoss(long attempt) {
		return (attempt <= FIRST_ONES) ? Duration.ofMillis(1L << Math.max(0, attempt - 1))
				: after(attempt - FIRST_ONES);
	}

}
