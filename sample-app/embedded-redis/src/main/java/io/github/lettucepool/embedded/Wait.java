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

package io.github.lettucepool.embedded;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;

/**
 * Waits for something that servers need a moment for.
 */
final class Wait {

	private static final long POLL_MILLIS = 10;

	private Wait() {
	}

	/**
	 * Returns when a condition is true. A server that does not answer, or answers with an
	 * error, counts as false.
	 * @param timeout how long to wait
	 * @param aim what is waited for, as the subject of the message: "The cluster is
	 * complete"
	 * @param condition the condition
	 * @throws EmbeddedRedisException if it is not true in time, or the thread is
	 * interrupted
	 */
	static void until(Duration timeout, String aim, BooleanSupplier condition) {
		long deadline = System.nanoTime() + timeout.toNanos();
		RuntimeException last = null;
		while (true) {
			try {
				if (condition.getAsBoolean()) {
					return;
				}
			}
			catch (EmbeddedRedisException | UncheckedIOException ex) {
				last = ex;
			}
			if (System.nanoTime() > deadline) {
				throw tooLate(timeout, aim, last);
			}
			sleep(aim);
		}
	}

	private static EmbeddedRedisException tooLate(Duration timeout, String aim, @Nullable RuntimeException last) {
		return new EmbeddedRedisException("Not within %d s: %s".formatted(timeout.toSeconds(), aim), last);
	}

	private static void sleep(String aim) {
		try {
			TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new EmbeddedRedisException("Interrupted while waiting for: " + aim, ex);
		}
	}

}
