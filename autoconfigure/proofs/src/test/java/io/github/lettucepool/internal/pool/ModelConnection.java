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

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolSettings;

/**
 * A connection that counts who has it.
 */
final class ModelConnection implements Lendable {

	private static final PoolSettings SETTINGS = PoolSettings.builder().build();

	private final AtomicInteger owners = new AtomicInteger();

	private final AtomicInteger closed = new AtomicInteger();

	private volatile @Nullable Lease lease;

	static PooledConnection in(ConnectionStore store) {
		return new PooledConnection(new ModelConnection(), store, 0, 0, SETTINGS);
	}

	static ModelConnection of(PooledConnection connection) {
		return (ModelConnection) connection.connection();
	}

	/**
	 * Uses it as if it belonged to nobody else.
	 */
	void use() {
		if (this.owners.incrementAndGet() != 1) {
			throw new AssertionError("a connection belongs to two");
		}
		this.owners.decrementAndGet();
	}

	int closed() {
		return this.closed.get();
	}

	@Nullable Lease lease() {
		return this.lease;
	}

	@Override
	public boolean isOpen() {
		return true;
	}

	@Override
	public boolean look() {
		return true;
	}

	@Override
	public CompletableFuture<@Nullable CloseReason> probe() {
		return CompletableFuture.completedFuture(null);
	}

	@Override
	public void usedBy(@Nullable Thread user) {
	}

	@Override
	public @Nullable CloseReason reasonToClose() {
		return null;
	}

	@Override
	public @Nullable CompletableFuture<@Nullable CloseReason> putInOrder() {
		return null;
	}

	@Override
	public void lentBy(@Nullable Lease lease) {
		this.lease = lease;
	}

	@Override
	public CompletableFuture<Void> closeForGood() {
		this.closed.incrementAndGet();
		return CompletableFuture.completedFuture(null);
	}

}
