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

package io.github.lettucepool.metrics;

import io.micrometer.common.KeyValue;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolListener;
import io.github.lettucepool.RedisPool;

/**
 * Makes an {@link Observation} of each wait for an exclusive connection of one pool, as
 * {@link PoolObservation} documents it: a span in a trace, below what the borrower's
 * thread is doing. Where that is not observed, the wait is not either. Thread-safe.
 */
public final class RedisPoolObservations implements AutoCloseable {

	private final RedisPool pool;

	private final PoolListener listener;

	/**
	 * Starts to observe.
	 * @param pool the pool to observe
	 * @param registry gets the observations
	 */
	public RedisPoolObservations(RedisPool pool, ObservationRegistry registry) {
		this.pool = pool;
		this.listener = new WaitListener(registry, PoolMeterTag.POOL.withValue(pool.getName()));
		pool.addListener(this.listener);
	}

	/**
	 * Stops to observe. Does nothing if that was done.
	 */
	@Override
	public void close() {
		this.pool.removeListener(this.listener);
	}

	private record WaitListener(ObservationRegistry registry, KeyValue pool) implements PoolListener {

		@Override
		public @Nullable Wait waiting() {
			// Only what belongs to something tells more than the meters do, and an
			// observation costs as much as they all.
			if (this.registry.isNoop() || this.registry.getCurrentObservation() == null) {
				return null;
			}
			Observation observation = PoolObservation.WAIT.observation(this.registry)
				.contextualName(PoolObservation.WAIT.getContextualName())
				.lowCardinalityKeyValue(this.pool)
				.start();
			return (failure) -> {
				if (failure != null) {
					observation.error(failure);
				}
				observation.stop();
			};
		}

	}

}
