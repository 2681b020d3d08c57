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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.driven.DrivenEventLoop;
import io.github.lettucepool.writes.Ping;

/**
 * A connection of the exclusive lane with what the pool remembers of it.
 * <p>
 * Whoever has taken it out of its {@link ConnectionStore} owns it and is the only one who
 * writes its times; flags that other threads set are volatile.
 */
final class PooledConnection {

	private static final AtomicLong NUMBERS = new AtomicLong();

	/**
	 * Within this time a server seldom closes a connection that it has just answered on.
	 */
	static final long UNWATCHED_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

	private final StatefulConnection<?, ?> connection;

	private final @Nullable ConnectionTracker tracker;

	private final ConnectionStore store;

	private final long number = NUMBERS.incrementAndGet();

	private final int generation;

	private final long createdNanos = System.nanoTime();

	private final long maxAgeNanos;

	private volatile long usedNanos = this.createdNanos;

	private volatile long heardNanos = this.createdNanos;

	// For the log only.
	private int leases;

	private volatile boolean inStore = true;

	private volatile boolean broken;

	private volatile @Nullable Lease lease;

	PooledConnection(StatefulConnection<?, ?> connection, ConnectionStore store, int generation,
			PoolSettings settings) {
		this.connection = connection;
		this.tracker = (connection instanceof TrackedConnection tracked) ? tracked.tracker() : null;
		this.store = store;
		this.generation = generation;
		this.maxAgeNanos = withJitter(settings.getMaxLifetime().toNanos());
	}

	/**
	 * Up to a tenth less, so that connections which were opened together are not replaced
	 * together.
	 */
	private static long withJitter(long nanos) {
		return (nanos > 0) ? nanos - ThreadLocalRandom.current().nextLong(nanos / 10 + 1) : Long.MAX_VALUE;
	}

	StatefulConnection<?, ?> connection() {
		return this.connection;
	}

	ConnectionStore store() {
		return this.store;
	}

	/**
	 * Why this connection must not be lent or kept, apart from being idle for long.
	 * @param now the current time in nanoseconds
	 * @param currentGeneration the generation that is not retired
	 * @return the reason, or {@code null} if it is fine
	 */
	@Nullable CloseReason reasonToClose(long now, int currentGeneration) {
		if (this.broken || !this.connection.isOpen()) {
			return CloseReason.BROKEN;
		}
		if (this.generation != currentGeneration) {
			return CloseReason.RETIRED;
		}
		return (now - this.createdNanos > this.maxAgeNanos) ? CloseReason.MAX_LIFETIME : null;
	}

	/**
	 * Why a connection must not be lent or kept after a PING.
	 * @param result what became of the PING
	 * @return the reason, or {@code null} if it is fine
	 */
	static @Nullable CloseReason reasonToClose(Ping.Result result) {
		return switch (result) {
			case ALIVE -> null;
			case UNAUTHENTICATED -> CloseReason.UNAUTHENTICATED;
			case LOST -> CloseReason.BROKEN;
			case SILENT -> CloseReason.VALIDATION_FAILED;
		};
	}

	/**
	 * What a borrower left behind that the pool does not put back.
	 * @return the reason to close the connection, or {@code null}
	 */
	@Nullable CloseReason reasonToCloseOnReturn() {
		ConnectionTracker tracker = this.tracker;
		if (tracker == null) {
			boolean open = this.connection instanceof StatefulRedisConnection<?, ?> redis && redis.isMulti();
			return open ? CloseReason.UNCLEAN : null;
		}
		if (tracker.isReplyOutstanding() && !(isCleanable() && tracker.isTransactionOpen())) {
			// In a transaction the server answers QUEUED at once, before the DISCARD that
			// follows: that is worth waiting for.
			return CloseReason.REPLY_OUTSTANDING;
		}
		return (tracker.isUnclean() || (!isCleanable() && tracker.isChanged())) ? CloseReason.UNCLEAN : null;
	}

	/**
	 * In a cluster, nobody knows on which of its nodes' connections something was left
	 * behind.
	 */
	private boolean isCleanable() {
		return this.connection instanceof StatefulRedisConnection<?, ?>;
	}

	@Nullable ConnectionTracker tracker() {
		return this.tracker;
	}

	CompletableFuture<Void> close() {
		return (this.connection instanceof TrackedConnection tracked) ? tracked.closeForGood()
				: this.connection.closeAsync();
	}

	void markBroken() {
		this.broken = true;
	}

	/**
	 * Says which thread will wait for the replies.
	 * @param user the thread, or {@code null} if none will
	 */
	void usedBy(@Nullable Thread user) {
		DrivenEventLoop eventLoop = eventLoop();
		if (eventLoop != null) {
			eventLoop.usedBy(user);
		}
	}

	/**
	 * Finds out whether the server has closed the connection meanwhile, where nobody has
	 * watched it. Does not wait.
	 * @param now the current time in nanoseconds
	 * @return {@code false} if that can be found out by a PING only
	 */
	boolean look(long now) {
		DrivenEventLoop eventLoop = eventLoop();
		return eventLoop == null || now - this.usedNanos <= UNWATCHED_NANOS || eventLoop.look();
	}

	private @Nullable DrivenEventLoop eventLoop() {
		return (this.connection instanceof TrackedConnection tracked) ? tracked.eventLoop() : null;
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
	 * When the server was last known to answer on it.
	 * @return the time in nanoseconds
	 */
	long heardNanos() {
		return this.heardNanos;
	}

	void heard(long now) {
		this.heardNanos = now;
	}

	boolean isInStore() {
		return this.inStore;
	}

	void leaveStore() {
		this.inStore = false;
	}

	void enterStore() {
		this.inStore = true;
	}

	@Nullable Lease lease() {
		return this.lease;
	}

	void lease(@Nullable Lease lease) {
		this.lease = lease;
	}

	/**
	 * The connection in a line of the log, which can be followed by its number.
	 */
	@Override
	public String toString() {
		Duration age = Duration.ofNanos(System.nanoTime() - this.createdNanos);
		return "connection %d (age=%d ms, leases=%d)".formatted(this.number, age.toMillis(), this.leases);
	}

}
