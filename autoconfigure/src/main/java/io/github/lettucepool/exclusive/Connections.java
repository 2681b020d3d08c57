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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulConnection;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.writes.ConnectTimeout;

/**
 * Opens and closes the connections of the exclusive lane, all codecs together, and sees
 * to it that there are never more than {@code max-size}.
 * <p>
 * Thread-safe. Nothing here waits: what takes time returns a future.
 */
final class Connections {

	private static final Log logger = LogFactory.getLog(Connections.class);

	private final String pool;

	private final PoolListener listener;

	private final Connector connector;

	private final List<ConnectionStore> stores = new CopyOnWriteArrayList<>();

	private final AtomicInteger total = new AtomicInteger();

	private final AtomicInteger closing = new AtomicInteger();

	private final AtomicInteger generation = new AtomicInteger();

	private volatile PoolSettings settings;

	private volatile Runnable onBroken = () -> {
	};

	private volatile TakeBack takeBack = (connection) -> false;

	Connections(String pool, PoolSettings settings, PoolListener listener, ScheduledExecutorService executor,
			ConnectTimeout connectTimeout) {
		this.pool = pool;
		this.settings = settings;
		this.listener = listener;
		this.connector = new Connector(pool, settings.getMaxConcurrentConnects(), connectTimeout, listener, executor,
				this::keepSpare);
	}

	void addStore(ConnectionStore store) {
		this.stores.add(store);
	}

	/**
	 * Sets what is told, on an event loop, that an idle connection broke.
	 * @param onBroken must return quickly
	 */
	void onBroken(Runnable onBroken) {
		this.onBroken = onBroken;
	}

	/**
	 * Sets who takes back a connection that its borrower closes.
	 * @param takeBack returns whether the connection was lent
	 */
	void onCloseByBorrower(TakeBack takeBack) {
		this.takeBack = takeBack;
	}

	/**
	 * How long a borrower waits for its connection to be opened or to answer a PING, if
	 * there is room for it. Who does not want to wait for others waits for that.
	 * @return {@code max-wait}, or {@code validation-timeout} if that is zero
	 */
	Duration readyWait() {
		Duration maxWait = this.settings.getMaxWait();
		return maxWait.isZero() ? this.settings.getValidationTimeout() : maxWait;
	}

	PoolSettings settings() {
		return this.settings;
	}

	void settings(PoolSettings settings) {
		this.settings = settings;
	}

	Connector connector() {
		return this.connector;
	}

	int total() {
		return this.total.get();
	}

	/**
	 * How many connections there are above {@code max-size}, without those that are being
	 * closed.
	 * @return the number; 0 or negative if there are not too many
	 */
	int excess() {
		return this.total.get() - this.closing.get() - this.settings.getMaxSize();
	}

	int idle() {
		int idle = 0;
		for (ConnectionStore store : this.stores) {
			idle += store.idle();
		}
		return idle;
	}

	List<ConnectionStore> stores() {
		return this.stores;
	}

	@Nullable CloseReason reasonToClose(PooledConnection connection, long now) {
		return connection.reasonToClose(now, this.generation.get());
	}

	/**
	 * Opens a connection and makes it idle, if there is room.
	 * @param store whose
	 * @return completes when it is idle; {@code null} if there is no room
	 */
	@Nullable CompletableFuture<Void> openIdle(ConnectionStore store) {
		if (!reserve()) {
			return null;
		}
		return open(store, false, new CompletableFuture<>()).thenAccept(store::adoptIdle);
	}

	/**
	 * Opens a connection in the room that was reserved for it.
	 * @param store whose
	 * @param patient whether to wait until the server is back, if it is down
	 * @param done tells that nobody waits for the result any more
	 * @return completes with the connection, which is neither lent nor idle, or with the
	 * connect error
	 */
	CompletableFuture<PooledConnection> open(ConnectionStore store, boolean patient, CompletableFuture<?> done) {
		return this.connector.connect(store, patient, done).whenComplete((connection, ex) -> {
			if (ex != null) {
				this.total.decrementAndGet();
			}
		}).thenApply((connection) -> take(store, connection));
	}

	private PooledConnection take(ConnectionStore store, StatefulConnection<?, ?> connection) {
		PooledConnection pooled = new PooledConnection(connection, store, this.generation.get(), this.settings);
		connection.addListener(new RedisConnectionStateListener() {

			@Override
			public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
				pooled.markBroken();
				Connections.this.onBroken.run();
			}

		});
		if (connection instanceof CompositeConnection composite) {
			composite.onNodeLost(() -> {
				pooled.markBroken();
				this.onBroken.run();
			});
		}
		if (connection instanceof TrackedConnection tracked) {
			tracked.onCloseByBorrower(() -> this.takeBack.takeBackIfLent(connection));
		}
		if (logger.isDebugEnabled()) {
			logger.debug("Pool '%s' opened %s".formatted(this.pool, pooled));
		}
		return pooled;
	}

	private void keepSpare(ConnectionStore store, StatefulConnection<?, ?> connection) {
		if (reserve()) {
			store.adoptIdle(take(store, connection));
		}
		else {
			connection.closeAsync();
		}
	}

	/**
	 * Takes room for one more connection, to be used by {@link #open}.
	 * @return whether there was room
	 */
	boolean reserve() {
		int current = this.total.get();
		while (current < this.settings.getMaxSize()) {
			if (this.total.compareAndSet(current, current + 1)) {
				return true;
			}
			current = this.total.get();
		}
		return false;
	}

	/**
	 * Closes a connection that is lent or was taken out.
	 * @param connection the connection
	 * @param reason why
	 * @return completes, never exceptionally, when its socket is closed and there is room
	 * for another
	 */
	CompletableFuture<Void> close(PooledConnection connection, CloseReason reason) {
		if (connection.isInStore()) {
			connection.store().forget(connection);
		}
		this.closing.incrementAndGet();
		this.listener.closed(reason);
		if (logger.isDebugEnabled()) {
			logger.debug("Pool '%s' closes %s: %s".formatted(this.pool, connection, reason.id()));
		}
		return connection.close().handle((ignored, ex) -> {
			this.total.decrementAndGet();
			this.closing.decrementAndGet();
			return null;
		});
	}

	/**
	 * Makes all connections outdated: they are closed when somebody comes across them.
	 */
	void retireAll() {
		this.generation.incrementAndGet();
	}

	/**
	 * Why one that comes back should be closed although it is fine.
	 * @return the reason if there are more connections than {@code max-size} or as many
	 * idle ones as {@code max-idle}, or {@code null}
	 */
	@Nullable CloseReason reasonNotToKeep() {
		if (excess() > 0) {
			return CloseReason.RETIRED;
		}
		PoolSettings settings = this.settings;
		boolean limited = settings.getMaxIdle() < settings.getMaxSize();
		return (limited && idle() >= settings.getMaxIdle()) ? CloseReason.IDLE : null;
	}

	/**
	 * Takes back a connection that its borrower closes.
	 */
	@FunctionalInterface
	interface TakeBack {

		boolean takeBackIfLent(StatefulConnection<?, ?> connection);

	}

}
