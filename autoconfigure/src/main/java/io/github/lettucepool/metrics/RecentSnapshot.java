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

import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;

/**
 * A pool's figures, taken anew unless those at hand are a moment old. A registry reads
 * its gauges one after the other: this way they all tell of the same moment, and the pool
 * is asked once instead of once for each.
 */
final class RecentSnapshot {

	/**
	 * For how long figures are used, in nanoseconds: 10 ms. Longer than reading all
	 * gauges of a pool takes, and far shorter than the time between two reports.
	 */
	static final long MAX_AGE = 10_000_000;

	private final RedisPool pool;

	private final LongSupplier nanoTime;

	private volatile @Nullable Taken last;

	RecentSnapshot(RedisPool pool, LongSupplier nanoTime) {
		this.pool = pool;
		this.nanoTime = nanoTime;
	}

	PoolSnapshot get() {
		long now = this.nanoTime.getAsLong();
		Taken taken = this.last;
		if (taken == null || now - taken.at() >= MAX_AGE) {
			taken = new Taken(this.pool.snapshot(), now);
			this.last = taken;
		}
		return taken.snapshot();
	}

	private record Taken(PoolSnapshot snapshot, long at) {

	}

}
