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
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import io.lettuce.core.api.StatefulConnection;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.writes.ConnectTimeout;

/**
 * The exclusive lane: lends connections that one borrower at a time has to itself.
 * <p>
 * A borrower first gets a permit, of which there are {@code max-size} for all codecs
 * together ({@link PermitQueue}), and then a connection: an idle one, or a new one
 * ({@link Connections}). Whoever holds a permit is certain to find one or the other, so
 * only the permit has a queue. The permit is given back after the connection is idle
 * again or its socket is closed; therefore the server never sees more than
 * {@code max-size}.
 * <p>
 * Thread-safe. A lane is used from its creation to {@link #stop}, and not again.
 */
public final class ExclusiveLane {

	private final String pool;

	private final Connections connections;

	private final Leases leases;

	private final PermitQueue permits;

	private final Housekeeper housekeeper;

	private final Return returning;

	private final Borrowing borrowing;

	/**
	 * Creates a lane that has no connections yet.
	 * @param pool the pool's name
	 * @param settings the pool's settings
	 * @param listener hears what happens
	 * @param executor for what is done in the background; not shut down by the lane
	 * @param connectTimeout how long opening a connection may take
	 */
	public ExclusiveLane(String pool, PoolSettings settings, PoolListener listener, ScheduledExecutorService executor,
			ConnectTimeout connectTimeout) {
		this.pool = pool;
		this.connections = new Connections(pool, settings, listener, executor, connectTimeout);
		Supply supply = new Supply(this.connections, executor);
		this.leases = new Leases(pool, settings.getLeakDetectionThreshold(), listener);
		this.permits = new PermitQueue(settings.getMaxSize(), settings.getMaxPending(), settings.isFair(), executor);
		this.returning = new Return(this.connections, this.permits);
		BorrowFailures failures = new BorrowFailures(pool, connectTimeout, listener, this.connections, this.leases,
				this.permits, this::snapshot);
		this.borrowing = new Borrowing(listener, executor, this.connections, supply, this.leases, this.permits,
				this.returning, failures, connectTimeout, this::releaseIfLent);
		this.housekeeper = new Housekeeper(this.connections, supply, this.leases, this.returning::forgotten, executor);
		this.connections.onBroken(this.housekeeper::request);
		this.connections.onCloseByBorrower(this::releaseIfLent);
	}

	/**
	 * Adds a codec. The first one is the one that {@code min-idle} connections are opened
	 * with.
	 * @param opener opens a connection with the codec; is called on the lane's executor
	 * @return lends connections with the codec
	 */
	public ExclusiveConnections add(Supplier<CompletionStage<StatefulConnection<?, ?>>> opener) {
		ConnectionStore store = new ConnectionStore(opener);
		this.connections.addStore(store);
		return new ExclusiveConnections(this, store);
	}

	/**
	 * Starts to look after connections and to fill up to {@code min-idle}.
	 */
	public void start() {
		this.housekeeper.start();
	}

	StatefulConnection<?, ?> borrow(ConnectionStore store, @Nullable Duration blocking) {
		return this.borrowing.borrow(store, blocking);
	}

	CompletableFuture<StatefulConnection<?, ?>> borrowAsync(ConnectionStore store) {
		return this.borrowing.borrowAsync(store);
	}

	/**
	 * Takes a connection back.
	 * @param connection what a borrower got from this lane
	 * @throws InvalidDataAccessApiUsageException if it is not lent by this lane
	 */
	void release(StatefulConnection<?, ?> connection) {
		if (!releaseIfLent(connection)) {
			throw new InvalidDataAccessApiUsageException(("Connection %s was returned to pool '%s', which has not lent "
					+ "it: it was returned before, or belongs to another pool")
				.formatted(connection, this.pool));
		}
	}

	@Nullable Object leaseOf(StatefulConnection<?, ?> connection, Object user, BooleanSupplier used) {
		Lease lease = this.leases.current(connection);
		if (lease != null) {
			lease.usedThrough(user, used);
		}
		return lease;
	}

	void endLease(StatefulConnection<?, ?> connection, Object lease) {
		// Nobody but its borrower ends a lease, so it does not end in between.
		if (this.leases.isCurrent(connection, lease)) {
			releaseIfLent(connection);
		}
	}

	private boolean releaseIfLent(StatefulConnection<?, ?> connection) {
		long now = System.nanoTime();
		PooledConnection pooled = this.leases.end(connection, now);
		if (pooled == null) {
			return false;
		}
		this.returning.used(pooled, now);
		return true;
	}

	/**
	 * The lane's figures.
	 * @return the figures now
	 */
	public PoolSnapshot.Exclusive snapshot() {
		PoolSettings settings = this.connections.settings();
		return new PoolSnapshot.Exclusive(settings.getMaxSize(), settings.getMinIdle(), this.leases.active(),
				this.connections.idle(), this.connections.total(), this.permits.pending());
	}

	/**
	 * The leases under way, the longest first.
	 * @return the leases now
	 */
	public List<PoolSnapshot.Lease> leases() {
		return this.leases.snapshot();
	}

	/**
	 * For how long there has been a borrower that waits at every moment.
	 * @return the time, zero if nobody waits
	 */
	public Duration queuedFor() {
		return Duration.ofNanos(this.permits.queuedNanos());
	}

	/**
	 * Says who has had connections for longest.
	 * @return a phrase for a message
	 */
	public String describeLongestLeases() {
		return this.leases.describeLongest();
	}

	/**
	 * What connecting fails with.
	 * @return the error, or {@code null} while connecting succeeds
	 */
	public @Nullable Throwable connectError() {
		return this.connections.connector().error();
	}

	/**
	 * Changes {@code max-size} and what goes with it.
	 * @param settings the new settings
	 */
	public void resize(PoolSettings settings) {
		int difference = settings.getMaxSize() - this.connections.settings().getMaxSize();
		this.connections.settings(settings);
		this.permits.resize(difference);
		this.housekeeper.request();
	}

	/**
	 * Replaces all connections: idle ones at once, lent ones when they come back.
	 */
	public void retireAll() {
		this.connections.retireAll();
		this.housekeeper.request();
	}

	/**
	 * Lends nothing until {@link #resume}.
	 */
	public void suspend() {
		this.permits.suspend();
	}

	/**
	 * Lends again.
	 */
	public void resume() {
		this.permits.resume();
	}

	/**
	 * Whether the lane is suspended.
	 * @return {@code true} after {@link #suspend}
	 */
	public boolean isSuspended() {
		return this.permits.isSuspended();
	}

	/**
	 * Opens a connection, if there is none.
	 * @return completes when that which is on its way is idle, or with the connect error
	 */
	public CompletableFuture<Void> connect() {
		return this.housekeeper.openFirst();
	}

	/**
	 * Opens {@code min-idle} connections.
	 * @return completes when they are idle, or with the first connect error
	 */
	public CompletableFuture<Void> warmUp() {
		return this.housekeeper.fill();
	}

	/**
	 * Ends the lane: no new borrow, then leases get time to come back, then everything is
	 * closed.
	 * @param timeout how long to wait for leases
	 */
	public void stop(Duration timeout) {
		this.borrowing.stop();
		this.housekeeper.stop();
		this.connections.connector().stop();
		// Whoever waits for a permit gets one, and learns that the pool is stopped.
		this.permits.resume();
		this.permits.resize(Integer.MAX_VALUE / 2);
		this.returning.stop();
		awaitLeases(timeout);
		this.connections.retireAll();
		CompletableFuture<?>[] closing = this.connections.stores()
			.stream()
			.flatMap((store) -> store.takeOut((connection) -> true).stream())
			.map((connection) -> this.connections.close(connection, CloseReason.STOPPED))
			.toArray(CompletableFuture[]::new);
		CompletableFuture.allOf(closing).completeOnTimeout(null, 1, TimeUnit.SECONDS).join();
	}

	private void awaitLeases(Duration timeout) {
		long deadline = System.nanoTime() + timeout.toNanos();
		while (this.leases.active() > 0 && System.nanoTime() < deadline && !Thread.currentThread().isInterrupted()) {
			LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
		}
	}

}
