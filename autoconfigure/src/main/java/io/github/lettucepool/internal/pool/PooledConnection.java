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
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.apache.commons.pool2.PooledObjectState;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolSettings;

/**
 * A connection with what the pool remembers of it.
 * <p>
 * Whoever opened it or took it out of its store has it: the borrower, or the pool between
 * two borrows. Nobody else writes its times.
 */
final class PooledConnection {

	private static final AtomicLong NUMBERS = new AtomicLong();

	/**
	 * Within this time a server seldom closes a connection that it has just answered on.
	 */
	private static final long UNWATCHED_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

	private final Lendable connection;

	private final ConnectionStore store;

	private final long number = NUMBERS.incrementAndGet();

	private final int generation;

	private final long createdNanos;

	private final long maxAgeNanos;

	private volatile PooledObjectState state = PooledObjectState.ALLOCATED;

	private volatile long usedNanos;

	private volatile long heardNanos;

	// For the log only.
	private int leases;

	PooledConnection(Lendable connection, ConnectionStore store, int generation, long now, PoolSettings settings) {
		this.connection = connection;
		this.store = store;
		this.generation = generation;
		this.createdNanos = now;
		this.usedNanos = now;
		this.heardNanos = now;
		this.maxAgeNanos = withJitter(settings.getMaxLifetime().toNanos());
	}

	/**
	 * Up to a tenth less, so that connections which were opened together are not replaced
	 * together.
	 */
	private static long withJitter(long nanos) {
		return (nanos > 0) ? nanos - ThreadLocalRandom.current().nextLong(nanos / 10 + 1) : Long.MAX_VALUE;
	}

	Lendable connection() {
		return this.connection;
	}

	ConnectionStore store() {
		return this.store;
	}

	/**
	 * Changes the state, which only whoever has the connection does.
	 * @param state the new state
	 */
	void state(PooledObjectState state) {
		this.state = state;
	}

	/**
	 * Why this connection must not be lent or kept, apart from being idle for long.
	 * @param now the current time in nanoseconds
	 * @param currentGeneration the generation that is not retired
	 * @return the reason, or {@code null} if it is fine
	 */
	@Nullable CloseReason reasonToClose(long now, int currentGeneration) {
		if (!this.connection.isOpen()) {
			return CloseReason.BROKEN;
		}
		if (this.generation != currentGeneration) {
			return CloseReason.RETIRED;
		}
		return (now - this.createdNanos > this.maxAgeNanos) ? CloseReason.MAX_LIFETIME : null;
	}

	/**
	 * Looks whether the peer has closed the connection, unless it was in use just now.
	 * @param now the current time in nanoseconds
	 * @return {@code false} if only a probe can tell
	 */
	boolean look(long now) {
		try {
			return now - this.usedNanos <= UNWATCHED_NANOS || this.connection.look();
		}
		catch (RuntimeException | Error ex) {
			return false;
		}
	}

	/**
	 * When a borrower had it last, or when it was opened.
	 * @return the time in nanoseconds
	 */
	long usedNanos() {
		return this.usedNanos;
	}

	void used(long now) {
		this.usedNanos = now;
		this.heardNanos = now;
		this.leases++;
	}

	/**
	 * When the peer was last known to answer on it.
	 * @return the time in nanoseconds
	 */
	long heardNanos() {
		return this.heardNanos;
	}

	void heard(long now) {
		this.heardNanos = now;
	}

	/**
	 * The connection in a line of the log.
	 * @param now the current time in nanoseconds
	 * @return its number, by which it can be followed, its state, age and use
	 */
	String describe(long now) {
		return "connection %d (%s, age=%d ms, leases=%d)".formatted(this.number,
				this.state.name().toLowerCase(Locale.ROOT), Duration.ofNanos(now - this.createdNanos).toMillis(),
				this.leases);
	}

}
