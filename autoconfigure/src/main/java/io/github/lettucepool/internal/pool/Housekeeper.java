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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.commons.pool2.PooledObjectState;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolSettings;

/**
 * Looks after idle connections: closes broken, old and superfluous ones, probes the rest,
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

	private final PoolClock clock;

	private final AtomicBoolean requested = new AtomicBoolean();

	private final Lock lock = new ReentrantLock();

	// Guarded by the lock.
	private final List<CompletableFuture<Void>> opening = new ArrayList<>();

	private volatile @Nullable Future<?> schedule;

	Housekeeper(Connections connections, Supply supply, Leases leases, PoolClock clock) {
		this.connections = connections;
		this.supply = supply;
		this.leases = leases;
		this.clock = clock;
	}

	void start() {
		this.schedule = this.clock.every(interval(this.connections.settings()), this::run);
	}

	void stop() {
		Future<?> schedule = this.schedule;
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
			this.clock.execute(this::run);
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
			evictAndProbe();
			if (this.connections.connector().error() == null && !this.connections.stores().isEmpty()) {
				fill();
			}
			this.leases.check();
		}
		catch (RuntimeException | Error ex) {
			// A failure here must not end the schedule.
			logger.warn("Housekeeping failed", ex);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void evictAndProbe() {
		long now = this.clock.nanos();
		PoolSettings settings = this.connections.settings();
		int excess = this.connections.excess();
		int surplus = this.connections.idle() - settings.getMinIdle();
		int probes = Math.max(1, settings.getMaxSize() / 4);
		for (ConnectionStore store : this.connections.stores()) {
			for (PooledConnection idle : store.oldestFirst()) {
				CloseReason reason = reasonToEvict(idle, now, settings, excess, surplus);
				if (reason != null && store.take(idle, PooledObjectState.EVICTION)) {
					excess--;
					surplus--;
					this.connections.close(idle, reason);
				}
				else if (reason == null && probes > 0 && isDue(idle, now, settings)
						&& store.take(idle, PooledObjectState.VALIDATION)) {
					probes--;
					this.supply.keepAlive(idle);
				}
			}
		}
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
		return open((opening) -> this.connections.settings().getMinIdle() - this.supply.probing()
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
