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

package io.github.lettucepool.internal.driven;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

/**
 * A command whose caller does the work of the event loop while it waits for the reply, if
 * the connection has one that callers drive.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 * @param <T> the type of the result
 */
public abstract class DrivenCommand<K, V, T> extends AsyncCommand<K, V, T> {

	/**
	 * Wraps a command.
	 * @param command the command
	 */
	protected DrivenCommand(RedisCommand<K, V, T> command) {
		super(command);
	}

	/**
	 * The event loop to drive.
	 * @return the event loop, or {@code null} if it has a thread of its own, or will
	 * bring no reply any more
	 */
	protected abstract @Nullable DrivenEventLoop eventLoop();

	/**
	 * Returns whether its sender is going to wait for it, with a limit.
	 * @return {@code false} if the sender might not
	 */
	public boolean isAlwaysAwaited() {
		return false;
	}

	/**
	 * Called on a thread that waits, when the event loop will bring no reply any more.
	 */
	protected void undriven() {
		// Something else completes the command.
	}

	@Override
	public T get() throws InterruptedException, ExecutionException {
		if (!isDone()) {
			drive(Long.MAX_VALUE);
		}
		return super.get();
	}

	/**
	 * Most commands of a pipeline are done by the time that they are waited for: then the
	 * clock, which is slow on virtual machines, is not looked at.
	 */
	@Override
	public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
		if (isDone()) {
			return super.get();
		}
		long end = System.nanoTime() + unit.toNanos(timeout);
		drive(unit.toNanos(timeout));
		return super.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
	}

	/**
	 * Not interruptible, as that of any future.
	 */
	@Override
	public T join() {
		boolean interrupted = false;
		boolean driving = true;
		while (driving && !isDone()) {
			try {
				driving = drive(Long.MAX_VALUE);
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
		return super.join();
	}

	/**
	 * Often by another thread than the one that waits, which is woken then.
	 */
	@Override
	public boolean completeExceptionally(Throwable ex) {
		boolean completed = super.completeExceptionally(ex);
		wake();
		return completed;
	}

	@Override
	public boolean cancel(boolean mayInterruptIfRunning) {
		boolean cancelled = super.cancel(mayInterruptIfRunning);
		wake();
		return cancelled;
	}

	private void wake() {
		DrivenEventLoop eventLoop = eventLoop();
		if (eventLoop != null) {
			eventLoop.wake();
		}
	}

	/**
	 * Waits for the reply.
	 * @param nanos for how long
	 * @return {@code false} if somebody else does the work
	 */
	private boolean drive(long nanos) throws InterruptedException {
		DrivenEventLoop eventLoop = eventLoop();
		if (eventLoop != null) {
			eventLoop.drive(this::isDrivingOver, nanos);
		}
		if (eventLoop() == null) {
			undriven();
		}
		return eventLoop != null;
	}

	private boolean isDrivingOver() {
		return isDone() || eventLoop() == null;
	}

}
