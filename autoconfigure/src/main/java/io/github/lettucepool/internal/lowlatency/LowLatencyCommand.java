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

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.driven.DrivenCommand;
import io.github.lettucepool.internal.driven.DrivenEventLoop;
import io.github.lettucepool.internal.transport.FailedCommands;
import io.github.lettucepool.internal.transport.PartialReplyException;

/**
 * A command that has a connection to itself. The connection is free again when the
 * command has ended, and, if somebody waits for it, when the one who waits has done the
 * event loop's work.
 * <p>
 * If it is lost with its connection, the one who waits sends it again, where that is
 * allowed: not the thread that found the loss, which must not wait for anything.
 */
final class LowLatencyCommand<K, V, T> extends DrivenCommand<K, V, T> {

	@SuppressWarnings("rawtypes")
	private static final AtomicIntegerFieldUpdater<LowLatencyCommand> ENDED = AtomicIntegerFieldUpdater
		.newUpdater(LowLatencyCommand.class, "ended");

	private final LowLatencySlot slot;

	private final @Nullable DrivenEventLoop eventLoop;

	private final SecondTry secondTry;

	private volatile boolean awaited;

	private volatile boolean lost;

	// The waiting thread's own.
	private boolean sentAgain;

	// Written through ENDED only.
	@SuppressWarnings("UnusedVariable")
	private volatile int ended;

	LowLatencyCommand(RedisCommand<K, V, T> command, LowLatencySlot slot, SecondTry secondTry) {
		super(command);
		this.slot = slot;
		this.secondTry = secondTry;
		this.eventLoop = slot.eventLoop();
	}

	@Override
	protected @Nullable DrivenEventLoop eventLoop() {
		return this.lost ? null : this.eventLoop;
	}

	@Override
	public boolean isAlwaysAwaited() {
		return true;
	}

	@Override
	protected void undriven() {
		if (!this.lost || this.sentAgain || isDone()) {
			return;
		}
		this.sentAgain = true;
		try {
			this.secondTry.send(this);
		}
		catch (RuntimeException ex) {
			FailedCommands.fail(this, ex);
		}
	}

	@Override
	public boolean await(long timeout, TimeUnit unit) {
		this.awaited = true;
		try {
			return super.await(timeout, unit);
		}
		finally {
			this.awaited = false;
			end();
		}
	}

	@Override
	public void complete() {
		super.complete();
		endUnlessAwaited();
	}

	/**
	 * The caller sends a command again that was lost with its connection, if that may be.
	 */
	@Override
	public boolean completeExceptionally(Throwable ex) {
		if (ex instanceof RedisConnectionException && !(ex instanceof PartialReplyException) && this.awaited
				&& !this.lost && this.eventLoop != null && this.secondTry.lost().test(this)) {
			this.lost = true;
			return true;
		}
		boolean completed = super.completeExceptionally(ex);
		endUnlessAwaited();
		return completed;
	}

	@Override
	public boolean cancel(boolean mayInterruptIfRunning) {
		boolean cancelled = super.cancel(mayInterruptIfRunning);
		endUnlessAwaited();
		return cancelled;
	}

	private void endUnlessAwaited() {
		if (!this.awaited && isDone()) {
			end();
		}
	}

	private void end() {
		if (ENDED.compareAndSet(this, 0, 1)) {
			this.slot.release();
		}
	}

}
