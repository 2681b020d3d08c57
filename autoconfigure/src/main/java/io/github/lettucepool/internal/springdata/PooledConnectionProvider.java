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
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

import io.github.lettucepool.internal.driven.Drivers;
import io.github.lettucepool.internal.lettuce.TrackedConnection;
import io.github.lettucepool.internal.pool.Borrowing;
import io.github.lettucepool.internal.pool.Lease;

/**
 * The source of connections for Spring Data: those for commands are borrowed from the
 * exclusive lane; those for subscriptions, sentinel queries and one given node are opened
 * on demand, counted, and closed on release. Thread-safe.
 */
public final class PooledConnectionProvider
		implements LettuceConnectionProvider, LettuceConnectionProvider.TargetAware {

	private static final Duration LAST_ANSWERS = Duration.ofSeconds(5);

	/**
	 * For how long a reactive command blocks is not known. Longer than most do; for ever
	 * is too long, since Spring Data does not say when the subscriber has given up.
	 */
	private static final Duration REACTIVE_BLOCKING = Duration.ofMinutes(1);

	private final Borrowing exclusive;

	private final @Nullable Borrowing driven;

	private final LettuceConnectionProvider onDemand;

	private final BooleanSupplier sharing;

	private final Set<StatefulConnection<?, ?>> opened = ConcurrentHashMap.newKeySet();

	private final Map<StatefulConnection<?, ?>, CompletableFuture<Void>> closing = new ConcurrentHashMap<>();

	/**
	 * Creates a provider.
	 * @param exclusive lends connections for commands
	 * @param driven lends those which their callers drive, or {@code null}
	 * @param onDemand opens the others
	 * @param sharing whether the shared lane is in use
	 */
	public PooledConnectionProvider(Borrowing exclusive, @Nullable Borrowing driven, LettuceConnectionProvider onDemand,
			BooleanSupplier sharing) {
		this.exclusive = exclusive;
		this.driven = driven;
		this.onDemand = onDemand;
		this.sharing = sharing;
	}

	@Override
	public <T extends StatefulConnection<?, ?>> T getConnection(Class<T> connectionType) {
		if (isOnDemand(connectionType)) {
			return keep(this.onDemand.getConnection(connectionType));
		}
		Lease lease = borrow(null);
		return cast(connectionType, (StatefulConnection<?, ?>) lease.connection(), lease);
	}

	/**
	 * Borrows a connection.
	 * @param blocking how long the command blocks that it is for, zero for ever;
	 * {@code null} if it does not block
	 * @return the lease
	 */
	public Lease borrow(@Nullable Duration blocking) {
		Borrowing driven = this.driven;
		return ((driven != null && Drivers.isCurrentThreadOne()) ? driven : this.exclusive).borrow(blocking);
	}

	@Override
	public <T extends StatefulConnection<?, ?>> CompletionStage<T> getConnectionAsync(Class<T> connectionType) {
		if (isOnDemand(connectionType)) {
			return this.onDemand.getConnectionAsync(connectionType).thenApply(this::keep);
		}
		return borrowAsync(connectionType);
	}

	/**
	 * One who cancels the future cancels the borrow, which a dependent future alone would
	 * not do.
	 * <p>
	 * Of all reactive commands, Spring Data sends only those that block over something
	 * else than a shared connection, if there is one.
	 */
	private <T extends StatefulConnection<?, ?>> CompletableFuture<T> borrowAsync(Class<T> connectionType) {
		CompletableFuture<Lease> borrowed = this.exclusive
			.borrowAsync(this.sharing.getAsBoolean() ? REACTIVE_BLOCKING : null);
		CompletableFuture<T> result = new CompletableFuture<>();
		borrowed.whenComplete((lease, ex) -> {
			if (ex != null) {
				result.completeExceptionally(ex);
				return;
			}
			try {
				T handle = cast(connectionType, BorrowedConnection.of(lease), lease);
				lease.handedTo(handle);
				if (!result.complete(handle)) {
					lease.end();
				}
			}
			catch (RuntimeException wrongType) {
				result.completeExceptionally(wrongType);
			}
		});
		result.whenComplete((ignored, ex) -> {
			if (result.isCancelled()) {
				borrowed.cancel(false);
			}
		});
		return result;
	}

	@Override
	public <T extends StatefulConnection<?, ?>> T getConnection(Class<T> connectionType, RedisURI redisUri) {
		return keep(targetAware().getConnection(connectionType, redisUri));
	}

	@Override
	public <T extends StatefulConnection<?, ?>> CompletionStage<T> getConnectionAsync(Class<T> connectionType,
			RedisURI redisUri) {
		return targetAware().getConnectionAsync(connectionType, redisUri).thenApply(this::keep);
	}

	/**
	 * Opens a connection that is neither lent nor counted; its user closes it.
	 * @return completes with the connection
	 */
	@SuppressWarnings("unchecked")
	public CompletionStage<StatefulConnection<?, ?>> openAside() {
		return (CompletionStage<StatefulConnection<?, ?>>) (CompletionStage<?>) this.onDemand
			.getConnectionAsync(StatefulConnection.class);
	}

	private TargetAware targetAware() {
		if (this.onDemand instanceof TargetAware targetAware) {
			return targetAware;
		}
		throw new InvalidDataAccessApiUsageException(
				"Connections to one given node are not supported in this kind of Redis set-up");
	}

	/**
	 * Does not wait until a connection is closed that was opened on demand: a listener
	 * may release it on the event loop.
	 */
	@Override
	public void release(StatefulConnection<?, ?> connection) {
		if (this.opened.remove(connection)) {
			closeAsync(connection);
		}
		else {
			giveBack(connection);
		}
	}

	@Override
	public CompletableFuture<Void> releaseAsync(StatefulConnection<?, ?> connection) {
		if (this.opened.remove(connection)) {
			return closeAsync(connection);
		}
		try {
			giveBack(connection);
			return CompletableFuture.completedFuture(null);
		}
		catch (RuntimeException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	/**
	 * Closes a subscription's connection after the answers that are outstanding, since
	 * listeners wait for them; for none of them longer than some time. Spring Data sends
	 * UNSUBSCRIBE and releases the connection at once.
	 */
	private CompletableFuture<Void> closeAsync(StatefulConnection<?, ?> connection) {
		if (connection instanceof RedisChannelHandler<?, ?> handler && handler.isClosed()) {
			// Lettuce would warn of it.
			return CompletableFuture.completedFuture(null);
		}
		if (!(connection instanceof StatefulRedisPubSubConnection<?, ?> subscription) || !connection.isOpen()) {
			return this.onDemand.releaseAsync(connection);
		}
		CompletableFuture<Void> closed = CompletableFuture.completedFuture(subscription)
			.thenCompose((open) -> open.async().ping())
			.completeOnTimeout("", LAST_ANSWERS.toMillis(), TimeUnit.MILLISECONDS)
			.handle((pong, ex) -> this.onDemand.releaseAsync(connection))
			.thenCompose(Function.identity());
		this.closing.put(connection, closed);
		closed.whenComplete((ignored, ex) -> this.closing.remove(connection));
		return closed;
	}

	/**
	 * Closes the connections of subscriptions.
	 * @return completes when they are closed, those included that were released before
	 */
	public CompletableFuture<Void> stop() {
		// Their users may still release them.
		this.opened.stream().filter(StatefulRedisPubSubConnection.class::isInstance).forEach(this::closeAsync);
		return CompletableFuture.allOf(this.closing.values().toArray(CompletableFuture[]::new))
			.completeOnTimeout(null, 2 * LAST_ANSWERS.toMillis(), TimeUnit.MILLISECONDS);
	}

	private void giveBack(StatefulConnection<?, ?> connection) {
		Lease lease = leaseOf(connection);
		if (this.exclusive.isStopped()) {
			// The pool may have taken it back already.
			if (lease != null) {
				lease.end();
			}
			return;
		}
		if (lease == null || !this.exclusive.hasLent(lease) || !lease.end()) {
			throw new InvalidDataAccessApiUsageException(("Connection %s was returned to pool '%s', which has not lent "
					+ "it: it was returned before, or belongs to another pool")
				.formatted(connection, this.exclusive.poolName()));
		}
	}

	/**
	 * The lease that a connection is lent by.
	 * @param connection the connection
	 * @return the lease, or {@code null} if the connection is not lent
	 */
	static @Nullable Lease leaseOf(StatefulConnection<?, ?> connection) {
		Lease lease = BorrowedConnection.leaseOf(connection);
		return (lease == null && connection instanceof TrackedConnection tracked) ? tracked.tracker().lease() : lease;
	}

	/**
	 * Returns how many connections are open on demand.
	 * @return the number
	 */
	public int openedOnDemand() {
		// One that the server or its user closed without release does not count.
		this.opened.removeIf((connection) -> !connection.isOpen() && !connection.getOptions().isAutoReconnect());
		return this.opened.size();
	}

	private <T extends StatefulConnection<?, ?>> T keep(T connection) {
		this.opened.add(connection);
		return connection;
	}

	private static <T extends StatefulConnection<?, ?>> T cast(Class<T> type, StatefulConnection<?, ?> connection,
			Lease lease) {
		if (type.isInstance(connection)) {
			return type.cast(connection);
		}
		lease.end();
		throw new InvalidDataAccessApiUsageException("A connection of type %s was asked for, but this pool has %s"
			.formatted(type.getName(), lease.connection().getClass().getName()));
	}

	/**
	 * A cluster connection is asked for by this very type only by Spring Data's access to
	 * single nodes, which keeps it for good: that must not take room in the pool.
	 */
	private static boolean isOnDemand(Class<?> type) {
		return StatefulRedisPubSubConnection.class.isAssignableFrom(type)
				|| StatefulRedisSentinelConnection.class.isAssignableFrom(type)
				|| type == StatefulRedisClusterConnection.class;
	}

}
