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

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.DemandAware;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.transport.FailedCommands;

/**
 * A command on its way, seen from the connection: tells the tracker when the server has
 * answered it.
 * <p>
 * It is the outermost wrapper. A caller that gives up cancels what is inside, so this
 * object still hears of the reply that comes later; a timeout of Lettuce's own completes
 * it without an answer, and does not count as one.
 */
public class TrackedCommand<K, V, T> extends CommandWrapper<K, V, T> {

	private static final List<String> LOSSES = List.of("Connection closed", "Connection is closed",
			"Currently not connected");

	@SuppressWarnings("rawtypes")
	private static final AtomicIntegerFieldUpdater<TrackedCommand> ANSWERED = AtomicIntegerFieldUpdater
		.newUpdater(TrackedCommand.class, "answered");

	private final ConnectionTracker tracker;

	private final CommandEffect effect;

	private final int beginning;

	// Written through ANSWERED only.
	@SuppressWarnings("UnusedVariable")
	private volatile int answered;

	// Answers come one after the other.
	private int sentAgain;

	private volatile boolean needed;

	TrackedCommand(RedisCommand<K, V, T> command, ConnectionTracker tracker, CommandEffect effect, int beginning) {
		super(command);
		this.tracker = tracker;
		this.effect = effect;
		this.beginning = beginning;
	}

	/**
	 * Callers look for Lettuce's own future in what they get back.
	 */
	static <K, V, T> RedisCommand<K, V, T> untracked(RedisCommand<K, V, T> command) {
		return (command instanceof TrackedCommand<K, V, T> tracked) ? tracked.getDelegate() : command;
	}

	/**
	 * Returns the effect of a command, which is known already if it is tracked.
	 * @param command the command
	 * @return the effect
	 */
	static CommandEffect effect(RedisCommand<?, ?, ?> command) {
		return (command instanceof TrackedCommand<?, ?, ?> tracked) ? tracked.effect : CommandEffect.of(command);
	}

	/**
	 * Says that a command was cancelled before it was sent: no reply will come.
	 * @param command the command
	 */
	static void notSent(RedisCommand<?, ?, ?> command) {
		if (command instanceof TrackedCommand<?, ?, ?> tracked && ANSWERED.compareAndSet(tracked, 0, 1)) {
			tracked.tracker.notSent(1);
		}
	}

	/**
	 * Says whether the command has to be sent even if its caller does not wait any more,
	 * or has cancelled it: as a part of a transaction, whose replies are told apart by
	 * their order.
	 * @param needed whether it has
	 */
	void needed(boolean needed) {
		this.needed = needed;
	}

	/**
	 * Lettuce sends nothing that is done.
	 */
	@Override
	public boolean isDone() {
		return !this.needed && super.isDone();
	}

	/**
	 * Returns whether its connection has something that a later borrower would inherit.
	 * @return whether it has
	 */
	boolean isMarked() {
		return this.tracker.isMarked();
	}

	/**
	 * Returns how many times it was sent again.
	 * @return the number, this time included
	 */
	public int sentAgain() {
		return ++this.sentAgain;
	}

	@Override
	public void complete() {
		this.needed = false;
		if (this.tracker.router().sendAgain(this)) {
			return;
		}
		CommandOutput<K, V, T> output = getOutput();
		answered((output != null && output.hasError()) ? output.getError() : null);
		super.complete();
	}

	/**
	 * Spring Data takes only some exceptions for the loss of a connection, and knows none
	 * of those that a future adds.
	 */
	@Override
	public boolean completeExceptionally(Throwable error) {
		Throwable throwable = FailedCommands.unwrap(error);
		boolean cancelled = throwable instanceof CancellationException;
		boolean late = throwable instanceof RedisCommandTimeoutException && this.tracker.router().awaitsLateReplies();
		if (!cancelled && !late) {
			answered(null);
		}
		if (!cancelled) {
			this.tracker.failed(throwable);
		}
		return super.completeExceptionally(isLoss(throwable)
				? new RedisConnectionException("The connection was lost before the reply arrived", throwable)
				: throwable);
	}

	/**
	 * Lettuce has no type of its own for what it says of commands that it cannot send, or
	 * that were under way when the server closed the connection.
	 */
	static boolean isLoss(Throwable throwable) {
		return throwable instanceof IOException || (throwable.getClass() == RedisException.class
				&& LOSSES.stream().anyMatch(String.valueOf(throwable.getMessage())::startsWith));
	}

	/**
	 * Called by Lettuce for commands that are lost with their connection. The caller gets
	 * told what happened, instead of a bare cancellation.
	 */
	@Override
	public void cancel() {
		completeExceptionally(new RedisConnectionException("The connection was closed before the reply arrived"));
	}

	private void answered(@Nullable String error) {
		if (ANSWERED.compareAndSet(this, 0, 1)) {
			this.tracker.answered(this.effect, this.beginning, error);
		}
	}

	/**
	 * A command whose reply is streamed to a subscriber with back-pressure.
	 */
	static final class Streaming<K, V, T> extends TrackedCommand<K, V, T> implements DemandAware.Sink {

		private final DemandAware.Sink sink;

		Streaming(RedisCommand<K, V, T> command, ConnectionTracker tracker, CommandEffect effect, int beginning) {
			super(command, tracker, effect, beginning);
			this.sink = (DemandAware.Sink) command;
		}

		@Override
		public boolean hasDemand() {
			return this.sink.hasDemand();
		}

		@Override
		public void setSource(DemandAware.Source source) {
			this.sink.setSource(source);
		}

		@Override
		public void removeSource() {
			this.sink.removeSource();
		}

	}

}
