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
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.writes.Ping;

/**
 * Finds a connection for a borrower who holds a permit: an idle one that is fit to be
 * lent, or a new one, for which an idle one of another codec may have to go.
 * <p>
 * Thread-safe. Nothing here waits: what takes time returns a future.
 */
final class Supply {

	private static final Duration ROOM_RETRY = Duration.ofMillis(2);

	private final Connections connections;

	private final ScheduledExecutorService executor;

	private final ConcurrentLinkedQueue<PooledConnection> pinging = new ConcurrentLinkedQueue<>();

	private final AtomicInteger pings = new AtomicInteger();

	private volatile @Nullable ConnectionStore wanted;

	/**
	 * Creates a supply.
	 * @param connections the connections of the lane
	 * @param executor for what is tried again later
	 */
	Supply(Connections connections, ScheduledExecutorService executor) {
		this.connections = connections;
		this.executor = executor;
	}

	/**
	 * Takes an idle connection that needs no check.
	 * @param store whose
	 * @param now the current time in nanoseconds
	 * @return one, or {@code null} if it takes more than that: see {@link #obtain}
	 */
	@Nullable PooledConnection pollReady(ConnectionStore store, long now) {
		PooledConnection connection = store.pollIdle();
		if (connection == null) {
			return null;
		}
		boolean looked = connection.look(now);
		if (this.connections.reasonToClose(connection, now) == null && looked && !needsValidation(connection, now)) {
			return connection;
		}
		store.giveBack(connection);
		return null;
	}

	/**
	 * Gets a connection for a borrower who holds a permit: an idle one, checked if it was
	 * idle for long, or a new one.
	 * @param store whose
	 * @param patient whether to wait until the server is back, if it is down
	 * @param done tells that nobody waits for the result any more
	 * @return completes with a connection that is lent, or with the connect error
	 */
	CompletableFuture<PooledConnection> obtain(ConnectionStore store, boolean patient, CompletableFuture<?> done) {
		this.wanted = store;
		return obtain(store, patient, done, 0);
	}

	/**
	 * Where connections are kept ready: that of the last borrower who found none. What is
	 * ready for nobody would only be closed to make room.
	 * @return the store; the first one if nobody has borrowed
	 */
	ConnectionStore storeToFill() {
		ConnectionStore wanted = this.wanted;
		return (wanted != null) ? wanted : this.connections.stores().get(0);
	}

	private CompletableFuture<PooledConnection> obtain(ConnectionStore store, boolean patient,
			CompletableFuture<?> done, int attempt) {
		PooledConnection idle = store.pollIdle();
		if (idle != null) {
			return checked(idle, patient, done, attempt);
		}
		if (this.connections.reserve()) {
			return this.connections.open(store, patient, done).thenCompose((opened) -> {
				PooledConnection lent = store.adopt(opened);
				return (lent == opened) ? CompletableFuture.completedFuture(opened)
						: checked(lent, patient, done, attempt);
			});
		}
		if (done.isDone()) {
			return CompletableFuture.failedFuture(new CancellationException());
		}
		PooledConnection other = idleOfAnother(store);
		if (other == null && attempt > 0) {
			// All room is taken by connections that wait for a PING's answer, which may
			// never come.
			other = this.pinging.poll();
		}
		CompletableFuture<?> room = (other != null) ? this.connections.close(other, CloseReason.ROOM) : later();
		return room.thenCompose((ignored) -> obtain(store, patient, done, attempt + 1));
	}

	/**
	 * Completes with the connection if it is fit to be lent, else with another one.
	 */
	private CompletableFuture<PooledConnection> checked(PooledConnection connection, boolean patient,
			CompletableFuture<?> done, int attempt) {
		return check(connection).thenCompose((fine) -> fine ? CompletableFuture.completedFuture(connection)
				: obtain(connection.store(), patient, done, attempt));
	}

	/**
	 * Completes after a moment: a connection is just being closed, or changes hands.
	 */
	private CompletableFuture<?> later() {
		return CompletableFuture.runAsync(() -> {
		}, CompletableFuture.delayedExecutor(ROOM_RETRY.toMillis(), TimeUnit.MILLISECONDS, this.executor));
	}

	private @Nullable PooledConnection idleOfAnother(ConnectionStore store) {
		for (ConnectionStore other : this.connections.stores()) {
			PooledConnection idle = (other != store) ? other.pollIdle() : null;
			if (idle != null) {
				return idle;
			}
		}
		return null;
	}

	/**
	 * Checks a connection before a borrower gets it, and closes it if it is not fit.
	 */
	private CompletableFuture<Boolean> check(PooledConnection connection) {
		long now = System.nanoTime();
		boolean looked = connection.look(now);
		CloseReason reason = this.connections.reasonToClose(connection, now);
		if (reason != null) {
			return this.connections.close(connection, reason).thenApply((ignored) -> false);
		}
		if (looked && !needsValidation(connection, now)) {
			return CompletableFuture.completedFuture(true);
		}
		return ping(connection).thenCompose((result) -> {
			CloseReason failure = PooledConnection.reasonToClose(result);
			if (failure == null) {
				connection.heard(System.nanoTime());
				return CompletableFuture.completedFuture(true);
			}
			pingIdle(connection.store());
			return this.connections.close(connection, failure).thenApply((ignored) -> false);
		});
	}

	private CompletableFuture<Ping.Result> ping(PooledConnection connection) {
		return Ping.send(connection.connection(), this.connections.settings().getValidationTimeout());
	}

	/**
	 * Where one connection is dead, the other idle ones often are: they are PINGed all at
	 * once, since a borrower who did it one after the other could wait in vain.
	 */
	private void pingIdle(ConnectionStore store) {
		long now = System.nanoTime();
		store.takeOut((idle) -> needsValidation(idle, now)).forEach(this::keepAlive);
	}

	private boolean needsValidation(PooledConnection connection, long now) {
		return now - connection.heardNanos() > this.connections.settings().getValidateAfterIdle().toNanos();
	}

	/**
	 * How many connections are being PINGed. They are not idle, but will be.
	 * @return the number
	 */
	int pinging() {
		return this.pings.get();
	}

	/**
	 * PINGs a connection that was taken out of its store, and makes it idle again or
	 * closes it.
	 * @param connection the connection
	 */
	void keepAlive(PooledConnection connection) {
		this.pings.incrementAndGet();
		this.pinging.add(connection);
		ping(connection).thenAccept((result) -> pinged(connection, PooledConnection.reasonToClose(result)))
			// Not before it is idle: rather counted twice than missed.
			.whenComplete((ignored, ex) -> this.pings.decrementAndGet());
	}

	private void pinged(PooledConnection connection, @Nullable CloseReason failure) {
		if (!this.pinging.remove(connection)) {
			// Somebody needed the room and closed it.
			return;
		}
		if (failure == null) {
			connection.heard(System.nanoTime());
			connection.store().adoptIdle(connection);
		}
		else {
			this.connections.close(connection, failure);
		}
	}

}
