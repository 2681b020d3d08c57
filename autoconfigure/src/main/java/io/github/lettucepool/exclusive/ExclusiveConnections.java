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

package io.github.lettucepool.exclusive;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

import io.lettuce.core.api.StatefulConnection;
import org.jspecify.annotations.Nullable;

/**
 * Lends the exclusive lane's connections of one codec. Thread-safe.
 */
public final class ExclusiveConnections {

	private final ExclusiveLane lane;

	private final ConnectionStore store;

	ExclusiveConnections(ExclusiveLane lane, ConnectionStore store) {
		this.lane = lane;
		this.store = store;
	}

	/**
	 * Borrows a connection, waiting for {@code max-wait} at most. If the thread is
	 * interrupted, the wait ends at once and the thread's interrupt flag is set again.
	 * The borrower of a connection for a command that blocks waits longer by that time,
	 * and goes on as long as those before it are served.
	 * @param blocking how long the command blocks, zero for ever; {@code null} if it does
	 * not block
	 * @return a connection that must be {@link #release released}
	 * @throws org.springframework.data.redis.RedisConnectionFailureException if none
	 * could be had: a {@link io.github.lettucepool.PoolExhaustedException} if none became
	 * free, a {@link io.github.lettucepool.PoolConnectException} if none could be opened
	 */
	public StatefulConnection<?, ?> borrow(@Nullable Duration blocking) {
		return this.lane.borrow(this.store, blocking);
	}

	/**
	 * Borrows a connection without blocking.
	 * @return completes with a connection that must be {@link #release released}, or as
	 * {@link #borrow} fails. One who cancels it, or completes it otherwise, owes nothing
	 */
	public CompletableFuture<StatefulConnection<?, ?>> borrowAsync() {
		return this.lane.borrowAsync(this.store);
	}

	/**
	 * Gives a connection back. Does not wait for anything.
	 * @param connection the connection
	 * @throws org.springframework.dao.InvalidDataAccessApiUsageException if it is not
	 * lent: it was given back before, or belongs to another pool
	 */
	public void release(StatefulConnection<?, ?> connection) {
		this.lane.release(connection);
	}

	/**
	 * The lease that a connection is lent by, to be used with {@link #endLease}. Should
	 * the object that the borrower uses the connection through become garbage before the
	 * lease has ended, the connection is closed.
	 * @param connection the connection
	 * @param user what its borrower uses it through
	 * @param used whether the borrower has used it; must not know the object
	 * @return the lease, or {@code null} if the connection is not lent
	 */
	public @Nullable Object leaseOf(StatefulConnection<?, ?> connection, Object user, BooleanSupplier used) {
		return this.lane.leaseOf(connection, user, used);
	}

	/**
	 * Gives a connection back if it is still lent by the given lease, and does nothing if
	 * it came back already, even if it is lent to somebody else by now.
	 * @param connection the connection
	 * @param lease the lease
	 */
	public void endLease(StatefulConnection<?, ?> connection, Object lease) {
		this.lane.endLease(connection, lease);
	}

}
