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
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

import io.lettuce.core.api.StatefulConnection;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.RedisConnectionFailureException;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolExhaustedException;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;

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

	private final PoolListener listener;

	private final ScheduledExecutorService executor;

	private final Connections connections;

	private final Leases leases;

	private final PermitQueue permits;

	private final Housekeeper housekeeper;

	private final Return returning;

	private volatile boolean stopped;

	/**
	 * Creates a lane that has no connections yet.
	 * @param pool the pool's name
	 * @param settings the pool's settings
	 * @param listener hears what happens
	 * @param executor for what is done in the background; not shut down by the lane
	 * @param connectTimeout how long opening a connection may take, handshake included
	 */
	public ExclusiveLane(String pool, PoolSettings settings, PoolListener listener, ScheduledExecutorService executor,
			Duration connectTimeout) {
		this.pool = pool;
		this.listener = listener;
		this.executor = executor;
		this.connections = new Connections(pool, settings, listener, executor, connectTimeout);
		this.leases = new Leases(pool, settings.getLeakDetectionThreshold(), listener);
		this.permits = new PermitQueue(settings.getMaxSize(), settings.getMaxPending(), settings.isFair(), executor);
		this.housekeeper = new Housekeeper(this.connections, this.leases, executor);
		this.returning = new Return(this.connections, this.permits);
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

	StatefulConnection<?, ?> borrow(ConnectionStore store) {
		long start = System.nanoTime();
		boolean waited = !this.permits.tryAcquire();
		if (waited) {
			awaitPermit();
		}
		try {
			ensureRunning();
			PooledConnection ready = this.connections.pollReady(store);
			return lend((ready != null) ? ready : awaitConnection(store, waited, start), this.leases.prepare(), start);
		}
		catch (RuntimeException ex) {
			// Whoever still brings the connection has the permit too.
			if (!(ex instanceof AbandonedException)) {
				this.permits.release();
			}
			throw (ex instanceof AbandonedException abandoned) ? abandoned.failure : ex;
		}
	}

	private void awaitPermit() {
		ensureRunning();
		ensureNotInVain();
		boolean obtained;
		try {
			obtained = this.permits.acquire(this.connections.settings().getMaxWait().toNanos());
		}
		catch (PermitQueue.RejectedException ex) {
			this.listener.rejected();
			throw exhausted("no more than max-pending borrowers may wait, and " + ex.getMessage());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw interrupted(ex);
		}
		if (!obtained) {
			throw timedOut();
		}
	}

	private PooledConnection awaitConnection(ConnectionStore store, boolean patient, long start) {
		CompletableFuture<Void> done = new CompletableFuture<>();
		CompletableFuture<PooledConnection> obtained = this.connections.obtain(store, patient, done);
		long maxWait = this.connections.settings().getMaxWait().toNanos();
		try {
			return (maxWait < 0) ? obtained.get()
					: obtained.get(maxWait - (System.nanoTime() - start), TimeUnit.NANOSECONDS);
		}
		catch (ExecutionException ex) {
			throw failure(ex);
		}
		catch (InterruptedException ex) {
			abandon(obtained, done);
			Thread.currentThread().interrupt();
			throw new AbandonedException(interrupted(ex));
		}
		catch (TimeoutException ex) {
			abandon(obtained, done);
			throw new AbandonedException(notConnectedInTime());
		}
	}

	/**
	 * Leaves a connection that is on its way to itself: it becomes idle when it arrives.
	 */
	private void abandon(CompletableFuture<PooledConnection> obtained, CompletableFuture<Void> done) {
		done.complete(null);
		obtained.whenComplete((connection, ex) -> {
			if (connection != null) {
				this.returning.unused(connection);
			}
			else {
				this.permits.release();
			}
		});
	}

	CompletableFuture<StatefulConnection<?, ?>> borrowAsync(ConnectionStore store) {
		CompletableFuture<StatefulConnection<?, ?>> result = new CompletableFuture<>();
		Lease lease = this.leases.prepare();
		long start = System.nanoTime();
		CompletableFuture<Void> permit;
		boolean waited = false;
		try {
			ensureRunning();
			waited = !this.permits.tryAcquire();
			if (waited) {
				ensureNotInVain();
			}
			permit = waited ? this.permits.acquireAsync() : CompletableFuture.completedFuture(null);
		}
		catch (PermitQueue.RejectedException ex) {
			this.listener.rejected();
			result.completeExceptionally(
					exhausted("no more than max-pending borrowers may wait, and " + ex.getMessage()));
			return result;
		}
		catch (RuntimeException ex) {
			result.completeExceptionally(ex);
			return result;
		}
		boolean patient = waited;
		// One who gives up leaves the queue.
		result.whenComplete((ignored, ex) -> permit.cancel(false));
		permit.thenRun(() -> {
			CompletableFuture<PooledConnection> obtained = this.stopped
					? CompletableFuture.failedFuture(stoppedException())
					: this.connections.obtain(store, patient, result);
			obtained.whenComplete((connection, ex) -> deliver(connection, ex, result, lease, start));
		});
		expire(result);
		return result;
	}

	private void deliver(@Nullable PooledConnection connection, @Nullable Throwable ex,
			CompletableFuture<StatefulConnection<?, ?>> result, Lease lease, long start) {
		if (connection == null) {
			this.permits.release();
			result.completeExceptionally(failure((ex != null) ? ex : new CancellationException()));
			return;
		}
		if (!result.isDone()) {
			StatefulConnection<?, ?> lent = lend(connection, lease, start);
			if (!result.complete(lent)) {
				releaseIfLent(lent);
			}
			return;
		}
		this.returning.unused(connection);
	}

	private void expire(CompletableFuture<StatefulConnection<?, ?>> result) {
		Duration maxWait = this.connections.settings().getMaxWait();
		if (maxWait.isNegative() || result.isDone()) {
			return;
		}
		var timeout = this.executor.schedule(() -> {
			if (!result.isDone()) {
				result.completeExceptionally(timedOut());
			}
		}, maxWait.toNanos(), TimeUnit.NANOSECONDS);
		result.whenComplete((ignored, ex) -> timeout.cancel(false));
	}

	private StatefulConnection<?, ?> lend(PooledConnection connection, Lease lease, long start) {
		this.leases.start(connection, lease);
		this.listener.borrowed(System.nanoTime() - start);
		return connection.connection();
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

	@Nullable Object leaseOf(StatefulConnection<?, ?> connection) {
		return this.leases.current(connection);
	}

	void endLease(StatefulConnection<?, ?> connection, Object lease) {
		// Nobody but its borrower ends a lease, so it does not end in between.
		if (this.leases.isCurrent(connection, lease)) {
			releaseIfLent(connection);
		}
	}

	private boolean releaseIfLent(StatefulConnection<?, ?> connection) {
		PooledConnection pooled = this.leases.end(connection);
		if (pooled == null) {
			return false;
		}
		this.returning.used(pooled);
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
		this.stopped = true;
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

	private void ensureRunning() {
		if (this.stopped) {
			throw stoppedException();
		}
	}

	/**
	 * While the server is down and no connection is left, whoever has a permit waits for
	 * the server: there is no point in waiting for them.
	 */
	private void ensureNotInVain() {
		Throwable down = connectError();
		if (down != null && this.leases.active() == 0 && this.connections.idle() == 0) {
			throw new PoolConnectException(this.pool, down);
		}
	}

	private RedisConnectionFailureException stoppedException() {
		return new RedisConnectionFailureException("Pool '%s' is stopped".formatted(this.pool));
	}

	private RedisConnectionFailureException interrupted(InterruptedException cause) {
		return new RedisConnectionFailureException(
				"Interrupted while waiting for a connection of pool '%s'".formatted(this.pool), cause);
	}

	/**
	 * The exception for a borrower, with the borrower's own stack.
	 */
	private RuntimeException failure(Throwable cause) {
		boolean wrapper = cause instanceof CompletionException || cause instanceof ExecutionException;
		Throwable unwrapped = (wrapper && cause.getCause() != null) ? cause.getCause() : cause;
		if (unwrapped instanceof PoolConnectException && unwrapped.getCause() != null) {
			return new PoolConnectException(this.pool, unwrapped.getCause());
		}
		return (unwrapped instanceof RuntimeException runtime) ? runtime
				: new PoolConnectException(this.pool, unwrapped);
	}

	private RedisConnectionFailureException timedOut() {
		this.listener.timedOut();
		Throwable down = connectError();
		if (down != null) {
			return new PoolConnectException(this.pool, down);
		}
		return exhausted("no connection became free within max-wait (%d ms)"
			.formatted(this.connections.settings().getMaxWait().toMillis()));
	}

	/**
	 * There was room, but the server did not take the connection, or did not answer, in
	 * time.
	 */
	private PoolConnectException notConnectedInTime() {
		this.listener.timedOut();
		Throwable down = connectError();
		return new PoolConnectException(this.pool,
				(down != null) ? down : new TimeoutException("not connected within max-wait (%d ms)"
					.formatted(this.connections.settings().getMaxWait().toMillis())));
	}

	private PoolExhaustedException exhausted(String what) {
		PoolSnapshot.Exclusive figures = snapshot();
		return new PoolExhaustedException("Pool '%s'%s: %s; active=%d, idle=%d, pending=%d, max-size=%d; %s".formatted(
				this.pool, isSuspended() ? " (suspended)" : "", what, figures.active(), figures.idle(),
				figures.pending(), figures.maxSize(), this.leases.describeLongest()));
	}

	/**
	 * A borrower gave up while its connection was on its way, which brings the permit.
	 */
	private static final class AbandonedException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		@SuppressWarnings("serial") // Never leaves this class.
		private final RuntimeException failure;

		private AbandonedException(RuntimeException failure) {
			super(null, null, false, false);
			this.failure = failure;
		}

	}

}
