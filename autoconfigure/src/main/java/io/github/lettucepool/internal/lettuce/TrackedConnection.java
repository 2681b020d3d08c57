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

package io.github.lettucepool.internal.lettuce;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.internal.driven.DrivenEventLoop;
import io.github.lettucepool.internal.pool.Lease;
import io.github.lettucepool.internal.pool.Lendable;
import io.github.lettucepool.internal.transport.Ping;

/**
 * A connection that knows its own state, so that the pool can lend it.
 */
public interface TrackedConnection extends Lendable {

	/**
	 * The effects of the connection's commands.
	 * @return the tracker
	 */
	ConnectionTracker tracker();

	/**
	 * The event loop that the connection's user drives.
	 * @return the event loop; {@code null} if the connection has one of the ordinary kind
	 */
	default @Nullable DrivenEventLoop eventLoop() {
		return null;
	}

	@Override
	default boolean look() {
		DrivenEventLoop eventLoop = eventLoop();
		return eventLoop == null || eventLoop.look();
	}

	@Override
	default void usedBy(@Nullable Thread user) {
		DrivenEventLoop eventLoop = eventLoop();
		if (eventLoop != null) {
			eventLoop.usedBy(user);
		}
	}

	@Override
	default CompletableFuture<@Nullable CloseReason> probe() {
		return Ping.send((StatefulConnection<?, ?>) this).thenApply(TrackedConnection::reasonToClose);
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

	@Override
	default @Nullable CloseReason reasonToClose() {
		ConnectionTracker tracker = tracker();
		// In a cluster, nobody knows on which of its nodes' connections something was
		// left behind.
		boolean cleanable = this instanceof StatefulRedisConnection<?, ?>;
		if (tracker.isReplyOutstanding() && !(cleanable && tracker.isTransactionOpen())) {
			// In a transaction the server answers QUEUED at once, before the DISCARD that
			// follows: that is worth waiting for.
			return CloseReason.REPLY_OUTSTANDING;
		}
		if (tracker.isUnclean() || (!cleanable && tracker.isChanged())) {
			return CloseReason.UNCLEAN;
		}
		return tracker.forgetReadOnly() ? CloseReason.READ_ONLY : null;
	}

	@Override
	default @Nullable CompletableFuture<@Nullable CloseReason> putInOrder() {
		ConnectionTracker tracker = tracker();
		if (tracker.isAutoFlushOff()) {
			((StatefulConnection<?, ?>) this).setAutoFlushCommands(true);
		}
		if (!tracker.isChanged()) {
			return null;
		}
		// A changed connection to a cluster is closed.
		TrackedRedisConnection<?, ?> redis = (TrackedRedisConnection<?, ?>) this;
		List<CompletableFuture<?>> answers = new ArrayList<>(2);
		if (tracker.isTransactionOpen()) {
			answers.add(discard(redis));
		}
		else if (tracker.isWatching()) {
			answers.add(redis.async().unwatch().toCompletableFuture());
		}
		if (tracker.isDatabaseSelected()) {
			answers
				.add(redis.async().select(redis.database()).thenRun(tracker::databaseRestored).toCompletableFuture());
		}
		return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).handle((ignored, ex) -> {
			if (ex == null) {
				return reasonToClose();
			}
			return switch (Ping.Result.of(ex)) {
				case SILENT -> CloseReason.REPLY_OUTSTANDING;
				case LOST -> CloseReason.BROKEN;
				case ALIVE, UNAUTHENTICATED -> CloseReason.UNCLEAN;
			};
		});
	}

	/**
	 * Ends a transaction, and the watch of keys with it. An EXEC that the server answered
	 * late may have ended the transaction meanwhile, but not a WATCH that came after it.
	 */
	private static CompletableFuture<?> discard(TrackedRedisConnection<?, ?> redis) {
		return redis.async()
			.discard()
			.exceptionallyCompose((ex) -> ConnectionTracker.isWithoutTransaction(ex.getMessage())
					? redis.async().unwatch() : CompletableFuture.failedFuture(ex))
			.toCompletableFuture();
	}

	@Override
	default void lentBy(@Nullable Lease lease) {
		tracker().lentBy(lease);
	}

}
