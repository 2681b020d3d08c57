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
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.api.StatefulRedisConnection;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.writes.Ping;

/**
 * What happens to a connection that comes back: it is cleaned where its borrower left
 * something behind, and becomes idle, or it is closed. The permit is given back last.
 * Does not wait; a clean connection costs no round trip.
 */
final class Return {

	/**
	 * Of connections that answered READONLY, this many a second are closed. A whole pool
	 * must not be emptied by a burst of writes to a replica that is about to be promoted.
	 */
	private static final int READ_ONLY_CLOSES_PER_SECOND = 4;

	private final Connections connections;

	private final PermitQueue permits;

	private final RateLimit readOnlyCloses = new RateLimit(READ_ONLY_CLOSES_PER_SECOND);

	private volatile boolean stopped;

	Return(Connections connections, PermitQueue permits) {
		this.connections = connections;
		this.permits = permits;
	}

	/**
	 * Takes a connection back that a borrower has used.
	 * @param connection the connection
	 * @param now the current time in nanoseconds
	 */
	void used(PooledConnection connection, long now) {
		connection.usedBy(null);
		CloseReason reason = reasonToClose(connection, now);
		if (reason != null) {
			close(connection, reason);
			return;
		}
		connection.used(now);
		CompletableFuture<Void> cleaning = clean(connection);
		if (cleaning == null) {
			makeIdleIfAnswered(connection);
			return;
		}
		Duration timeout = this.connections.settings().getValidationTimeout();
		cleaning.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS).whenComplete((ignored, ex) -> {
			if (ex != null) {
				close(connection, reasonNotCleaned(ex));
			}
			else {
				makeIdleIfAnswered(connection);
			}
		});
	}

	private static CloseReason reasonNotCleaned(Throwable error) {
		return switch (Ping.Result.of(error)) {
			case SILENT -> CloseReason.REPLY_OUTSTANDING;
			case LOST -> CloseReason.BROKEN;
			case ALIVE, UNAUTHENTICATED -> CloseReason.UNCLEAN;
		};
	}

	/**
	 * A transaction may have ended just now, with replies to other commands still on
	 * their way.
	 */
	private void makeIdleIfAnswered(PooledConnection connection) {
		CloseReason reason = connection.reasonToCloseOnReturn();
		if (reason != null) {
			close(connection, reason);
		}
		else {
			makeIdle(connection);
		}
	}

	/**
	 * Takes a connection back that nobody used.
	 * @param connection the connection
	 */
	void unused(PooledConnection connection) {
		makeIdle(connection);
	}

	/**
	 * Takes a connection back that its borrower has lost. Somebody may still use what is
	 * below it, so it is not lent again.
	 * @param connection the connection
	 */
	void forgotten(PooledConnection connection) {
		close(connection, CloseReason.FORGOTTEN);
	}

	/**
	 * From now on, connections that come back are closed.
	 */
	void stop() {
		this.stopped = true;
	}

	private @Nullable CloseReason reasonToClose(PooledConnection connection, long now) {
		CloseReason reason = this.connections.reasonToClose(connection, now);
		if (reason == null) {
			reason = connection.reasonToCloseOnReturn();
		}
		ConnectionTracker tracker = connection.tracker();
		if (reason == null && tracker != null && tracker.isReadOnly()) {
			tracker.forgetReadOnly();
			return this.readOnlyCloses.tryAcquire(now) ? CloseReason.READ_ONLY : null;
		}
		return reason;
	}

	/**
	 * Puts back what the borrower changed.
	 * @return completes when the server has confirmed it; {@code null} if there was
	 * nothing to put back
	 */
	private @Nullable CompletableFuture<Void> clean(PooledConnection connection) {
		ConnectionTracker tracker = connection.tracker();
		if (tracker == null) {
			return null;
		}
		if (tracker.isAutoFlushOff()) {
			connection.connection().setAutoFlushCommands(true);
		}
		if (!(connection.connection() instanceof StatefulRedisConnection<?, ?> redis)) {
			return null;
		}
		List<CompletableFuture<?>> answers = new ArrayList<>(0);
		if (tracker.isTransactionOpen()) {
			answers.add(redis.async().discard().handle(Return::discarded).toCompletableFuture());
		}
		else if (tracker.isWatching()) {
			answers.add(redis.async().unwatch().toCompletableFuture());
		}
		if (tracker.isDatabaseSelected() && redis instanceof TrackedRedisConnection<?, ?> tracked) {
			answers
				.add(redis.async().select(tracked.database()).thenRun(tracker::databaseRestored).toCompletableFuture());
		}
		return answers.isEmpty() ? null : CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
	}

	/**
	 * An EXEC that the server answered late may have ended the transaction meanwhile.
	 */
	private static @Nullable String discarded(@Nullable String answer, @Nullable Throwable error) {
		if (error != null && !ConnectionTracker.isWithoutTransaction(error.getMessage())) {
			throw (error instanceof CompletionException wrapped) ? wrapped : new CompletionException(error);
		}
		return answer;
	}

	private void makeIdle(PooledConnection connection) {
		if (this.stopped) {
			close(connection, CloseReason.STOPPED);
		}
		else {
			CloseReason reason = this.connections.reasonNotToKeep();
			if (reason != null) {
				close(connection, reason);
				return;
			}
			connection.store().giveBack(connection);
			this.permits.release();
		}
	}

	private void close(PooledConnection connection, CloseReason reason) {
		this.connections.close(connection, reason).thenRun(this.permits::release);
	}

}
