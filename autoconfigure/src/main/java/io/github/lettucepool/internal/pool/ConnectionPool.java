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
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

import org.apache.commons.pool2.PooledObjectState;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;

/**
 * Lends connections that one borrower at a time has to itself.
 * <p>
 * A borrower first gets a permit, of which there are {@code max-size} for all kinds of
 * connections together ({@link PermitQueue}), and then a connection: an idle one, or a
 * new one ({@link Supply}). Whoever holds a permit is certain to find one or the other,
 * so only the permit has a queue. The permit is given back after the connection is idle
 * again or its socket is closed; therefore the server never sees more than
 * {@code max-size} of these connections.
 * <p>
 * Thread-safe. A pool is used from its creation to {@link #stop}, and not again.
 */
public final class ConnectionPool {

	private static final Duration LOOK_INTERVAL = Duration.ofMillis(5);

	/**
	 * How often to look whether all is closed: for one second.
	 */
	private static final int CLOSE_LOOKS = 200;

	/**
	 * Rejected callers who try again at once would otherwise take the processors from
	 * those that are served.
	 */
	private static final int REJECTIONS_AT_ONCE_PER_SECOND = 2_000;

	private final String name;

	private final PoolListener listener;

	private final PoolClock clock;

	private final Connections connections;

	private final PermitQueue permits;

	private final Returning returning;

	private final Leases leases;

	private final Supply supply;

	private final Housekeeper housekeeper;

	private final BorrowFailures failures;

	private final RateLimit rejections;

	private final WaitBound waitBound;

	private volatile boolean stopped;

	/**
	 * Creates a pool that has no connections yet.
	 * @param name the pool's name
	 * @param servers where the connections lead, for messages
	 * @param connectTimeout how long opening one may take, for messages
	 * @param settings the settings in force; a change takes effect with {@link #resized}
	 * @param listener hears what happens
	 * @param clock the time, for what is done in the background too
	 * @param waitBound bounds waits for connections that are being opened
	 */
	@SuppressWarnings("this-escape") // Nobody borrows before this returns.
	public ConnectionPool(String name, String servers, Duration connectTimeout, Supplier<PoolSettings> settings,
			PoolListener listener, PoolClock clock, WaitBound waitBound) {
		this.name = name;
		this.listener = listener;
		this.clock = clock;
		this.waitBound = waitBound;
		this.rejections = new RateLimit(REJECTIONS_AT_ONCE_PER_SECOND, clock.nanos());
		PoolSettings initial = settings.get();
		this.connections = new Connections(name, settings, listener, clock);
		this.permits = new PermitQueue(initial.getMaxSize(), initial.getMaxPending(), initial.isFair(), clock);
		this.returning = new Returning(this.connections, this.permits, clock);
		this.leases = new Leases(name, settings, listener, clock, this.returning);
		this.supply = new Supply(this.connections, clock);
		this.housekeeper = new Housekeeper(this.connections, this.supply, this.leases, clock);
		this.failures = new BorrowFailures(this, servers, connectTimeout, listener);
	}

	/**
	 * Adds a kind of connections. Until a borrower finds none that is ready,
	 * {@code min-idle} connections are of the first kind; then of the kind that was last
	 * missing.
	 * @param opener opens a connection, within the connect timeout; is called on the
	 * clock's executor
	 * @return lends connections of that kind
	 */
	public Borrowing add(Supplier<CompletionStage<? extends Lendable>> opener) {
		ConnectionStore store = new ConnectionStore(opener);
		this.connections.addStore(store);
		return new Borrowing(this, store, this.listener, this.clock, this.failures);
	}

	/**
	 * Starts to look after connections and to fill up to {@code min-idle}.
	 */
	public void start() {
		this.housekeeper.start();
	}

	/**
	 * The pool's figures.
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
	 * The error that connecting fails with.
	 * @return the error, or {@code null} while connecting succeeds
	 */
	public @Nullable Throwable connectError() {
		return this.connections.connector().error();
	}

	/**
	 * Returns whether a connection is being opened.
	 * @return whether one is
	 */
	public boolean isConnecting() {
		return this.connections.connector().isConnecting();
	}

	/**
	 * Says that the settings in force have another {@code max-size} or {@code min-idle}.
	 * @param difference how many more connections there may be, or fewer
	 */
	public void resized(int difference) {
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
	 * Returns whether the pool is suspended.
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
	 * Ends the pool: no new borrow, then leases get time to come back, then everything is
	 * closed, what is still lent included. Does not return while a connection is being
	 * opened or closed, within a bound: Lettuce would log what becomes of it.
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
		closeAll();
		for (int i = 0; i < CLOSE_LOOKS && !this.connections.isNone() && pause(); i++) {
			// One that was on its way, or was being probed, is there by now.
			closeAll();
		}
	}

	private void closeAll() {
		this.leases.endAll();
		for (ConnectionStore store : this.connections.stores()) {
			for (PooledConnection idle : store.oldestFirst()) {
				if (store.take(idle, PooledObjectState.EVICTION)) {
					this.connections.close(idle, CloseReason.STOPPED);
				}
			}
		}
	}

	private void awaitLeases(Duration timeout) {
		long deadline = this.clock.nanos() + timeout.toNanos();
		boolean going = true;
		while (this.leases.active() > 0 && this.clock.nanos() < deadline && going) {
			going = pause();
		}
	}

	/**
	 * Waits a moment.
	 * @return whether to go on waiting
	 */
	private static boolean pause() {
		LockSupport.parkNanos(LOOK_INTERVAL.toNanos());
		return !Thread.currentThread().isInterrupted();
	}

	RateLimit rejections() {
		return this.rejections;
	}

	void bound(CompletableFuture<?> awaited, Duration time, Supplier<? extends Throwable> late) {
		this.waitBound.bound(awaited, time, late);
	}

	String name() {
		return this.name;
	}

	boolean isStopped() {
		return this.stopped;
	}

	Connections connections() {
		return this.connections;
	}

	PermitQueue permits() {
		return this.permits;
	}

	Returning returning() {
		return this.returning;
	}

	Leases openLeases() {
		return this.leases;
	}

	Supply supply() {
		return this.supply;
	}

	/**
	 * Bounds a wait for a connection that is being opened.
	 */
	@FunctionalInterface
	public interface WaitBound {

		/**
		 * Bounds a wait, from now on.
		 * @param awaited completes when it is over
		 * @param time how long the peer may take
		 * @param late makes the error that it is completed with then
		 */
		void bound(CompletableFuture<?> awaited, Duration time, Supplier<? extends Throwable> late);

	}

}
