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

import org.jspecify.annotations.Nullable;

/**
 * A pool at one moment, as far as is known. The counts go on for ever: two samples differ
 * by all that happened between them.
 *
 * @param nanos the time in nanoseconds
 * @param serving whether the pool lends and its server can be reached
 * @param connecting whether a connection is being opened
 * @param active connections that a borrower has
 * @param pending borrowers that wait
 * @param counts what borrowers did so far
 * @param server what the server said last, or {@code null} if it was not asked yet
 */
public record Sample(long nanos, boolean serving, boolean connecting, int active, int pending, Counts counts,
		@Nullable Server server) {

	/**
	 * The borrowers' figures since the pool started.
	 *
	 * @param borrowed how many got a connection
	 * @param longWaits how many of them had waited for longer than a burst takes
	 * @param waitNanos how long they had waited, all together
	 * @param returned how many gave their connection back
	 * @param leaseNanos how long those had had it, all together
	 */
	public record Counts(long borrowed, long longWaits, long waitNanos, long returned, long leaseNanos) {

	}

	/**
	 * The server's answer about its clients.
	 *
	 * @param askedNanos when it was asked
	 * @param answeredNanos when it answered; before {@code askedNanos} if it has not yet
	 * @param connected how many clients it had, of all applications
	 * @param max how many it takes; 0 if it does not say
	 */
	public record Server(long askedNanos, long answeredNanos, int connected, int max) {

		boolean isAnswered() {
			return this.answeredNanos - this.askedNanos >= 0;
		}

		double usage() {
			return (this.max > 0) ? (double) this.connected / this.max : 0;
		}

	}

}
