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

package io.github.lettucepool.internal.lowlatency;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.internal.driven.DrivenEventLoop;
import io.github.lettucepool.internal.lettuce.TrackedConnection;
import io.github.lettucepool.internal.transport.Attempts;
import io.github.lettucepool.internal.transport.Ping;

/**
 * One low-latency connection, which carries one command at a time, or the place for it.
 * <p>
 * A slot is in one of four states. A caller who moves it out of {@code FREE} or
 * {@code EMPTY}, by compare-and-set, has it alone until it moves it back:
 * <ul>
 * <li>{@code EMPTY}, without a connection. The next caller makes it {@code PREPARING} and
 * opens one.</li>
 * <li>{@code PREPARING}: a connection is being opened, or one that was idle for long is
 * sent a PING. Then the slot is {@code FREE}, or {@code EMPTY} if that failed.</li>
 * <li>{@code FREE}: the next caller makes it {@code TAKEN}.</li>
 * <li>{@code TAKEN}: it carries a command, whose end makes it {@code FREE}, or closes the
 * connection and makes it {@code EMPTY}.</li>
 * </ul>
 * The fields without {@code volatile} belong to the caller who has the slot; the state
 * publishes them. Thread-safe.
 */
final class LowLatencySlot {

	/**
	 * Within this time a server seldom closes a connection that it has just answered on.
	 */
	private static final long UNWATCHED_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

	private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

	private final Supplier<CompletionStage<StatefulConnection<?, ?>>> opener;

	private final PoolSettings settings;

	private final PoolListener listener;

	private final BooleanSupplier demoted;

	private final AtomicReference<State> state = new AtomicReference<>(State.EMPTY);

	// Written by the caller who has the slot.
	private volatile @Nullable TrackedConnection connection;

	private long openedNanos;

	private long usedNanos;

	private volatile long retiredNanos = System.nanoTime();

	private volatile CloseReason retiredFor = CloseReason.RETIRED;

	private volatile long failedNanos = System.nanoTime() - RETRY_NANOS;

	LowLatencySlot(Supplier<CompletionStage<StatefulConnection<?, ?>>> opener, PoolSettings settings,
			PoolListener listener, BooleanSupplier demoted) {
		this.opener = opener;
		this.settings = settings;
		this.listener = listener;
		this.demoted = demoted;
	}

	/**
	 * Takes the slot for one command.
	 * @param now the current time in nanoseconds
	 * @param opening whether to open a connection if there is none
	 * @return the outcome
	 */
	Attempt take(long now, boolean opening) {
		State state = this.state.get();
		if (state == State.FREE && this.state.compareAndSet(State.FREE, State.TAKEN)) {
			try {
				return check(now) ? Attempt.TAKEN : Attempt.PREPARING;
			}
			catch (RuntimeException | Error ex) {
				discard(CloseReason.BROKEN);
				throw ex;
			}
		}
		if (state == State.EMPTY && opening && now - this.failedNanos >= RETRY_NANOS
				&& this.state.compareAndSet(State.EMPTY, State.PREPARING)) {
			open(now);
		}
		return (state == State.EMPTY || state == State.PREPARING) ? Attempt.PREPARING : Attempt.BUSY;
	}

	/**
	 * On a connection that was idle for long nobody waits: a PING finds out whether it is
	 * still there, while the command takes another way.
	 */
	private boolean check(long now) {
		TrackedConnection connection = taken();
		if (!isThere(connection, now)) {
			discard(CloseReason.BROKEN);
			return false;
		}
		if (now - this.openedNanos > this.settings.getMaxLifetime().toNanos()
				&& !this.settings.getMaxLifetime().isZero()) {
			discard(CloseReason.MAX_LIFETIME);
			return false;
		}
		if (now - this.usedNanos <= this.settings.getValidateAfterIdle().toNanos()) {
			return true;
		}
		this.state.set(State.PREPARING);
		Ping.send((StatefulConnection<?, ?>) connection, this.settings.getValidationTimeout()).thenAccept((result) -> {
			CloseReason failure = TrackedConnection.reasonToClose(result);
			if (failure == null) {
				this.usedNanos = System.nanoTime();
				free();
			}
			else {
				discard(failure);
			}
		});
		return false;
	}

	private boolean isThere(TrackedConnection connection, long now) {
		if (now - this.usedNanos > UNWATCHED_NANOS) {
			connection.look();
		}
		return connection.isOpen();
	}

	private void open(long start) {
		Attempts.begin(this.opener).whenComplete((connection, ex) -> {
			if (connection instanceof TrackedConnection tracked) {
				// Retired since then, it leads to where it should not.
				this.openedNanos = start;
				this.usedNanos = System.nanoTime();
				this.listener.opened(this.usedNanos - start);
				this.connection = tracked;
				free();
			}
			else {
				failed(ex);
			}
		});
	}

	private void failed(@Nullable Throwable ex) {
		this.listener.connectFailed((ex != null) ? ex : new IllegalStateException("No connection"));
		this.failedNanos = System.nanoTime();
		this.state.set(State.EMPTY);
	}

	/**
	 * The connection, for one who has the slot: it is there until they discard it.
	 */
	private TrackedConnection taken() {
		return Objects.requireNonNull(this.connection);
	}

	@Nullable DrivenEventLoop eventLoop() {
		return taken().eventLoop();
	}

	/**
	 * Sends a command.
	 * @param command the command, whose end releases the slot
	 */
	@SuppressWarnings("unchecked")
	<K, V, T> void send(LowLatencyCommand<K, V, T> command) {
		TrackedConnection connection = taken();
		connection.usedBy(Thread.currentThread());
		((StatefulConnection<K, V>) connection).dispatch((RedisCommand<K, V, T>) command);
	}

	/**
	 * Makes the slot free for the next command. If a reply is outstanding, the connection
	 * is closed, so that nobody gets it.
	 */
	void release() {
		TrackedConnection connection = taken();
		if (!connection.isOpen()) {
			discard(CloseReason.BROKEN);
		}
		else if (connection.tracker().isReplyOutstanding()) {
			discard(CloseReason.REPLY_OUTSTANDING);
		}
		else if (connection.tracker().isReadOnly() && this.demoted.getAsBoolean()) {
			discard(CloseReason.READ_ONLY);
		}
		else if (this.openedNanos - this.retiredNanos < 0) {
			discard(this.retiredFor);
		}
		else {
			this.usedNanos = System.nanoTime();
			free();
		}
	}

	/**
	 * Frees the slot, and closes a connection that was retired when it was not free.
	 */
	private void free() {
		long opened = this.openedNanos;
		this.state.set(State.FREE);
		if (opened - this.retiredNanos < 0) {
			closeIdle(this.retiredFor, 0);
		}
	}

	/**
	 * Closes the connection, as soon as it carries no command, and each one that arrives
	 * later.
	 * @return completes when it is closed; at once if it carries a command
	 */
	CompletableFuture<Void> stop() {
		this.retiredFor = CloseReason.STOPPED;
		this.retiredNanos = System.nanoTime() + Long.MAX_VALUE / 2;
		return closeIdle(CloseReason.STOPPED, 0);
	}

	/**
	 * Closes the connection, as soon as it carries no command.
	 * @param reason why
	 */
	void retire(CloseReason reason) {
		this.retiredFor = reason;
		this.retiredNanos = System.nanoTime();
		closeIdle(reason, 0);
	}

	/**
	 * Closes the connection if it is idle and a condition holds.
	 * @param reason why
	 * @param idleNanos for how long it must have been idle
	 * @return completes when it is closed, at once if it is not to be
	 */
	CompletableFuture<Void> closeIdle(CloseReason reason, long idleNanos) {
		if (this.state.compareAndSet(State.FREE, State.TAKEN)) {
			if (System.nanoTime() - this.usedNanos >= idleNanos) {
				return discard(reason);
			}
			free();
		}
		return CompletableFuture.completedFuture(null);
	}

	private CompletableFuture<Void> discard(CloseReason reason) {
		TrackedConnection connection = taken();
		this.connection = null;
		this.listener.closed(reason);
		CompletableFuture<Void> closed = Attempts.begin(connection::closeForGood);
		this.state.set(State.EMPTY);
		return closed;
	}

	boolean isOpen() {
		TrackedConnection connection = this.connection;
		return connection != null && connection.isOpen();
	}

	/**
	 * The outcomes of an attempt to take a slot.
	 */
	enum Attempt {

		/**
		 * The caller has it.
		 */
		TAKEN,

		/**
		 * Somebody else has it.
		 */
		BUSY,

		/**
		 * Nobody has it; it is being made ready, or will be by a later caller.
		 */
		PREPARING

	}

	private enum State {

		EMPTY, PREPARING, FREE, TAKEN

	}

}
