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

package io.github.lettucepool.soak;

import java.util.List;
import java.util.concurrent.Callable;

import org.springframework.data.redis.RedisConnectionFailureException;

import io.github.lettucepool.PoolConnectException;

/**
 * Keeps account of one thread's INCRs of a counter that nobody else touches: how many the
 * server has acknowledged, and of how many nobody can know. Used by that thread only, and
 * by others after its end.
 */
final class IncrementTally {

	private final String key;

	private final boolean lossy;

	private long acknowledged;

	private long unknown;

	/**
	 * Opens an account.
	 * @param key the counter
	 * @param lossy whether the server may forget what it has acknowledged, as one does
	 * that takes over from another
	 */
	IncrementTally(String key, boolean lossy) {
		this.key = key;
		this.lossy = lossy;
	}

	String key() {
		return this.key;
	}

	/**
	 * Runs an operation that increments the counter, and takes it into account.
	 * @param count how many times it increments
	 * @param operation returns the replies in order, or none if the server has not
	 * executed any of the increments
	 * @throws Exception what the operation throws
	 */
	void increment(int count, Callable<List<Long>> operation) throws Exception {
		this.unknown += count;
		List<Long> replies;
		try {
			replies = operation.call();
		}
		catch (RedisConnectionFailureException ex) {
			if (ex instanceof PoolConnectException || ex.getCause() == null) {
				// The pool's own errors: there was no connection to send anything on.
				this.unknown -= count;
			}
			throw ex;
		}
		if (!replies.isEmpty()) {
			check(count, replies);
			this.acknowledged += count;
		}
		this.unknown -= count;
	}

	private void check(int count, List<Long> replies) {
		long highest = this.acknowledged + this.unknown;
		long previous = this.acknowledged;
		boolean right = replies.size() == count;
		for (long reply : replies) {
			right = right && (this.lossy || (reply > previous && reply <= highest));
			previous = reply;
		}
		if (!right) {
			throw new WrongReplyException(
					"%d INCR of %s were answered by %s with %s".formatted(count, this.key, replies, this));
		}
	}

	/**
	 * Compares the account with the counter.
	 * @param value what the counter has in the end
	 * @return whether each acknowledged increment is in it once, and each unknown one at
	 * most once
	 */
	boolean accountsFor(long value) {
		return value >= this.acknowledged && value <= this.acknowledged + this.unknown;
	}

	long acknowledged() {
		return this.acknowledged;
	}

	long unknown() {
		return this.unknown;
	}

	@Override
	public String toString() {
		return "%s: %d acknowledged, %d unknown".formatted(this.key, this.acknowledged, this.unknown);
	}

}
