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
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

import org.apache.commons.pool2.PooledObjectState;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;

/**
 * Finds a connection for a borrower who holds a permit: an idle one that is fit to be
 * lent, or a new one, for which an idle one of another kind may have to go.
 * <p>
 * Thread-safe. Nothing here waits: what takes time returns a future.
 */
final class Supply {

	private static final Duration ROOM_RETRY = Duration.ofMillis(2);

	private final Connections connections;

	private final PoolClock clock;

	private final ConcurrentLinkedQueue<PooledConnection> probed = new ConcurrentLinkedQueue<>();

	private final AtomicInteger probes = new AtomicInteger();

	private volatile @Nullable ConnectionStore wanted;

	Supply(Connections connections, PoolClock clock) {
		this.connections = connections;
		this.clock = clock;
	}

	/**
	 * Takes an idle connection that needs no probe.
	 * @param store whose
	 * @param now the current time in nanoseconds
	 * @return one, or {@code null} if it takes more than that: see {@link #obtain}
	 */
	@Nullable PooledConnection pollReady(ConnectionStore store, long now) {
		PooledConnection connection = store.poll();
		if (connection == null) {
			return null;
		}
		boolean looked = connection.look(now);
		if (looked && this.connections.reasonToClose(connection, now) == null && !needsProbe(connection, now)) {
			return connection;
		}
		store.put(connection);
		return null;
	}

	/**
	 * Gets a connection for a borrower who holds a permit: an idle one, probed if it was
	 * idle for long, or a new one.
	 * @param store whose
	 * @param patient whether to wait until the server is back, if it is down
	 * @param done tells that nobody waits for the result any more
	 * @return completes with a connection that belongs to the borrower, or with the
	 * connect error
	 */
	CompletableFuture<PooledConnection> obtain(ConnectionStore store, boolean patient, CompletableFuture<?> done) {
		this.wanted = store;
		return obtain(store, patient, done, 0);
	}

	/**
	 * The place to keep connections ready: that of the last borrower who found none. A
	 * connection that is ready for nobody would only be closed to make room.
	 * @return the store; the first one if nobody has borrowed
	 */
	ConnectionStore storeToFill() {
		ConnectionStore wanted = this.wanted;
		return (wanted != null) ? wanted : this.connections.stores().get(0);
	}

	private CompletableFuture<PooledConnection> obtain(ConnectionStore store, boolean patient,
			CompletableFuture<?> done, int attempt) {
		PooledConnection idle = store.poll();
		if (idle != null) {
			return check(idle).thenCompose(
					(fine) -> fine ? CompletableFuture.completedFuture(idle) : obtain(store, patient, done, attempt));
		}
		if (this.connections.reserve()) {
			return this.connections.open(store, patient, done);
		}
		if (done.isDone()) {
			return CompletableFuture.failedFuture(new CancellationException());
		}
		PooledConnection other = idleOfAnother(store);
		if (other == null && attempt > 0) {
			// All room is taken by connections that wait for an answer which may never
			// come.
			other = this.probed.poll();
		}
		CompletableFuture<?> room = (other != null) ? this.connections.close(other, CloseReason.ROOM) : later();
		return room.thenCompose((ignored) -> obtain(store, patient, done, attempt + 1));
	}

	/**
	 * Completes after a moment: a connection is just being closed, or changes hands.
	 */
	private CompletableFuture<?> later() {
		CompletableFuture<Void> later = new CompletableFuture<>();
		this.clock.after(ROOM_RETRY, () -> later.complete(null));
		return later;
	}

	private @Nullable PooledConnection idleOfAnother(ConnectionStore store) {
		for (ConnectionStore other : this.connections.stores()) {
			PooledConnection idle = (other != store) ? other.poll() : null;
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
		long now = this.clock.nanos();
		boolean looked = connection.look(now);
		CloseReason reason = this.connections.reasonToClose(connection, now);
		if (reason != null) {
			return this.connections.close(connection, reason).thenApply((ignored) -> false);
		}
		if (looked && !needsProbe(connection, now)) {
			return CompletableFuture.completedFuture(true);
		}
		return probe(connection).thenCompose((unfit) -> {
			if (unfit == null) {
				return CompletableFuture.completedFuture(true);
			}
			probeIdle(connection.store());
			return this.connections.close(connection, unfit).thenApply((ignored) -> false);
		});
	}

	/**
	 * Probes the idle connections all at once: where one is dead, the others often are,
	 * and a borrower who probed one after the other could wait in vain.
	 */
	private void probeIdle(ConnectionStore store) {
		long now = this.clock.nanos();
		for (PooledConnection idle : store.oldestFirst()) {
			if (needsProbe(idle, now) && store.take(idle, PooledObjectState.VALIDATION)) {
				keepAlive(idle);
			}
		}
	}

	private boolean needsProbe(PooledConnection connection, long now) {
		return now - connection.heardNanos() > this.connections.settings().getValidateAfterIdle().toNanos();
	}

	private CompletableFuture<@Nullable CloseReason> probe(PooledConnection connection) {
		return this.clock
			.bound(connection.connection().probe(), this.connections.settings().getValidationTimeout(),
					() -> CloseReason.VALIDATION_FAILED)
			.thenApply((unfit) -> {
				if (unfit == null) {
					connection.heard(this.clock.nanos());
				}
				return unfit;
			});
	}

	/**
	 * Returns how many connections are being probed to keep them alive. They are not
	 * idle, but will be.
	 * @return the number
	 */
	int probing() {
		return this.probes.get();
	}

	/**
	 * Probes a connection that was taken out of its store, and makes it idle again or
	 * closes it.
	 * @param connection the connection
	 */
	void keepAlive(PooledConnection connection) {
		this.probes.incrementAndGet();
		this.probed.add(connection);
		probe(connection).thenAccept((unfit) -> probed(connection, unfit))
			// Counted after it is idle: counting twice is harmless, missing one is not.
			.whenComplete((ignored, ex) -> this.probes.decrementAndGet());
	}

	private void probed(PooledConnection connection, @Nullable CloseReason unfit) {
		if (!this.probed.remove(connection)) {
			// Somebody needed the room and closed it.
			return;
		}
		if (unfit == null) {
			connection.store().put(connection);
		}
		else {
			this.connections.close(connection, unfit);
		}
	}

}
