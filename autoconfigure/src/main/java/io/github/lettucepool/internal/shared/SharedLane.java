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

package io.github.lettucepool.internal.shared;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulConnection;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.RedisConnectionFailureException;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.internal.pool.RetryDelay;
import io.github.lettucepool.internal.transport.Attempts;
import io.github.lettucepool.internal.transport.ConnectTimeout;
import io.github.lettucepool.internal.transport.FailedCommands;
import io.github.lettucepool.internal.transport.Ordered;
import io.github.lettucepool.internal.transport.SendOrder;

/**
 * A few connections of one codec that all callers share: Lettuce sends the commands of
 * many threads over one connection without a lock.
 * <p>
 * Connections are opened on the first use or by {@link #open}, and again after an attempt
 * failed: see {@link RetryDelay}; meanwhile callers get the error at once. A connection
 * that was open once is reconnected by Lettuce. Thread-safe.
 */
public final class SharedLane {

	private static final Duration LINGER = Duration.ofSeconds(1);

	private final String pool;

	private final int size;

	private final Supplier<CompletionStage<StatefulConnection<?, ?>>> opener;

	private final ScheduledExecutorService executor;

	private final ConnectTimeout connectTimeout;

	private final SharedConnections connections = new SharedConnections();

	private final SendOrder order = new SendOrder();

	private final Object lock = new Object();

	private volatile @Nullable Opening opening;

	private volatile boolean stopped;

	private volatile @Nullable Throwable error;

	/**
	 * Creates a lane that is not open yet.
	 * @param pool the pool's name
	 * @param size how many connections it has
	 * @param opener opens one
	 * @param executor for what is done in the background; not shut down by the lane
	 * @param connectTimeout how long opening may take
	 */
	public SharedLane(String pool, int size, Supplier<CompletionStage<StatefulConnection<?, ?>>> opener,
			ScheduledExecutorService executor, ConnectTimeout connectTimeout) {
		this.pool = pool;
		this.size = size;
		this.opener = opener;
		this.executor = executor;
		this.connectTimeout = connectTimeout;
	}

	/**
	 * The order of the commands that their senders do not wait for.
	 * @return the order
	 */
	public SendOrder order() {
		return this.order;
	}

	/**
	 * A connection for the next command of the current thread: the one with the thread's
	 * commands under way, else one that is not busy. The first call opens the lane and
	 * waits for one connection.
	 * @return a connected connection; it must not be closed
	 * @throws RedisConnectionFailureException at once, if none is connected, or the lane
	 * was stopped, or an event loop would have to wait for itself
	 */
	public StatefulConnection<?, ?> connection() {
		return connection(Thread.currentThread());
	}

	private StatefulConnection<?, ?> connection(Thread sender) {
		StatefulConnection<?, ?> connection = this.order.connection(sender);
		if (connection == null) {
			connection = this.connections.choose();
		}
		if (connection != null) {
			return connection;
		}
		if (this.connections.all().length == 0) {
			awaitFirst();
		}
		return anyConnected();
	}

	private StatefulConnection<?, ?> anyConnected() {
		StatefulConnection<?, ?> connection = this.connections.choose();
		if (connection != null) {
			return connection;
		}
		if (this.opening == null) {
			throw new RedisConnectionFailureException("Pool '%s' was reset or stopped".formatted(this.pool));
		}
		Throwable cause = connectError();
		throw new RedisConnectionFailureException(
				"Pool '%s': none of its %d shared connections is connected; they are being reconnected%s".formatted(
						this.pool, this.size, (cause != null) ? ". " + PoolConnectException.describe(cause) : ""),
				cause);
	}

	/**
	 * Does something on the connection for the next command of the current thread: at
	 * once, or, if the lane is being opened, when it is, in the order of the calls. Never
	 * blocks.
	 * @param action takes the connection; throws no exception
	 * @param failed takes the error that {@link #connection()} would throw
	 */
	public void whenConnected(Consumer<StatefulConnection<?, ?>> action, Consumer<RuntimeException> failed) {
		whenConnected(Thread.currentThread(), null, action, failed);
	}

	private void whenConnected(Thread sender, @Nullable Opening awaited, Consumer<StatefulConnection<?, ?>> action,
			Consumer<RuntimeException> failed) {
		StatefulConnection<?, ?> connection;
		try {
			Opening opening = openIfNecessary();
			if (opening != awaited && opening.isAwaited()) {
				opening.afterFirst(() -> whenConnected(sender, opening, action, failed));
				return;
			}
			connection = connection(sender);
		}
		catch (RuntimeException ex) {
			failed.accept(ex);
			return;
		}
		action.accept(connection);
	}

	private void awaitFirst() {
		Throwable error = this.error;
		if (error != null) {
			throw new PoolConnectException(this.pool, error);
		}
		Opening opening = openIfNecessary();
		if (!opening.first().isDone() && this.connectTimeout.isConnectingThread()) {
			throw new RedisConnectionFailureException(
					"Pool '%s' is opening its shared connections, and thread '%s' cannot wait for them: it is needed for that"
						.formatted(this.pool, Thread.currentThread().getName()));
		}
		try {
			// The attempt has its own bound, which knows whether the server is late.
			opening.first().get(this.connectTimeout.longest().toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException ex) {
			throw new PoolConnectException(this.pool, (ex.getCause() != null) ? ex.getCause() : ex);
		}
		catch (TimeoutException ex) {
			throw new PoolConnectException(this.pool, this.connectTimeout.tooLate());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new RedisConnectionFailureException(
					"Interrupted while pool '%s' was opening its shared connections".formatted(this.pool), ex);
		}
	}

	/**
	 * Opens the lane, if it is not open or being opened.
	 * @return completes when all connections are open; with the first error, if one
	 * cannot be opened now
	 */
	public CompletableFuture<Void> open() {
		return openIfNecessary().all();
	}

	private Opening openIfNecessary() {
		Opening opening = this.opening;
		if (opening != null) {
			return opening;
		}
		synchronized (this.lock) {
			Opening current = this.opening;
			if (current != null) {
				return current;
			}
			if (this.stopped) {
				throw new RedisConnectionFailureException("Pool '%s' is stopped".formatted(this.pool));
			}
			opening = new Opening(this.size);
			this.opening = opening;
		}
		for (int i = 0; i < this.size; i++) {
			openOne(opening, 0);
		}
		return opening;
	}

	/**
	 * Opens a connection. One that comes after the timeout is closed.
	 */
	private void openOne(Opening opening, int failures) {
		CompletableFuture<StatefulConnection<?, ?>> opened = new CompletableFuture<>();
		CompletableFuture<Void> ended = opening.oneStarted();
		Attempts
			.begin(() -> CompletableFuture.supplyAsync(() -> begin(opening, opened), this.executor)
				.thenCompose(Function.identity()))
			.whenComplete((connection, ex) -> {
				ConnectTimeout.complete(opened, connection, (ex != null) ? FailedCommands.unwrap(ex) : null);
				ended.complete(null);
			});
		this.connectTimeout.translated(opened).whenComplete((connection, ex) -> {
			if (ex == null) {
				add(opening, connection);
			}
			else {
				failed(opening, ex, failures + 1);
			}
		});
	}

	private CompletionStage<StatefulConnection<?, ?>> begin(Opening opening, CompletableFuture<?> opened) {
		if (this.opening != opening) {
			// A client that has been shut down since would have Netty log that its event
			// loops are gone.
			throw new IllegalStateException("the pool was reset or stopped");
		}
		CompletionStage<StatefulConnection<?, ?>> connection = this.opener.get();
		// What connecting needs for the first time has been loaded.
		this.connectTimeout.bound(opened);
		return connection;
	}

	private void add(Opening opening, StatefulConnection<?, ?> connection) {
		synchronized (this.lock) {
			if (this.opening != opening) {
				connection.closeAsync();
				return;
			}
			if (connection instanceof Ordered ordered) {
				ordered.share(this.order);
			}
			this.connections.add(connection);
			this.error = null;
		}
		watch(opening, connection);
		opening.oneOpened();
	}

	/**
	 * Replaces a connection that is lost, where the application has switched Lettuce's
	 * reconnecting off.
	 */
	private void watch(Opening opening, StatefulConnection<?, ?> connection) {
		boolean replaced = !connection.getOptions().isAutoReconnect();
		connection.addListener(new RedisConnectionStateListener() {

			@Override
			public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
				SharedLane.this.order.lost(connection);
				if (replaced) {
					SharedLane.this.executor.execute(() -> replace(opening, connection));
				}
			}

		});
		if (replaced && !connection.isOpen()) {
			// Before anybody listened.
			this.executor.execute(() -> replace(opening, connection));
		}
	}

	private void replace(Opening opening, StatefulConnection<?, ?> connection) {
		if (remove(opening, connection, true)) {
			openOne(opening, 0);
			closeLater(connection);
		}
	}

	/**
	 * Replaces a connection that is useful in part, and in use until there is another.
	 * @param connection the connection; may be one that the lane does not have any more
	 */
	void replace(StatefulConnection<?, ?> connection) {
		Opening opening = this.opening;
		if (opening != null) {
			replace(opening, connection);
		}
	}

	StatefulConnection<?, ?>[] connections() {
		return this.connections.all();
	}

	/**
	 * In a cluster, commands may still be under way to nodes that are well, and go there
	 * for as long as there is no other connection.
	 */
	private void closeLater(StatefulConnection<?, ?> connection) {
		long millis = Math.max(connection.getTimeout().toMillis(), LINGER.toMillis());
		this.executor.schedule(() -> {
			if (this.connections.choose() == connection) {
				closeLater(connection);
				return;
			}
			forget(connection);
			this.executor.schedule(connection::closeAsync, millis, TimeUnit.MILLISECONDS);
		}, millis, TimeUnit.MILLISECONDS);
	}

	private void forget(StatefulConnection<?, ?> connection) {
		synchronized (this.lock) {
			this.connections.forget(connection);
		}
	}

	private boolean remove(Opening opening, StatefulConnection<?, ?> connection, boolean lastResort) {
		synchronized (this.lock) {
			if (this.opening != opening || !this.connections.contains(connection)) {
				return false;
			}
			if (lastResort) {
				// Before it is removed: somebody may choose in between.
				this.connections.keepAsLastResort(connection);
			}
			this.connections.remove(connection);
			return true;
		}
	}

	private void failed(Opening opening, Throwable cause, int failures) {
		synchronized (this.lock) {
			if (this.opening != opening) {
				return;
			}
			this.error = cause;
		}
		opening.oneFailed(cause);
		this.executor.schedule(() -> {
			if (this.opening == opening) {
				openOne(opening, failures);
			}
		}, RetryDelay.after(failures).toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Replaces the connections that do not work.
	 * @param works whether a connection works; may wait for an answer
	 */
	public void validate(Predicate<StatefulConnection<?, ?>> works) {
		Opening opening = openIfNecessary();
		for (StatefulConnection<?, ?> connection : this.connections.all()) {
			if (!works.test(connection) && remove(opening, connection, false)) {
				connection.closeAsync();
				openOne(opening, 0);
			}
		}
	}

	/**
	 * Closes all connections; the next use opens new ones.
	 * @return completes when they are closed, those included that were being opened
	 */
	public CompletableFuture<Void> reset() {
		StatefulConnection<?, ?>[] closing;
		Opening abandoned;
		synchronized (this.lock) {
			closing = this.connections.clear();
			abandoned = this.opening;
			this.opening = null;
			this.error = null;
		}
		if (abandoned != null) {
			// Somebody may be waiting for it.
			abandoned.oneFailed(new IllegalStateException("the pool was reset or stopped"));
		}
		CompletableFuture<Void> closed = CompletableFuture
			.allOf(Arrays.stream(closing).map(StatefulConnection::closeAsync).toArray(CompletableFuture[]::new));
		return (abandoned != null) ? CompletableFuture.allOf(closed, abandoned.ended()) : closed;
	}

	/**
	 * Closes all connections for good.
	 * @return completes when they are closed, those included that were being opened
	 */
	public CompletableFuture<Void> stop() {
		this.stopped = true;
		return reset();
	}

	/**
	 * Returns how many connections the lane is to have.
	 * @return the number
	 */
	public int size() {
		return this.size;
	}

	/**
	 * Returns how many connections the lane is to have now.
	 * @return the number, 0 before the first use
	 */
	public int wanted() {
		return (this.opening != null) ? this.size : 0;
	}

	/**
	 * Returns how many connections were opened.
	 * @return the number
	 */
	public int opened() {
		return this.connections.all().length;
	}

	/**
	 * Returns how many connections are connected now.
	 * @return the number
	 */
	public int connected() {
		return this.connections.connected();
	}

	/**
	 * Returns how many commands were sent and are not answered.
	 * @return the number, as far as the connections can tell
	 */
	public int inFlight() {
		return this.connections.inFlight();
	}

	/**
	 * The error that opening, or connecting again, fails with.
	 * @return the error, or {@code null} if it succeeded or was not tried
	 */
	public @Nullable Throwable connectError() {
		Throwable error = this.error;
		for (StatefulConnection<?, ?> connection : this.connections.all()) {
			if (error == null && connection instanceof SharedRedisConnection<?, ?> shared) {
				error = shared.reconnectError();
			}
		}
		return error;
	}

}
