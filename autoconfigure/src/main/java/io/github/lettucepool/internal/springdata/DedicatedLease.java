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

package io.github.lettucepool.internal.springdata;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.lettuce.BorrowerTracks;
import io.github.lettucepool.internal.pool.Lease;

/**
 * The exclusive connection that a connection of Spring Data has borrowed, as long as it
 * has it. Spring Data's own keeps it when selecting the database of before fails; and it
 * loses one whenever a scan fails with its first command, or when a cursor is left open.
 * With this it comes back whatever happens on close, and also if nobody closes it. Not
 * thread-safe, as its user.
 */
public final class DedicatedLease {

	/**
	 * So much longer than its timeout a pipeline may take at worst: afterwards Spring
	 * Data waits for each reply, with the timeout that it knows.
	 */
	private static final Duration REPLIES_AT_ONCE = Duration.ofMillis(50);

	private final PooledConnectionProvider provider;

	private @Nullable StatefulConnection<?, ?> borrowed;

	private @Nullable Lease lease;

	private Supplier<RedisClusterAsyncCommands<byte[], byte[]>> borrowing = () -> {
		throw new IllegalStateException("Nobody uses this lease");
	};

	private @Nullable Duration blocking;

	private Runnable connectFirst;

	public DedicatedLease(PooledConnectionProvider provider, Runnable connectFirst) {
		this.provider = provider;
		this.connectFirst = connectFirst;
	}

	/**
	 * Says how to borrow.
	 * @param borrowing borrows, unless that has been done
	 */
	void borrowBy(Supplier<RedisClusterAsyncCommands<byte[], byte[]>> borrowing) {
		this.borrowing = borrowing;
	}

	/**
	 * Returns whether the user has changed the connection: what it sends has to go there.
	 * @return whether it has
	 */
	boolean isChanged() {
		StatefulConnection<?, ?> borrowed = this.borrowed;
		return borrowed != null && BorrowerTracks.isLeft(borrowed);
	}

	/**
	 * The commands of the exclusive connection, which is borrowed if need be.
	 * @return the commands
	 */
	RedisClusterAsyncCommands<byte[], byte[]> commands() {
		return this.borrowing.get();
	}

	/**
	 * The exclusive connection, which is borrowed if need be.
	 * @return the connection
	 */
	StatefulConnection<?, ?> connection() {
		commands();
		return Objects.requireNonNull(this.borrowed);
	}

	/**
	 * Says that the next command blocks.
	 * @param blocking how long, zero for ever; {@code null} if it does not block
	 */
	void blocksFor(@Nullable Duration blocking) {
		this.blocking = blocking;
	}

	/**
	 * Connects, if the pool never was. A listener container fails and ends the start of
	 * its application if Redis is away then, but only before it subscribes: once it does,
	 * it tries for ever, in the thread that starts the application.
	 */
	void beforeSubscription() {
		this.connectFirst.run();
	}

	/**
	 * Borrows a connection.
	 * @param ordinary borrows it for a command that does not block
	 * @param user what it is used through; if that becomes garbage, the lease ends
	 * @return the connection
	 */
	@SuppressWarnings("unchecked")
	StatefulConnection<byte[], byte[]> start(Supplier<StatefulConnection<byte[], byte[]>> ordinary, Object user) {
		Duration blocking = this.blocking;
		StatefulConnection<byte[], byte[]> connection = (blocking != null)
				? (StatefulConnection<byte[], byte[]>) this.provider.borrow(blocking).connection() : ordinary.get();
		this.borrowed = connection;
		Lease lease = PooledConnectionProvider.leaseOf(connection);
		if (lease != null) {
			lease.usedThrough(user);
		}
		this.lease = lease;
		return connection;
	}

	/**
	 * Waits a little for the replies to all commands under way on the connection.
	 */
	void awaitReplies() {
		StatefulConnection<?, ?> borrowed = this.borrowed;
		if (borrowed != null) {
			BorrowerTracks.awaitReplies(borrowed, REPLIES_AT_ONCE);
		}
	}

	/**
	 * Gives the connection back, unless it has come back already.
	 */
	void end() {
		Lease lease = this.lease;
		this.borrowed = null;
		this.lease = null;
		this.connectFirst = () -> {
		};
		if (lease != null) {
			lease.end();
		}
	}

}
