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

package io.github.lettucepool.internal.transport;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.channel.Channel;
import io.netty.channel.DefaultChannelPromise;
import io.netty.util.concurrent.Future;

/**
 * The commands that callers want to send over one connection, on their way to its event
 * loop.
 * <p>
 * Netty's own way costs each command a task of the event loop, a promise and a buffer.
 * Here callers leave their commands in a queue, and one task takes all that are there:
 * they are encoded into one buffer and leave with one flush. The busier the connection,
 * the more commands share that price; a command that is alone does not wait for others.
 * <p>
 * Any thread may {@link #add}; the rest happens on the event loop.
 * <p>
 * Why it is safe:
 * <ul>
 * <li><b>No command waits for ever.</b> Who adds one looks after that whether a task is
 * on its way. The task takes the flag that says so down before it looks for commands. So
 * it sees the command, or the flag is down and another task is sent.</li>
 * <li><b>Each command goes one way, once.</b> It is polled from the queue once, by the
 * task, and is written or given back. If the event loop has ended, whoever adds a command
 * finds that no task can be sent any more, and gives back all that there is.</li>
 * <li><b>Those of one thread stay in order.</b> There is one queue, and an event loop
 * runs one task at a time.</li>
 * </ul>
 */
public final class WriteQueue {

	/**
	 * So many commands are written before the event loop looks at the network again.
	 */
	private static final int BATCH = 256;

	private final Channel channel;

	private final Queue<RedisCommand<?, ?, ?>> commands = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean scheduled = new AtomicBoolean();

	private final Consumer<RedisCommand<?, ?, ?>> unsent;

	private final Consumer<RedisCommand<?, ?, ?>> cancelled;

	private final Runnable drain = this::drain;

	/**
	 * Creates a queue.
	 * @param channel where the commands go while it is active
	 * @param unsent takes the commands that cannot be sent there
	 */
	public WriteQueue(Channel channel, Consumer<RedisCommand<?, ?, ?>> unsent) {
		this(channel, unsent, (command) -> {
		});
	}

	/**
	 * Creates a queue.
	 * @param channel where the commands go while it is active
	 * @param unsent takes the commands that cannot be sent there
	 * @param cancelled takes the commands that were done before they were sent
	 */
	public WriteQueue(Channel channel, Consumer<RedisCommand<?, ?, ?>> unsent,
			Consumer<RedisCommand<?, ?, ?>> cancelled) {
		this.channel = channel;
		this.unsent = unsent;
		this.cancelled = cancelled;
	}

	/**
	 * Sends a command soon. Commands of one thread are sent in the order in which it adds
	 * them. If the connection breaks before that, the command is given back.
	 * @param command the command
	 */
	public void add(RedisCommand<?, ?, ?> command) {
		hold(command);
		send();
	}

	/**
	 * Sends a command with the next one of the same thread that is added, and not before
	 * {@link #send()}.
	 * @param command the command
	 */
	public void hold(RedisCommand<?, ?, ?> command) {
		this.commands.add(command);
	}

	/**
	 * Sends soon what was held. If the connection is broken, it is given back.
	 */
	public void send() {
		// A command that is added while the task runs is either seen by its loop, or
		// finds the flag down again: the task takes it down before it starts to look.
		if (!this.scheduled.get() && this.scheduled.compareAndSet(false, true)) {
			try {
				this.channel.eventLoop().execute(this.drain);
			}
			catch (RejectedExecutionException ex) {
				// The event loop has ended. Whoever adds a command from here on tries
				// again, in vain.
				this.scheduled.set(false);
				giveBackAll();
			}
			catch (RuntimeException | Error ex) {
				// Out of memory, say: the next command may have more luck.
				this.scheduled.set(false);
				throw ex;
			}
		}
	}

	private void drain() {
		this.scheduled.set(false);
		List<RedisCommand<?, ?, ?>> batch = new ArrayList<>();
		RedisCommand<?, ?, ?> command = null;
		try {
			while (batch.size() < BATCH && (command = this.commands.poll()) != null) {
				if (command.isDone()) {
					this.cancelled.accept(command);
				}
				else {
					batch.add(command);
				}
			}
			write(batch);
		}
		catch (RuntimeException | Error ex) {
			// Out of memory, say. Nobody else knows these commands.
			if (command != null) {
				FailedCommands.fail(command, ex);
			}
			batch.forEach((taken) -> FailedCommands.fail(taken, ex));
			this.channel.close();
		}
		if (!this.commands.isEmpty()) {
			send();
		}
	}

	private void write(List<RedisCommand<?, ?, ?>> batch) {
		if (!this.channel.isActive()) {
			batch.forEach(this.unsent);
			giveBackAll();
		}
		else if (!batch.isEmpty()) {
			this.channel.write(batch, new BatchPromise(this.channel, batch));
			this.channel.flush();
		}
	}

	/**
	 * The commands that the event loop has not taken yet, in order. Any thread may read
	 * it.
	 * @return the commands
	 */
	public Queue<RedisCommand<?, ?, ?>> waiting() {
		return this.commands;
	}

	private void giveBackAll() {
		RedisCommand<?, ?, ?> command;
		while ((command = this.commands.poll()) != null) {
			this.unsent.accept(command);
		}
	}

	/**
	 * Says that a command cannot be sent now.
	 * @return the exception
	 */
	public static RedisConnectionException notConnected() {
		return new RedisConnectionException("The connection is lost and is being opened again");
	}

	/**
	 * The promise of a batch. It says that it is void, so that Lettuce does not add a
	 * listener for each of its commands.
	 * <p>
	 * If the network fails, the commands are among those that wait for a reply and are
	 * dealt with when the channel becomes inactive. If anything else fails, they were not
	 * sent and must not be tried again; since some may be among those that wait for a
	 * reply, the next reply would not be theirs, and the connection has to go.
	 */
	private static final class BatchPromise extends DefaultChannelPromise {

		private final List<RedisCommand<?, ?, ?>> batch;

		private BatchPromise(Channel channel, List<RedisCommand<?, ?, ?>> batch) {
			super(channel);
			this.batch = batch;
			addListener(this::written);
		}

		private void written(Future<? super Void> future) {
			Throwable cause = future.cause();
			if (cause != null) {
				if (!(cause instanceof IOException)) {
					this.batch.forEach((command) -> FailedCommands.fail(command, cause));
				}
				channel().close();
			}
		}

		@Override
		public boolean isVoid() {
			return true;
		}

	}

}
