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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import io.lettuce.core.api.StatefulConnection;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolListener;
import io.github.lettucepool.writes.ConnectTimeout;

/**
 * How a borrower gets a connection, waiting or with a future: a permit first, then an
 * idle connection or a new one. Whoever gives up on the way gives back what it had
 * already.
 */
final class Borrowing {

	/**
	 * Rejected callers who try again at once would otherwise take the processors from
	 * those that are served.
	 */
	private static final int REJECTIONS_AT_ONCE_PER_SECOND = 2_000;

	private static final long LONGEST_REJECTION_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

	private static final Duration FOR_EVER = Duration.ofDays(1);

	private final RateLimit rejections = new RateLimit(REJECTIONS_AT_ONCE_PER_SECOND);

	private final PoolListener listener;

	private final ScheduledExecutorService executor;

	private final Connections connections;

	private final Supply supply;

	private final Leases leases;

	private final PermitQueue permits;

	private final Return returning;

	private final BorrowFailures failures;

	private final ConnectTimeout connectTimeout;

	private final Consumer<StatefulConnection<?, ?>> release;

	private volatile boolean stopped;

	Borrowing(PoolListener listener, ScheduledExecutorService executor, Connections connections, Supply supply,
			Leases leases, PermitQueue permits, Return returning, BorrowFailures failures,
			ConnectTimeout connectTimeout, Consumer<StatefulConnection<?, ?>> release) {
		this.listener = listener;
		this.executor = executor;
		this.connections = connections;
		this.supply = supply;
		this.leases = leases;
		this.permits = permits;
		this.returning = returning;
		this.failures = failures;
		this.connectTimeout = connectTimeout;
		this.release = release;
	}

	/**
	 * From now on nothing is lent.
	 */
	void stop() {
		this.stopped = true;
	}

	StatefulConnection<?, ?> borrow(ConnectionStore store, @Nullable Duration blocking) {
		long start = System.nanoTime();
		boolean permitted = this.permits.tryAcquire();
		PooledConnection ready = permitted ? pollReady(store, start) : null;
		if (ready != null) {
			return lendHere(ready, start);
		}
		PoolListener.Wait wait = this.listener.waiting();
		if (wait == null) {
			return borrowPatiently(store, !permitted, blocking, start);
		}
		Throwable failure = null;
		try {
			return borrowPatiently(store, !permitted, blocking, start);
		}
		catch (RuntimeException ex) {
			failure = ex;
			throw ex;
		}
		finally {
			wait.ended(failure);
		}
	}

	private @Nullable PooledConnection pollReady(ConnectionStore store, long now) {
		if (this.stopped) {
			return null;
		}
		try {
			return this.supply.pollReady(store, now);
		}
		catch (RuntimeException ex) {
			this.permits.release();
			throw ex;
		}
	}

	private StatefulConnection<?, ?> borrowPatiently(ConnectionStore store, boolean waited, @Nullable Duration blocking,
			long start) {
		if (waited) {
			awaitPermit(blocking, start);
		}
		// Who may wait longer for the permit has not used up the time for connecting.
		long connectStart = (blocking != null) ? System.nanoTime() : start;
		try {
			ensureRunning();
			PooledConnection ready = waited ? this.supply.pollReady(store, System.nanoTime()) : null;
			return lendHere((ready != null) ? ready : awaitConnection(store, waited, connectStart), start);
		}
		catch (RuntimeException ex) {
			// Whoever still brings the connection has the permit too.
			if (!(ex instanceof AbandonedException)) {
				this.permits.release();
			}
			throw (ex instanceof AbandonedException abandoned) ? abandoned.failure : ex;
		}
	}

	private void awaitPermit(@Nullable Duration blocking, long start) {
		ensureRunning();
		ensureNotInVain();
		Duration wait = permitWait(blocking);
		boolean obtained;
		try {
			obtained = this.permits.acquire(wait.toNanos(), blocking != null);
		}
		catch (PermitQueue.RejectedException ex) {
			LockSupport.parkNanos(this, rejectionDelay());
			throw this.failures.rejected(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw this.failures.interrupted(ex, System.nanoTime() - start);
		}
		if (!obtained) {
			throw this.failures.timedOut(wait);
		}
	}

	/**
	 * Who is going to block for a while may have to wait until somebody else has done so.
	 */
	private Duration permitWait(@Nullable Duration blocking) {
		Duration maxWait = this.connections.settings().getMaxWait();
		if (blocking == null || maxWait.isZero() || maxWait.isNegative()) {
			return maxWait;
		}
		return (blocking.isZero() || blocking.compareTo(FOR_EVER) > 0) ? Duration.ofNanos(-1) : maxWait.plus(blocking);
	}

	private PooledConnection awaitConnection(ConnectionStore store, boolean patient, long start) {
		CompletableFuture<Void> done = new CompletableFuture<>();
		CompletableFuture<PooledConnection> obtained = this.supply.obtain(store, patient, done);
		Duration maxWait = this.connections.readyWait();
		try {
			return maxWait.isNegative() ? obtained.get()
					: this.connectTimeout
						.bound(obtained.copy(), maxWait.minusNanos(System.nanoTime() - start),
								CancellationException::new)
						.get();
		}
		catch (ExecutionException ex) {
			throw this.failures.of(ex);
		}
		catch (InterruptedException ex) {
			abandon(obtained, done);
			Thread.currentThread().interrupt();
			throw new AbandonedException(this.failures.interrupted(ex, System.nanoTime() - start));
		}
		catch (CancellationException ex) {
			abandon(obtained, done);
			throw new AbandonedException(this.failures.notConnectedInTime());
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
			rejectLater(result, this.failures.rejected(ex));
			return result;
		}
		catch (RuntimeException ex) {
			result.completeExceptionally(ex);
			return result;
		}
		boolean patient = waited;
		// One who gives up leaves the queue.
		result.whenComplete((ignored, ex) -> {
			permit.cancel(false);
			if (ex instanceof CancellationException) {
				this.listener.gaveUp(System.nanoTime() - start);
			}
		});
		permit.thenRun(() -> {
			CompletableFuture<PooledConnection> obtained = this.stopped
					? CompletableFuture.failedFuture(this.failures.stopped())
					: this.supply.obtain(store, patient, result);
			obtained.whenComplete((connection, ex) -> deliver(connection, ex, result, lease, start));
		});
		if (waited) {
			expire(result, this.connections.settings().getMaxWait());
		}
		else if (!this.connections.readyWait().isNegative()) {
			this.connectTimeout.bound(result, this.connections.readyWait(), this.failures::notConnectedInTime);
		}
		announce(result);
		return result;
	}

	private void rejectLater(CompletableFuture<?> result, RuntimeException rejection) {
		long delay = rejectionDelay();
		if (delay == 0) {
			result.completeExceptionally(rejection);
			return;
		}
		this.executor.schedule(() -> result.completeExceptionally(rejection), delay, TimeUnit.NANOSECONDS);
	}

	private long rejectionDelay() {
		return this.rejections.delay(System.nanoTime(), LONGEST_REJECTION_NANOS);
	}

	private void announce(CompletableFuture<StatefulConnection<?, ?>> result) {
		PoolListener.Wait wait = result.isDone() ? null : this.listener.waiting();
		if (wait != null) {
			result.whenComplete((ignored, ex) -> wait.ended(ex));
		}
	}

	private void deliver(@Nullable PooledConnection connection, @Nullable Throwable ex,
			CompletableFuture<StatefulConnection<?, ?>> result, Lease lease, long start) {
		if (connection == null) {
			this.permits.release();
			result.completeExceptionally(this.failures.of((ex != null) ? ex : new CancellationException()));
			return;
		}
		if (!result.isDone()) {
			StatefulConnection<?, ?> lent = lend(connection, lease, start);
			if (!result.complete(lent)) {
				this.release.accept(lent);
			}
			return;
		}
		this.returning.unused(connection);
	}

	private void expire(CompletableFuture<StatefulConnection<?, ?>> result, Duration maxWait) {
		if (maxWait.isNegative() || result.isDone()) {
			return;
		}
		var timeout = this.executor.schedule(() -> {
			if (!result.isDone()) {
				result.completeExceptionally(this.failures.timedOut(maxWait));
			}
		}, maxWait.toNanos(), TimeUnit.NANOSECONDS);
		result.whenComplete((ignored, ex) -> timeout.cancel(false));
	}

	private StatefulConnection<?, ?> lendHere(PooledConnection connection, long start) {
		connection.usedBy(Thread.currentThread());
		return lend(connection, this.leases.prepare(), start);
	}

	private StatefulConnection<?, ?> lend(PooledConnection connection, Lease lease, long start) {
		long now = System.nanoTime();
		this.leases.start(connection, lease, now);
		this.listener.borrowed(now - start);
		return connection.connection();
	}

	private void ensureRunning() {
		if (this.stopped) {
			throw this.failures.stopped();
		}
	}

	/**
	 * While the server is down and no connection is left, whoever has a permit waits for
	 * the server: there is no point in waiting for them.
	 */
	private void ensureNotInVain() {
		Throwable down = this.connections.connector().error();
		if (down != null && this.leases.active() == 0 && this.connections.idle() == 0) {
			throw this.failures.down(down);
		}
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
