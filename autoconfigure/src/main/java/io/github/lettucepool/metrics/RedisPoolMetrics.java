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
 * It hears what happens in the pool from its creation on; the first registry that it is
 * bound to gets what happened before. It may be bound to several registries; a second
 * binding to the same one does nothing. The meters go when this object is closed or the
 * pool's factory is destroyed. The meters of two pools with the same name and tags in one
 * registry cannot be told apart. Thread-safe.
 */
public final class RedisPoolMetrics implements MeterBinder, AutoCloseable {

	private final RedisPool pool;

	private final Tags tags;

	private final Map<MeterRegistry, MeteredPool> bindings = new HashMap<>();

	private final EventRelay relay = new EventRelay(this::close);

	// Guarded by the bindings.
	private boolean listening;

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
		listen();
	}

	private void listen() {
		synchronized (this.bindings) {
			if (!this.listening) {
				this.listening = true;
				this.pool.addListener(this.relay);
			}
		}
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		synchronized (this.bindings) {
			listen();
			this.bindings.computeIfAbsent(registry, (key) -> {
				MeteredPool binding = new MeteredPool(this.pool, key, this.tags);
				this.relay.add(binding);
				return binding;
			});
		}
	}

	/**
	 * Takes the meters out of every registry that they were bound to, and stops listening
	 * to the pool. Does nothing if that was done.
	 */
	@Override
	public void close() {
		synchronized (this.bindings) {
			this.pool.removeListener(this.relay);
			this.listening = false;
			this.relay.clear();
			this.bindings.values().forEach(MeteredPool::removeMeters);
			this.bindings.clear();
		}
	}

}
