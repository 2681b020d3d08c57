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

package io.github.lettucepool.shared;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.channel.Channel;
import io.netty.channel.DefaultChannelPromise;
import io.netty.handler.codec.EncoderException;
import io.netty.util.concurrent.Future;

/**
 * The commands that many callers want to send over one connection, on their way to its
 * event loop.
 * <p>
 * Netty's own way costs each command a task of the event loop, a promise and a buffer.
 * Here callers leave their commands in a queue, and one task takes all that are there:
 * they are encoded into one buffer and leave with one flush. The busier the connection,
 * the more commands share that price; a command that is alone does not wait for others.
 * <p>
 * Any thread may {@link #add}; the rest happens on the event loop.
 */
final class WriteQueue {

	/**
	 * So many commands are written before the event loop looks at the network again.
	 */
	private static final int BATCH = 256;

	private final Channel channel;

	private final Queue<RedisCommand<?, ?, ?>> commands = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean scheduled = new AtomicBoolean();

	private final Runnable drain = this::drain;

	private final IntConsumer sent;

	/**
	 * Creates a queue.
	 * @param channel where the commands go; they fail once it is not active
	 * @param sent called on the event loop with the number of commands that were sent
	 */
	WriteQueue(Channel channel, IntConsumer sent) {
		this.channel = channel;
		this.sent = sent;
	}

	/**
	 * Sends a command soon. Commands of one thread are sent in the order in which it adds
	 * them. If the connection breaks before that, the command fails.
	 * @param command the command
	 */
	void add(RedisCommand<?, ?, ?> command) {
		this.commands.add(command);
		schedule();
	}

	private void schedule() {
		// A command that is added while the task runs is either seen by its loop, or
		// finds
		// the flag down again: the task takes it down before it starts to look.
		if (!this.scheduled.get() && this.scheduled.compareAndSet(false, true)) {
			try {
				this.channel.eventLoop().execute(this.drain);
			}
			catch (RejectedExecutionException ex) {
				failAll();
			}
		}
	}

	private void drain() {
		this.scheduled.set(false);
		List<RedisCommand<?, ?, ?>> batch = new ArrayList<>();
		RedisCommand<?, ?, ?> command;
		while (batch.size() < BATCH && (command = this.commands.poll()) != null) {
			// Lettuce leaves out what was cancelled meanwhile; then it must not be
			// counted.
			if (!command.isDone()) {
				batch.add(command);
			}
		}
		if (!this.channel.isActive()) {
			batch.forEach(WriteQueue::fail);
			failAll();
			return;
		}
		if (!batch.isEmpty()) {
			this.channel.write(batch, new BatchPromise(this.channel, batch));
			this.sent.accept(batch.size());
			this.channel.flush();
		}
		if (!this.commands.isEmpty()) {
			schedule();
		}
	}

	/**
	 * Lets all commands time out that the event loop has not taken yet.
	 * @param timeout how long they had
	 */
	void expire(Duration timeout) {
		this.commands.forEach((command) -> CommandExpiry.expire(command, timeout));
	}

	private void failAll() {
		RedisCommand<?, ?, ?> command;
		while ((command = this.commands.poll()) != null) {
			fail(command);
		}
	}

	private static void fail(RedisCommand<?, ?, ?> command) {
		command.completeExceptionally(notConnected());
	}

	static RedisConnectionException notConnected() {
		return new RedisConnectionException("The connection is lost and is being opened again");
	}

	/**
	 * The promise of a batch. It says that it is void, so that Lettuce does not add a
	 * listener for each of its commands.
	 * <p>
	 * If the network fails, nothing is to be done here: the commands are among those that
	 * wait for a reply and are dealt with when the channel becomes inactive. If they
	 * could not be encoded, they were not sent and must not be tried again, whatever they
	 * are.
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
			if (cause instanceof EncoderException || cause instanceof Error) {
				for (RedisCommand<?, ?, ?> command : this.batch) {
					command.completeExceptionally(cause);
				}
			}
		}

		@Override
		public boolean isVoid() {
			return true;
		}

	}

}
