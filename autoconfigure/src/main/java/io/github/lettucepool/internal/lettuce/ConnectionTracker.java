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

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.protocol.DemandAware;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.pool.Lease;
import io.github.lettucepool.internal.transport.ReadOnlyErrors;

/**
 * Knows what one connection's commands did to it: how many replies are outstanding, and
 * which state a later borrower would inherit.
 * <p>
 * A flag is raised when a command is sent and lowered when the server has answered, not
 * before: only then is the connection known to be clean. Thread-safe.
 */
public final class ConnectionTracker {

	private static final int MULTI = 1;

	private static final int WATCH = 1 << 1;

	private static final int DATABASE = 1 << 2;

	private static final int UNCLEAN = 1 << 3;

	private static final int READ_ONLY = 1 << 4;

	private static final int AUTO_FLUSH_OFF = 1 << 5;

	/**
	 * Above the flags: the number of the last MULTI or WATCH. An EXEC that was sent
	 * before it does not end what it began.
	 */
	private static final int BEGINNING_SHIFT = 8;

	private final Router router;

	private final AtomicInteger outstanding = new AtomicInteger();

	private final AtomicInteger state = new AtomicInteger();

	private volatile @Nullable Thread waiting;

	private volatile @Nullable Lease lease;

	/**
	 * Creates a tracker.
	 * @param router is told what becomes of the connection's commands
	 */
	public ConnectionTracker(Router router) {
		this.router = router;
	}

	void failed(Throwable cause) {
		if (cause instanceof RedisCommandTimeoutException) {
			this.router.timedOut();
		}
		else if (!(cause instanceof RedisCommandExecutionException)) {
			this.router.unanswered(cause);
		}
	}

	Router router() {
		return this.router;
	}

	/**
	 * Wraps a command that is about to be sent.
	 * @param command the command
	 * @return the command to send instead
	 */
	public <K, V, T> RedisCommand<K, V, T> track(RedisCommand<K, V, T> command) {
		CommandEffect effect = CommandEffect.of(command);
		switch (effect) {
			case OPENS_TRANSACTION -> begin(MULTI);
			case WATCHES -> begin(WATCH);
			case SELECTS -> raise(DATABASE);
			case SPOILS, UNANSWERED -> raise(UNCLEAN);
			default -> {
			}
		}
		this.outstanding.incrementAndGet();
		int beginning = this.state.get() >>> BEGINNING_SHIFT;
		return (command instanceof DemandAware.Sink) ? new TrackedCommand.Streaming<>(command, this, effect, beginning)
				: new TrackedCommand<>(command, this, effect, beginning);
	}

	/**
	 * The server answered, or nothing will ever answer.
	 * @param effect what the command does to its connection
	 * @param beginning the number of the last MULTI or WATCH that was sent before it
	 * @param error the server's error, or {@code null}
	 */
	void answered(CommandEffect effect, int beginning, @Nullable String error) {
		if (effect == CommandEffect.ENDS_TRANSACTION) {
			// Where they end nothing, there may be a WATCH; and where they are not
			// allowed,
			// both stay.
			if (isWithoutTransaction(error)) {
				end(MULTI, beginning);
			}
			else if (error == null || error.startsWith("EXECABORT")) {
				end(MULTI | WATCH, beginning);
			}
		}
		else if (effect == CommandEffect.UNWATCHES && error == null && !is(MULTI)) {
			end(WATCH, beginning);
		}
		if (error != null && ReadOnlyErrors.isOne(error)) {
			raise(READ_ONLY);
		}
		notSent(1);
	}

	/**
	 * Commands that were tracked are not sent at all.
	 * @param commands how many
	 */
	void notSent(int commands) {
		if (this.outstanding.addAndGet(-commands) == 0) {
			// Does nothing if nobody waits.
			LockSupport.unpark(this.waiting);
		}
	}

	/**
	 * Returns whether the server answered an EXEC or DISCARD that there is no transaction
	 * to end.
	 * @param error the server's error, or {@code null}
	 * @return whether it did
	 */
	static boolean isWithoutTransaction(@Nullable String error) {
		return error != null && error.contains("without MULTI");
	}

	/**
	 * Waits until no reply is outstanding. It may be too short: whoever needs a certain
	 * reply waits for that then.
	 * @param nanos for how long at most, in nanoseconds
	 */
	void awaitReplies(long nanos) {
		long end = System.nanoTime() + nanos;
		this.waiting = Thread.currentThread();
		long left = nanos;
		while (isReplyOutstanding() && left > 0 && !Thread.currentThread().isInterrupted()) {
			LockSupport.parkNanos(this, left);
			left = end - System.nanoTime();
		}
		this.waiting = null;
	}

	public void autoFlush(boolean on) {
		if (on) {
			lower(AUTO_FLUSH_OFF);
		}
		else {
			raise(AUTO_FLUSH_OFF);
		}
	}

	/**
	 * Returns how many commands were sent and are not answered.
	 * @return the number
	 */
	public int outstanding() {
		return this.outstanding.get();
	}

	public boolean isReplyOutstanding() {
		return outstanding() != 0;
	}

	boolean isTransactionOpen() {
		return is(MULTI);
	}

	boolean isWatching() {
		return is(WATCH);
	}

	boolean isDatabaseSelected() {
		return is(DATABASE);
	}

	/**
	 * Returns whether a later borrower would inherit anything but outstanding replies.
	 * @return whether it would
	 */
	boolean isMarked() {
		return is(MULTI | WATCH | DATABASE | UNCLEAN | AUTO_FLUSH_OFF);
	}

	/**
	 * Returns whether a transaction is open, keys are watched or a database was selected.
	 * @return {@code true} if any of them is so
	 */
	boolean isChanged() {
		return is(MULTI | WATCH | DATABASE);
	}

	boolean isAutoFlushOff() {
		return is(AUTO_FLUSH_OFF);
	}

	boolean isUnclean() {
		return is(UNCLEAN);
	}

	public boolean isReadOnly() {
		return is(READ_ONLY);
	}

	boolean forgetReadOnly() {
		boolean readOnly = is(READ_ONLY);
		lower(READ_ONLY);
		return readOnly;
	}

	void lentBy(@Nullable Lease lease) {
		this.lease = lease;
	}

	/**
	 * The lease by which the connection is lent.
	 * @return the lease, or {@code null} if it is not lent
	 */
	public @Nullable Lease lease() {
		return this.lease;
	}

	/**
	 * Gives the connection back, if it is lent: its borrower closes it.
	 * @return whether it was lent
	 */
	public boolean endLease() {
		Lease lease = this.lease;
		return lease != null && lease.end();
	}

	void databaseRestored() {
		lower(DATABASE);
	}

	private boolean is(int flag) {
		return (this.state.get() & flag) != 0;
	}

	private void begin(int flag) {
		this.state.updateAndGet((current) -> (current + (1 << BEGINNING_SHIFT)) | flag);
	}

	private void end(int flags, int beginning) {
		this.state.updateAndGet((current) -> (current >>> BEGINNING_SHIFT == beginning) ? current & ~flags : current);
	}

	private void raise(int flag) {
		this.state.updateAndGet((current) -> current | flag);
	}

	private void lower(int flag) {
		if (is(flag)) {
			this.state.updateAndGet((current) -> current & ~flag);
		}
	}

	/**
	 * The way of a connection's commands, which may lead to one of several nodes.
	 */
	public interface Router {

		/**
		 * A command has failed without an answer.
		 * @param cause what it failed with
		 */
		default void unanswered(Throwable cause) {
		}

		/**
		 * A command was not answered in time.
		 */
		default void timedOut() {
		}

		/**
		 * Returns whether a command that was not answered in time still counts as
		 * outstanding, since its reply must not meet anybody else.
		 * @return {@code false} on a connection that many share, where it is not heard of
		 * again
		 */
		default boolean awaitsLateReplies() {
			return true;
		}

		/**
		 * Sends a command again, if its answer says so.
		 * @param command the command, which has been answered
		 * @return whether it is sent again, and is not to be completed now
		 */
		default boolean sendAgain(TrackedCommand<?, ?, ?> command) {
			return false;
		}

	}

}
