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

import java.util.HashMap;
import java.util.Map;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;

import io.github.lettucepool.RedisPool;

/**
 * {@link MeterBinder} for the meters of one pool, which {@link PoolMeter} documents.
 * <p>
 * May be bound to several registries; a second binding to the same one does nothing. The
 * meters of two pools with the same name and tags in one registry cannot be told apart.
 * Thread-safe.
 */
public class RedisPoolMetrics implements MeterBinder, AutoCloseable {

	private final RedisPool pool;

	private final Tags tags;

	private final Map<MeterRegistry, MeteredPool> bindings = new HashMap<>();

	/**
	 * Creates the binder, with no tags but the meters' own.
	 * @param pool the pool to observe
	 */
	public RedisPoolMetrics(RedisPool pool) {
		this(pool, Tags.empty());
	}

	/**
	 * Creates the binder.
	 * @param pool the pool to observe
	 * @param tags tags that each meter gets in addition to its own
	 */
	public RedisPoolMetrics(RedisPool pool, Iterable<Tag> tags) {
		this.pool = pool;
		this.tags = Tags.of(tags).and(PoolMeterTag.POOL.asString(), pool.getName());
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		synchronized (this.bindings) {
			this.bindings.computeIfAbsent(registry, (key) -> {
				MeteredPool binding = new MeteredPool(this.pool, key, this.tags);
				this.pool.addListener(binding);
				return binding;
			});
		}
	}

	/**
	 * Takes the meters out of every registry that they were bound to, and stops listening
	 * to the pool. Does nothing if nothing is bound.
	 */
	@Override
	public void close() {
		synchronized (this.bindings) {
			this.bindings.values().forEach((binding) -> {
				this.pool.removeListener(binding);
				binding.removeMeters();
			});
			this.bindings.clear();
		}
	}

}
