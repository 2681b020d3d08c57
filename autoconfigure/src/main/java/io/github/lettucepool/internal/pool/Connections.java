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

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.commons.pool2.PooledObjectState;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;

/**
 * Opens and closes the connections of the pool, of all kinds together, and sees to it
 * that there are never more than {@code max-size}.
 * <p>
 * Thread-safe. Nothing here waits: what takes time returns a future.
 */
final class Connections {

	private static final Log logger = LogFactory.getLog(Connections.class);

	private final String pool;

	private final Supplier<PoolSettings> settings;

	private final PoolListener listener;

	private final PoolClock clock;

	private final Connector connector;

	private final List<ConnectionStore> stores = new CopyOnWriteArrayList<>();

	private final AtomicInteger total = new AtomicInteger();

	private final AtomicInteger closing = new AtomicInteger();

	private final AtomicInteger generation = new AtomicInteger();

	/**
	 * Creates the connections, none being open.
	 * @param pool the pool's name
	 * @param settings the settings in force
	 * @param listener hears what happens
	 * @param clock the time
	 */
	Connections(String pool, Supplier<PoolSettings> settings, PoolListener listener, PoolClock clock) {
		this.pool = pool;
		this.settings = settings;
		this.listener = listener;
		this.clock = clock;
		this.connector = new Connector(pool, settings.get().getMaxConcurrentConnects(), listener, clock,
				this::keepSpare);
	}

	void addStore(ConnectionStore store) {
		this.stores.add(store);
	}

	/**
	 * Returns how long a borrower waits for its connection to be opened or probed, if
	 * there is room for it. A borrower that does not wait for others waits for that.
	 * @return {@code max-wait}, or {@code validation-timeout} if that is zero
	 */
	Duration readyWait() {
		Duration maxWait = settings().getMaxWait();
		return maxWait.isZero() ? settings().getValidationTimeout() : maxWait;
	}

	PoolSettings settings() {
		return this.settings.get();
	}

	Connector connector() {
		return this.connector;
	}

	int total() {
		return this.total.get();
	}

	/**
	 * Returns whether there are no connections, not even some that are being opened or
	 * closed.
	 * @return whether there are none
	 */
	boolean isNone() {
		return total() == 0 && !this.connector.isConnecting();
	}

	/**
	 * Returns how many connections there are above {@code max-size}, without those that
	 * are being closed.
	 * @return the number; 0 or negative if there are not too many
	 */
	int excess() {
		return this.total.get() - this.closing.get() - settings().getMaxSize();
	}

	int idle() {
		return this.stores.stream().mapToInt(ConnectionStore::size).sum();
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
		return reserve() ? open(store, false, new CompletableFuture<>()).thenAccept(store::put) : null;
	}

	/**
	 * Opens a connection in the room that was reserved for it.
	 * @param store whose
	 * @param patient whether to wait until the server is back, if it is down
	 * @param done tells that nobody waits for the result any more
	 * @return completes with the connection, which belongs to the caller, or with the
	 * connect error
	 */
	CompletableFuture<PooledConnection> open(ConnectionStore store, boolean patient, CompletableFuture<?> done) {
		return this.connector.connect(store, patient, done).whenComplete((connection, ex) -> {
			if (ex != null) {
				this.total.decrementAndGet();
			}
		}).thenApply((connection) -> take(store, connection));
	}

	private PooledConnection take(ConnectionStore store, Lendable connection) {
		long now = this.clock.nanos();
		PooledConnection pooled = new PooledConnection(connection, store, this.generation.get(), now, settings());
		if (logger.isDebugEnabled()) {
			logger.debug("Pool '%s' opened %s".formatted(this.pool, pooled.describe(now)));
		}
		return pooled;
	}

	private void keepSpare(ConnectionStore store, Lendable connection) {
		if (reserve()) {
			store.put(take(store, connection));
		}
		else {
			this.listener.closed(CloseReason.ROOM);
			connection.closeForGood();
		}
	}

	/**
	 * Takes room for one more connection, to be used by {@link #open}.
	 * @return whether there was room
	 */
	boolean reserve() {
		int maxSize = settings().getMaxSize();
		return this.total.getAndUpdate((current) -> (current < maxSize) ? current + 1 : current) < maxSize;
	}

	/**
	 * Closes a connection.
	 * @param connection a connection that belongs to the caller
	 * @param reason why
	 * @return completes, never exceptionally, when its socket is closed and there is room
	 * for another
	 */
	CompletableFuture<Void> close(PooledConnection connection, CloseReason reason) {
		connection.state(PooledObjectState.INVALID);
		this.closing.incrementAndGet();
		this.listener.closed(reason);
		if (logger.isDebugEnabled()) {
			logger.debug("Pool '%s' closes %s: %s".formatted(this.pool, connection.describe(this.clock.nanos()),
					reason.id()));
		}
		return closeForGood(connection.connection()).handle((ignored, ex) -> {
			this.total.decrementAndGet();
			this.closing.decrementAndGet();
			return null;
		});
	}

	private static CompletableFuture<Void> closeForGood(Lendable connection) {
		try {
			return connection.closeForGood();
		}
		catch (RuntimeException | Error ex) {
			return CompletableFuture.failedFuture(ex);
		}
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
		PoolSettings settings = settings();
		boolean limited = settings.getMaxIdle() < settings.getMaxSize();
		return (limited && idle() >= settings.getMaxIdle()) ? CloseReason.IDLE : null;
	}

}
