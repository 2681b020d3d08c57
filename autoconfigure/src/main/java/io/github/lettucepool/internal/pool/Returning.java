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

import org.apache.commons.pool2.PooledObjectState;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;

/**
 * Takes connections back: puts in order what the borrower left behind and makes them
 * idle, or closes them. The permit goes back last. Does not wait; a clean connection
 * costs no round trip.
 */
final class Returning {

	/**
	 * Of connections that answered READONLY, this many a second are closed. A whole pool
	 * must not be emptied by a burst of writes to a replica that is about to be promoted.
	 */
	private static final int READ_ONLY_CLOSES_PER_SECOND = 4;

	private final Connections connections;

	private final PermitQueue permits;

	private final PoolClock clock;

	private final RateLimit readOnlyCloses;

	private volatile boolean stopped;

	Returning(Connections connections, PermitQueue permits, PoolClock clock) {
		this.connections = connections;
		this.permits = permits;
		this.clock = clock;
		this.readOnlyCloses = new RateLimit(READ_ONLY_CLOSES_PER_SECOND, clock.nanos());
	}

	/**
	 * Takes a connection back that a borrower has used.
	 * @param connection the connection
	 * @param now the current time in nanoseconds
	 */
	void used(PooledConnection connection, long now) {
		connection.state(PooledObjectState.RETURNING);
		connection.connection().usedBy(null);
		CloseReason reason = reasonToClose(connection, now);
		if (reason != null) {
			close(connection, reason);
			return;
		}
		connection.used(now);
		CompletableFuture<@Nullable CloseReason> order = putInOrder(connection.connection());
		if (order == null) {
			unused(connection);
			return;
		}
		this.clock.bound(order, this.connections.settings().getValidationTimeout(), () -> CloseReason.REPLY_OUTSTANDING)
			.thenAccept((left) -> {
				if (left != null) {
					close(connection, left);
				}
				else {
					unused(connection);
				}
			});
	}

	/**
	 * Where commands have several ways, there may be none for those that put it in order.
	 */
	private static @Nullable CompletableFuture<@Nullable CloseReason> putInOrder(Lendable connection) {
		try {
			return connection.putInOrder();
		}
		catch (RuntimeException | Error ex) {
			return CompletableFuture.completedFuture(CloseReason.BROKEN);
		}
	}

	private @Nullable CloseReason reasonToClose(PooledConnection connection, long now) {
		CloseReason reason = this.connections.reasonToClose(connection, now);
		if (reason == null) {
			reason = connection.connection().reasonToClose();
		}
		boolean spared = reason == CloseReason.READ_ONLY && !this.readOnlyCloses.tryAcquire(now);
		return spared ? null : reason;
	}

	/**
	 * Makes a connection idle that is in order, unless there are too many.
	 * @param connection the connection
	 */
	void unused(PooledConnection connection) {
		CloseReason reason = this.stopped ? CloseReason.STOPPED : this.connections.reasonNotToKeep();
		if (reason != null) {
			close(connection, reason);
			return;
		}
		connection.store().put(connection);
		this.permits.release();
	}

	/**
	 * Closes a connection that comes back.
	 * @param connection the connection
	 * @param reason why
	 */
	void close(PooledConnection connection, CloseReason reason) {
		this.connections.close(connection, reason).thenRun(this.permits::release);
	}

	/**
	 * Closes what comes back from now on.
	 */
	void stop() {
		this.stopped = true;
	}

}
