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

import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.protocol.CommandExpiryWriter;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;

import io.github.lettucepool.CommandTimeouts;
import io.github.lettucepool.internal.driven.DrivenCommand;
import io.github.lettucepool.internal.transport.FailedCommands;

/**
 * Lets the commands of a connection time out with one timer for all of them, which runs
 * while there are any. Lettuce starts one for each. A command is found at most one
 * {@linkplain FailedCommands#lookInterval interval} after its time.
 * <p>
 * Commands that are done leave the queue as soon as all before them are done, or when the
 * timer comes round: it does not keep their replies in memory. Thread-safe.
 */
public final class DeadlineWriter extends CommandExpiryWriter {

	/**
	 * Its commands may have different times: a long one does not make the others late.
	 */
	private static final Duration LONGEST_INTERVAL = Duration.ofMillis(100);

	private final ClientResources resources;

	private final LongSupplier clock;

	private final TimeoutOptions options;

	/**
	 * True if a caller who waits for a command waits no longer than it may take.
	 */
	private final boolean callersWaitAsLong;

	private final Queue<Deadline> deadlines = new ConcurrentLinkedQueue<>();

	/**
	 * What is queued has its answer from EXEC, and its time from when that is sent.
	 */
	private final Queue<RedisCommand<?, ?, ?>> queued = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean looking = new AtomicBoolean();

	private volatile long connectionNanos;

	DeadlineWriter(RedisChannelWriter delegate, ClientOptions options, ClientResources resources, LongSupplier clock) {
		super(delegate, options, resources);
		this.resources = resources;
		this.clock = clock;
		this.options = options.getTimeoutOptions();
		this.callersWaitAsLong = this.options.isApplyConnectionTimeout() || CommandTimeouts.of(options) != null;
	}

	/**
	 * Takes the place of a writer that starts a timer for each command. Only for a
	 * connection that does not reconnect: one that does hears of the server's
	 * maintenance, during which commands may take longer.
	 * @param writer the writer that Lettuce made
	 * @param options the client's options
	 * @param resources the client's resources
	 * @return the writer to use
	 */
	public static RedisChannelWriter insteadOf(RedisChannelWriter writer, ClientOptions options,
			ClientResources resources) {
		return (writer instanceof CommandExpiryWriter expiry)
				? new DeadlineWriter(expiry.getDelegate(), options, resources, System::nanoTime) : writer;
	}

	@Override
	public void setTimeout(Duration timeout) {
		super.setTimeout(timeout);
		this.connectionNanos = timeout.toNanos();
	}

	@Override
	public <K, V, T> RedisCommand<K, V, T> write(RedisCommand<K, V, T> command) {
		watch(command);
		return getDelegate().write(command);
	}

	@Override
	public <K, V> Collection<RedisCommand<K, V, ?>> write(Collection<? extends RedisCommand<K, V, ?>> commands) {
		commands.forEach(this::watch);
		return getDelegate().write(commands);
	}

	private void watch(RedisCommand<?, ?, ?> command) {
		long nanos = nanos(command);
		if (nanos <= 0) {
			return;
		}
		if (NextTransaction.isOnlyQueued(command)) {
			this.queued.add(command);
			return;
		}
		if (!this.callersWaitAsLong || !isAwaited(command)) {
			watch(command, nanos);
		}
		if (command.getType() == CommandType.EXEC || command.getType() == CommandType.DISCARD) {
			RedisCommand<?, ?, ?> queued;
			while ((queued = this.queued.poll()) != null) {
				watch(queued, nanos);
			}
		}
	}

	private void watch(RedisCommand<?, ?, ?> command, long nanos) {
		forgetDone();
		this.deadlines.add(new Deadline(command, this.clock.getAsLong() + nanos, nanos));
		lookLater(nanos);
	}

	private long nanos(RedisCommand<?, ?, ?> command) {
		if (this.options.isApplyConnectionTimeout()) {
			return this.connectionNanos;
		}
		TimeoutOptions.TimeoutSource source = this.options.getSource();
		return source.getTimeUnit().toNanos(source.getTimeout(command));
	}

	private static boolean isAwaited(RedisCommand<?, ?, ?> command) {
		DrivenCommand<?, ?, ?> driven = CommandWrapper.unwrap(command, DrivenCommand.class);
		return driven != null && driven.isAlwaysAwaited();
	}

	private void forgetDone() {
		Deadline oldest;
		while ((oldest = this.deadlines.peek()) != null && oldest.command().isDone()) {
			this.deadlines.remove(oldest);
		}
	}

	/**
	 * A command that is added while the timer looks is seen by it, or finds that nobody
	 * looks.
	 */
	private void lookLater(long nanos) {
		if (!this.looking.get() && this.looking.compareAndSet(false, true)) {
			try {
				long millis = FailedCommands.lookInterval(Duration.ofNanos(nanos), LONGEST_INTERVAL).toMillis();
				this.resources.timer().newTimeout((expired) -> look(nanos), millis, TimeUnit.MILLISECONDS);
			}
			catch (RuntimeException | Error ex) {
				// Out of memory, say: the next command may have more luck.
				this.looking.set(false);
				throw ex;
			}
		}
	}

	private void look(long nanos) {
		try {
			endOverdue();
		}
		finally {
			this.looking.set(false);
			if (!this.deadlines.isEmpty()) {
				lookLater(nanos);
			}
		}
	}

	private void endOverdue() {
		long now = this.clock.getAsLong();
		for (Iterator<Deadline> all = this.deadlines.iterator(); all.hasNext();) {
			Deadline deadline = all.next();
			boolean done = deadline.command().isDone();
			if (done || now - deadline.endNanos() >= 0) {
				all.remove();
			}
			if (!done && now - deadline.endNanos() >= 0) {
				FailedCommands.timedOut(deadline.command(), Duration.ofNanos(deadline.nanos()),
						this.resources.eventExecutorGroup());
			}
		}
	}

	/**
	 * A command and its time.
	 *
	 * @param command the command
	 * @param endNanos when its time is over
	 * @param nanos how long it had
	 */
	private record Deadline(RedisCommand<?, ?, ?> command, long endNanos, long nanos) {

	}

}
