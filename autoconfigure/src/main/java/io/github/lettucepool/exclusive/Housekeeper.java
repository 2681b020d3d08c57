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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolSettings;

/**
 * Looks after idle connections: closes broken, old and superfluous ones, PINGs the rest,
 * keeps {@code min-idle} ready, and looks for leaks. Never blocks the thread that it runs
 * on.
 */
final class Housekeeper {

	private static final Log logger = LogFactory.getLog(Housekeeper.class);

	private static final Duration MAX_INTERVAL = Duration.ofSeconds(1);

	private static final Duration MIN_INTERVAL = Duration.ofMillis(20);

	private final Connections connections;

	private final Supply supply;

	private final Leases leases;

	private final Consumer<PooledConnection> onForgotten;

	private final ScheduledExecutorService executor;

	private final AtomicBoolean requested = new AtomicBoolean();

	private final Lock lock = new ReentrantLock();

	private final List<CompletableFuture<Void>> opening = new ArrayList<>();

	private volatile @Nullable ScheduledFuture<?> schedule;

	/**
	 * Creates a housekeeper that does not work yet.
	 * @param connections the connections to look after
	 * @param supply knows which kind of connection is wanted, and checks them
	 * @param leases the leases to watch
	 * @param onForgotten takes back a connection that its borrower has lost
	 * @param executor where to work
	 */
	Housekeeper(Connections connections, Supply supply, Leases leases, Consumer<PooledConnection> onForgotten,
			ScheduledExecutorService executor) {
		this.connections = connections;
		this.supply = supply;
		this.leases = leases;
		this.onForgotten = onForgotten;
		this.executor = executor;
	}

	void start() {
		long interval = interval(this.connections.settings()).toMillis();
		this.schedule = this.executor.scheduleWithFixedDelay(this::run, 0, interval, TimeUnit.MILLISECONDS);
	}

	void stop() {
		ScheduledFuture<?> schedule = this.schedule;
		if (schedule != null) {
			schedule.cancel(false);
		}
		this.schedule = null;
	}

	/**
	 * Has it look soon, because something changed.
	 */
	void request() {
		if (this.schedule != null && this.requested.compareAndSet(false, true)) {
			this.executor.execute(this::run);
		}
	}

	/**
	 * A quarter of the shortest time that matters, within bounds.
	 */
	private static Duration interval(PoolSettings settings) {
		Duration shortest = Stream
			.of(settings.getIdleTimeout(), settings.getMaxLifetime(), settings.getKeepaliveInterval(),
					settings.getLeakDetectionThreshold())
			.filter((duration) -> !duration.isZero())
			.min(Duration::compareTo)
			.orElse(MAX_INTERVAL);
		Duration interval = shortest.dividedBy(4);
		if (interval.compareTo(MIN_INTERVAL) < 0) {
			return MIN_INTERVAL;
		}
		return (interval.compareTo(MAX_INTERVAL) > 0) ? MAX_INTERVAL : interval;
	}

	private void run() {
		this.requested.set(false);
		// Two that count at the same time would do the same work twice.
		this.lock.lock();
		try {
			evictAndPing();
			if (this.connections.connector().error() == null && !this.connections.stores().isEmpty()) {
				fill();
			}
			this.leases.reportLong();
			this.leases.endForgotten().forEach(this.onForgotten);
		}
		catch (RuntimeException ex) {
			// A failure here must not end the schedule.
			logger.warn("Housekeeping failed", ex);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void evictAndPing() {
		long now = System.nanoTime();
		PoolSettings settings = this.connections.settings();
		int[] excess = { this.connections.excess() };
		int[] surplus = { this.connections.idle() - settings.getMinIdle() };
		int[] pings = { Math.max(1, settings.getMaxSize() / 4) };
		List<Runnable> actions = new ArrayList<>();
		for (ConnectionStore store : this.connections.stores()) {
			store.takeOut((connection) -> {
				CloseReason reason = reasonToEvict(connection, now, settings, excess[0], surplus[0]);
				if (reason != null) {
					excess[0]--;
					surplus[0]--;
					actions.add(() -> this.connections.close(connection, reason));
				}
				else if (isDue(connection, now, settings) && pings[0] > 0) {
					pings[0]--;
					actions.add(() -> this.supply.keepAlive(connection));
				}
				else {
					return false;
				}
				return true;
			});
		}
		// Not before they are out of their store.
		actions.forEach(Runnable::run);
	}

	private @Nullable CloseReason reasonToEvict(PooledConnection connection, long now, PoolSettings settings,
			int excess, int surplus) {
		CloseReason reason = this.connections.reasonToClose(connection, now);
		if (reason != null) {
			return reason;
		}
		if (excess > 0) {
			return CloseReason.RETIRED;
		}
		long idleTimeout = settings.getIdleTimeout().toNanos();
		boolean idleForLong = idleTimeout > 0 && now - connection.usedNanos() > idleTimeout;
		return (idleForLong && surplus > 0) ? CloseReason.IDLE : null;
	}

	private static boolean isDue(PooledConnection connection, long now, PoolSettings settings) {
		long interval = settings.getKeepaliveInterval().toNanos();
		return interval > 0 && now - connection.heardNanos() > interval;
	}

	/**
	 * Opens connections until {@code min-idle} are ready or on their way.
	 * @return completes when those on their way are ready, or with the first error
	 */
	CompletableFuture<Void> fill() {
		return open((opening) -> this.connections.settings().getMinIdle() - this.supply.pinging()
				- this.connections.idle() - opening);
	}

	/**
	 * Opens a connection if there is none, and none on its way.
	 * @return completes when those on their way are ready, or with the first error
	 */
	CompletableFuture<Void> openFirst() {
		return open((opening) -> (this.connections.total() == 0) ? 1 : 0);
	}

	private CompletableFuture<Void> open(IntUnaryOperator missing) {
		this.lock.lock();
		try {
			this.opening.removeIf(CompletableFuture::isDone);
			int count = missing.applyAsInt(this.opening.size());
			for (int i = 0; i < count; i++) {
				CompletableFuture<Void> opened = this.connections.openIdle(this.supply.storeToFill());
				if (opened == null) {
					break;
				}
				this.opening.add(opened);
			}
			return CompletableFuture.allOf(this.opening.toArray(CompletableFuture[]::new));
		}
		finally {
			this.lock.unlock();
		}
	}

}
