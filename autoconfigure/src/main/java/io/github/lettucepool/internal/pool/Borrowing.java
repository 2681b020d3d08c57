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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolExhaustedException;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.internal.pool.Lease.Borrower;

/**
 * Lends connections of one kind: a borrower gets a permit first, then an idle connection
 * or a new one, waiting on its thread or with a future. A borrower that gives up on the
 * way gives back what it had already; a connection that arrives later becomes idle.
 * <p>
 * Thread-safe.
 */
public final class Borrowing {

	private static final long LONGEST_REJECTION_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

	private static final Duration FOR_EVER = Duration.ofDays(1);

	private final ConnectionPool pool;

	private final ConnectionStore store;

	private final PermitQueue permits;

	private final Connections connections;

	private final Leases leases;

	private final PoolListener listener;

	private final PoolClock clock;

	private final BorrowFailures failures;

	Borrowing(ConnectionPool pool, ConnectionStore store, PoolListener listener, PoolClock clock,
			BorrowFailures failures) {
		this.pool = pool;
		this.store = store;
		this.permits = pool.permits();
		this.connections = pool.connections();
		this.leases = pool.openLeases();
		this.listener = listener;
		this.clock = clock;
		this.failures = failures;
	}

	/**
	 * Borrows a connection, waiting for {@code max-wait} at most. If the thread is
	 * interrupted, the wait ends at once and the thread's interrupt flag is set again.
	 * The borrower of a connection for a command that blocks waits longer by that time,
	 * and goes on as long as those before it are served.
	 * @param blocking how long the command blocks, zero for ever; {@code null} if it does
	 * not block
	 * @return a lease, to be {@linkplain Lease#end() ended}
	 * @throws PoolExhaustedException if no connection became free, the thread was
	 * interrupted, or the pool is stopped
	 * @throws PoolConnectException if none could be opened
	 */
	public Lease borrow(@Nullable Duration blocking) {
		long start = this.clock.nanos();
		boolean patient = !this.permits.tryAcquire();
		PooledConnection ready = patient ? null : pollReady(start);
		if (ready != null) {
			return lendHere(ready, start);
		}
		PoolListener.Wait wait = this.listener.waiting();
		if (wait == null) {
			return await(patient, blocking, start);
		}
		Throwable failure = null;
		try {
			return await(patient, blocking, start);
		}
		catch (RuntimeException ex) {
			failure = ex;
			throw ex;
		}
		finally {
			wait.ended(failure);
		}
	}

	/**
	 * Takes a connection that is ready, with a permit that is given back on failure.
	 */
	private @Nullable PooledConnection pollReady(long now) {
		try {
			return this.pool.isStopped() ? null : this.pool.supply().pollReady(this.store, now);
		}
		catch (RuntimeException | Error ex) {
			this.permits.release();
			throw ex;
		}
	}

	private Lease await(boolean patient, @Nullable Duration blocking, long start) {
		if (patient) {
			awaitPermit(blocking, start);
			PooledConnection ready = pollReady(this.clock.nanos());
			if (ready != null) {
				return lendHere(ready, start);
			}
		}
		// A longer wait for the permit does not use up the time for connecting.
		return lendHere(awaitConnection(patient, (blocking != null) ? this.clock.nanos() : start), start);
	}

	private void awaitPermit(@Nullable Duration blocking, long start) {
		ensureNotInVain();
		Duration wait = permitWait(blocking);
		try {
			if (!this.permits.acquire(wait.toNanos(), blocking != null)) {
				throw this.failures.timedOut(wait);
			}
		}
		catch (PermitQueue.RejectedException ex) {
			LockSupport.parkNanos(this, rejectionDelay());
			throw this.failures.rejected(ex);
		}
		catch (InterruptedException ex) {
			throw interrupted(ex, start);
		}
	}

	private long rejectionDelay() {
		return this.pool.rejections().delay(this.clock.nanos(), LONGEST_REJECTION_NANOS);
	}

	/**
	 * A borrower that is going to block for a while may have to wait until another one
	 * has done so.
	 */
	private Duration permitWait(@Nullable Duration blocking) {
		Duration maxWait = this.connections.settings().getMaxWait();
		if (blocking == null || maxWait.isZero() || maxWait.isNegative()) {
			return maxWait;
		}
		return (blocking.isZero() || blocking.compareTo(FOR_EVER) > 0) ? Duration.ofNanos(-1) : maxWait.plus(blocking);
	}

	private PooledConnection awaitConnection(boolean patient, long start) {
		CompletableFuture<Void> done = new CompletableFuture<>();
		CompletableFuture<PooledConnection> obtained = obtain(patient, done);
		CompletableFuture<PooledConnection> awaited = obtained.copy();
		Duration maxWait = this.connections.readyWait();
		try {
			if (!maxWait.isNegative()) {
				this.pool.bound(awaited, maxWait.minusNanos(this.clock.nanos() - start), CancellationException::new);
			}
			return awaited.get();
		}
		catch (ExecutionException ex) {
			throw this.failures.of(ex);
		}
		catch (InterruptedException ex) {
			abandon(obtained, done);
			throw interrupted(ex, start);
		}
		catch (CancellationException ex) {
			abandon(obtained, done);
			throw this.failures.notConnectedInTime();
		}
		catch (RuntimeException | Error ex) {
			// The wait has no end, since no thread can be started, say.
			abandon(obtained, done);
			throw ex;
		}
	}

	private RuntimeException interrupted(InterruptedException ex, long start) {
		Thread.currentThread().interrupt();
		return this.failures.interrupted(ex, this.clock.nanos() - start);
	}

	/**
	 * Gets a connection for a permit that is held. The permit is given back if there is
	 * none.
	 */
	private CompletableFuture<PooledConnection> obtain(boolean patient, CompletableFuture<?> done) {
		CompletableFuture<PooledConnection> obtained;
		try {
			obtained = this.pool.isStopped() ? CompletableFuture.failedFuture(this.failures.stopped())
					: this.pool.supply().obtain(this.store, patient, done);
		}
		catch (RuntimeException | Error ex) {
			obtained = CompletableFuture.failedFuture(ex);
		}
		return obtained.whenComplete((connection, ex) -> {
			if (ex != null) {
				this.permits.release();
			}
		});
	}

	private void abandon(CompletableFuture<PooledConnection> obtained, CompletableFuture<?> done) {
		done.complete(null);
		obtained.thenAccept(this.pool.returning()::unused);
	}

	/**
	 * Borrows a connection without blocking.
	 * @param blocking how long the command blocks that it is for, zero for ever;
	 * {@code null} if it does not block
	 * @return completes with a lease, to be {@linkplain Lease#end() ended}, or as
	 * {@link #borrow} fails. A borrower that cancels it, or completes it otherwise, owes
	 * nothing
	 */
	public CompletableFuture<Lease> borrowAsync(@Nullable Duration blocking) {
		CompletableFuture<Lease> result = new CompletableFuture<>();
		Borrower borrower = this.leases.borrower();
		long start = this.clock.nanos();
		boolean patient = !this.permits.tryAcquire();
		CompletableFuture<Void> permit;
		try {
			if (patient) {
				ensureNotInVain();
			}
			permit = patient ? this.permits.acquireAsync() : CompletableFuture.completedFuture(null);
		}
		catch (PermitQueue.RejectedException ex) {
			RuntimeException rejection = this.failures.rejected(ex);
			this.clock.after(Duration.ofNanos(rejectionDelay()), () -> result.completeExceptionally(rejection));
			return result;
		}
		catch (RuntimeException ex) {
			result.completeExceptionally(ex);
			return result;
		}
		result.whenComplete((ignored, ex) -> {
			// A borrower that gives up leaves the queue.
			permit.cancel(false);
			if (ex instanceof CancellationException) {
				this.listener.gaveUp(this.clock.nanos() - start);
			}
		});
		permit.thenRun(() -> {
			obtain(patient, result).whenComplete((connection, ex) -> {
				if (connection != null) {
					deliver(connection, result, borrower, start);
				}
				else {
					result.completeExceptionally(this.failures.of(ex));
				}
			});
			if (!patient || blocking != null) {
				boundConnecting(result);
			}
		});
		if (patient) {
			try {
				expire(permit, result, permitWait(blocking), blocking != null);
			}
			catch (RuntimeException | Error ex) {
				result.completeExceptionally(ex);
			}
		}
		PoolListener.Wait wait = result.isDone() ? null : this.listener.waiting();
		if (wait != null) {
			result.whenComplete((ignored, ex) -> wait.ended(ex));
		}
		return result;
	}

	/**
	 * Returns whether a lease is one of this pool's, under way or not.
	 * @param lease the lease
	 * @return whether it is
	 */
	public boolean hasLent(Lease lease) {
		return lease.isOf(this.leases);
	}

	/**
	 * Returns whether the pool has been stopped: all that was lent has come back by now,
	 * or soon will.
	 * @return whether it has
	 */
	public boolean isStopped() {
		return this.pool.isStopped();
	}

	/**
	 * The name of the pool.
	 * @return the name
	 */
	public String poolName() {
		return this.pool.name();
	}

	private void deliver(PooledConnection connection, CompletableFuture<Lease> result, Borrower borrower, long start) {
		if (result.isDone()) {
			this.pool.returning().unused(connection);
			return;
		}
		Lease lease = lend(connection, borrower, start);
		if (!result.complete(lease)) {
			lease.end();
		}
	}

	private void boundConnecting(CompletableFuture<Lease> result) {
		Duration wait = this.connections.readyWait();
		if (!wait.isNegative() && !result.isDone()) {
			this.pool.bound(result, wait, this.failures::notConnectedInTime);
		}
	}

	private void expire(CompletableFuture<?> permit, CompletableFuture<Lease> result, Duration wait,
			boolean permitOnly) {
		if (wait.isNegative() || result.isDone()) {
			return;
		}
		Future<?> timeout = this.clock.after(wait, () -> {
			if (!result.isDone() && !(permitOnly && permit.isDone())) {
				result.completeExceptionally(this.failures.timedOut(wait));
			}
		});
		result.whenComplete((ignored, ex) -> timeout.cancel(false));
	}

	private Lease lendHere(PooledConnection connection, long start) {
		connection.connection().usedBy(Thread.currentThread());
		return lend(connection, this.leases.borrower(), start);
	}

	private Lease lend(PooledConnection connection, Borrower borrower, long start) {
		long now = this.clock.nanos();
		Lease lease = this.leases.start(connection, borrower, now);
		this.listener.borrowed(now - start);
		return lease;
	}

	/**
	 * While the server is down and no connection is left, whoever has a permit waits for
	 * the server: there is no point in waiting for them.
	 */
	private void ensureNotInVain() {
		if (this.pool.isStopped()) {
			throw this.failures.stopped();
		}
		Throwable down = this.connections.connector().error();
		if (down != null && this.leases.active() == 0 && this.connections.idle() == 0) {
			throw this.failures.down(down);
		}
	}

}
