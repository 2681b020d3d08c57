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

import java.util.concurrent.atomic.LongAdder;

import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;

/**
 * Counts calls, how long they took and how many failed. Thread-safe.
 */
public final class Calls {

	private final Latencies latencies = new Latencies();

	private final LongAdder failures = new LongAdder();

	private volatile @Nullable String lastFailure;

	/**
	 * Makes a call and counts it.
	 * @param call the call
	 * @return whether it succeeded
	 * @throws InterruptedException if the thread was interrupted
	 */
	public boolean make(Call call) throws InterruptedException {
		long start = System.nanoTime();
		try {
			call.run();
			this.latencies.add(System.nanoTime() - start);
			return true;
		}
		catch (InterruptedException ex) {
			throw ex;
		}
		catch (Exception ex) {
			if (Thread.currentThread().isInterrupted()) {
				// The load was stopped: that is no failure of Redis.
				throw new InterruptedException();
			}
			this.failures.increment();
			this.lastFailure = String.valueOf(NestedExceptionUtils.getMostSpecificCause(ex).getMessage());
			return false;
		}
	}

	/**
	 * A view of what succeeds from now on.
	 * @return a new view
	 */
	public Latencies.Window window() {
		return this.latencies.window();
	}

	/**
	 * How many calls have failed.
	 * @return the number since this object was made
	 */
	public long failures() {
		return this.failures.sum();
	}

	/**
	 * What the last failed call failed with.
	 * @return a message, or {@code null} if none has failed
	 */
	public @Nullable String lastFailure() {
		return this.lastFailure;
	}

	/**
	 * A call to Redis.
	 */
	@FunctionalInterface
	public interface Call {

		/**
		 * Makes the call.
		 * @throws Exception if it fails
		 */
		void run() throws Exception;

	}

}
