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

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.protocol.TransactionalCommand;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.transport.FailedCommands;
import io.github.lettucepool.internal.transport.WriteQueue;

/**
 * Saves a transaction its second round trip. A connection that sends EXEC sends the MULTI
 * of the next transaction behind it. Whoever then begins one finds it begun, and what the
 * server would only queue is held back and leaves with EXEC in one write.
 * <p>
 * Nobody's commands are sent before the server has accepted a MULTI, as nobody waits for
 * less: a user who has lost the right to it never runs them outside of a transaction.
 * Whoever sends anything but MULTI sends DISCARD before it. If the server refuses that,
 * it would queue the commands behind it: they fail, and the connection is closed.
 * <p>
 * One thread at a time sends commands; Lettuce may send AUTH from another. No command of
 * one may go between the DISCARD and the command of the other.
 */
final class NextTransaction {

	/**
	 * After one that nobody wanted, so many transactions begin none; nor do those of a
	 * user who has watched keys, which is not possible in a transaction.
	 */
	private static final int UNWANTED = 8;

	/**
	 * So many commands are held back at most.
	 */
	private static final int HELD = 256;

	private final Channel channel;

	private final WriteQueue writes;

	// Guarded by this, as the next two.
	private @Nullable Begun begun;

	private int unwanted;

	private final List<RedisCommand<?, ?, ?>> held = new ArrayList<>();

	/**
	 * Creates one that has begun nothing.
	 * @param channel the connection
	 * @param unsent takes the commands that cannot be sent over it
	 */
	NextTransaction(Channel channel, Consumer<RedisCommand<?, ?, ?>> unsent) {
		this.channel = channel;
		this.writes = new WriteQueue(channel, unsent, TrackedCommand::notSent);
	}

	/**
	 * Sends a command.
	 * @param command the command
	 */
	synchronized void write(RedisCommand<?, ?, ?> command) {
		Begun begun = this.begun;
		this.begun = null;
		if (begun != null && begun.isRefused()) {
			begun = null;
		}
		CommandEffect effect = TrackedCommand.effect(command);
		if (begun != null && effect == CommandEffect.OPENS_TRANSACTION) {
			begun.serve(command);
			return;
		}
		if (begun != null) {
			this.unwanted = UNWANTED;
			this.writes.hold(new Discard());
		}
		boolean onlyQueued = isOnlyQueued(command);
		need(command, onlyQueued);
		this.writes.hold(command);
		if (effect == CommandEffect.WATCHES) {
			this.unwanted = Math.max(1, this.unwanted);
		}
		else if (effect == CommandEffect.ENDS_TRANSACTION && command.getType() == CommandType.EXEC
				&& this.unwanted-- <= 0) {
			this.unwanted = 0;
			Begun next = new Begun();
			this.begun = next;
			this.writes.hold(next);
		}
		if (onlyQueued) {
			this.held.add(command);
		}
		else if (command.getType() == CommandType.DISCARD) {
			// Lettuce has cancelled them: they are not sent at all.
			this.held.forEach((unsent) -> need(unsent, false));
		}
		// Nobody sends what is held when the connection has been lost.
		if (onlyQueued && this.held.size() < HELD && this.channel.isActive()) {
			return;
		}
		this.held.clear();
		this.writes.send();
	}

	private static void need(RedisCommand<?, ?, ?> command, boolean needed) {
		if (command instanceof TrackedCommand<?, ?, ?> tracked) {
			tracked.needed(needed);
		}
	}

	/**
	 * Gives back what is held, since the connection is lost.
	 */
	void lost() {
		this.writes.send();
	}

	/**
	 * Lettuce completes such a command with EXEC or DISCARD.
	 */
	static boolean isOnlyQueued(RedisCommand<?, ?, ?> command) {
		return CommandWrapper.unwrap(command, TransactionalCommand.class) != null
				&& command.getType() != CommandType.EXEC;
	}

	/**
	 * A MULTI that nobody has asked for yet.
	 */
	private static final class Begun extends Command<String, String, String> {

		private static final ByteBuffer OK = ByteBuffer.wrap("OK".getBytes(StandardCharsets.US_ASCII))
			.asReadOnlyBuffer();

		/**
		 * The MULTI of who asks; this object itself once the server has answered.
		 */
		private final AtomicReference<@Nullable RedisCommand<?, ?, ?>> asks = new AtomicReference<>();

		private volatile @Nullable Throwable failure;

		private Begun() {
			super(CommandType.MULTI, new StatusOutput<>(StringCodec.ASCII));
		}

		private boolean isRefused() {
			return this.asks.get() == this && (this.failure != null || getOutput().hasError());
		}

		private void serve(RedisCommand<?, ?, ?> command) {
			if (!this.asks.compareAndSet(null, command)) {
				answer(command);
			}
		}

		private void answer(RedisCommand<?, ?, ?> command) {
			Throwable failure = this.failure;
			if (failure != null) {
				FailedCommands.fail(command, failure);
				return;
			}
			CommandOutput<?, ?, ?> output = command.getOutput();
			if (getOutput().hasError()) {
				output.setError(getOutput().getError());
			}
			else {
				output.set(OK.duplicate());
			}
			command.complete();
		}

		private void answered() {
			RedisCommand<?, ?, ?> command = this.asks.getAndSet(this);
			if (command != null && command != this) {
				answer(command);
			}
		}

		@Override
		public void complete() {
			super.complete();
			answered();
		}

		@Override
		public boolean completeExceptionally(Throwable throwable) {
			this.failure = throwable;
			boolean completed = super.completeExceptionally(throwable);
			answered();
			return completed;
		}

		@Override
		public void cancel() {
			completeExceptionally(new RedisConnectionException("The connection was closed before the reply arrived"));
		}

	}

	/**
	 * Ends a transaction that nobody wanted.
	 */
	private final class Discard extends Command<String, String, String> {

		private Discard() {
			super(CommandType.DISCARD, new StatusOutput<>(StringCodec.ASCII));
		}

		@Override
		public void complete() {
			super.complete();
			String error = getOutput().getError();
			if (error != null && !ConnectionTracker.isWithoutTransaction(error)) {
				refused(error);
			}
		}

		/**
		 * On the event loop, before it reads the next reply.
		 */
		private void refused(String error) {
			Channel channel = NextTransaction.this.channel;
			RedisConnectionException cause = new RedisConnectionException(
					"The connection is closed, since a transaction could not be ended: " + error);
			CommandHandler handler = channel.pipeline().get(CommandHandler.class);
			if (handler != null) {
				List.copyOf(handler.getStack()).forEach((command) -> FailedCommands.fail(command, cause));
			}
			channel.close();
		}

	}

}
