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

package io.github.lettucepool.internal.cluster;

import java.util.Collection;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.ConnectionFacade;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.lettuce.TrackedCommand;
import io.github.lettucepool.internal.transport.FailedCommands;
import io.github.lettucepool.internal.transport.WriteQueue;

/**
 * Sends commands to a node of a cluster through a {@link WriteQueue}, so that the
 * commands of many callers share buffers and flushes. Lettuce's endpoint, which flushes
 * each, has those that are written before the connection is open, after it was lost, or
 * several at once: an ASKING must stand right before its command. Without automatic
 * flushes, commands are held back here, so that they keep their place among the others.
 * Thread-safe.
 */
final class NodeWriter implements RedisChannelWriter {

	private final RedisChannelWriter endpoint;

	private final Consumer<RedisCommand<?, ?, ?>> unsent;

	private final Queue<RedisCommand<?, ?, ?>> held = new ConcurrentLinkedQueue<>();

	private volatile @Nullable WriteQueue queue;

	private volatile @Nullable Channel channel;

	private volatile boolean autoFlush = true;

	/**
	 * Creates a writer.
	 * @param endpoint the one that Lettuce made
	 * @param unsent takes the commands that were not sent when the connection broke
	 */
	NodeWriter(RedisChannelWriter endpoint, Consumer<RedisCommand<?, ?, ?>> unsent) {
		this.endpoint = endpoint;
		this.unsent = unsent;
	}

	/**
	 * The connection is open.
	 * @param channel the connection
	 */
	void opened(Channel channel) {
		this.queue = new WriteQueue(channel, this.unsent,
				(command) -> TrackedCommand.notSent(CommandWrapper.unwrap(command, TrackedCommand.class)));
		this.channel = channel;
	}

	@Override
	public <K, V, T> RedisCommand<K, V, T> write(RedisCommand<K, V, T> command) {
		WriteQueue queue = queue();
		if (queue == null) {
			return this.endpoint.write(command);
		}
		if (this.autoFlush) {
			queue.add(command);
		}
		else {
			this.held.add(command);
		}
		return command;
	}

	@Override
	@SuppressWarnings("unchecked")
	public <K, V> Collection<RedisCommand<K, V, ?>> write(Collection<? extends RedisCommand<K, V, ?>> commands) {
		if (this.autoFlush || queue() == null) {
			return this.endpoint.write(commands);
		}
		this.held.addAll(commands);
		return (Collection<RedisCommand<K, V, ?>>) commands;
	}

	private @Nullable WriteQueue queue() {
		Channel channel = this.channel;
		return (channel != null && channel.isActive()) ? this.queue : null;
	}

	@Override
	public void setAutoFlushCommands(boolean autoFlush) {
		this.autoFlush = autoFlush;
		this.endpoint.setAutoFlushCommands(autoFlush);
	}

	@Override
	public void flushCommands() {
		this.endpoint.flushCommands();
		WriteQueue queue = this.queue;
		if (queue != null && !this.held.isEmpty()) {
			takeHeld(queue::hold);
			queue.send();
		}
	}

	private void takeHeld(Consumer<RedisCommand<?, ?, ?>> taker) {
		RedisCommand<?, ?, ?> command;
		while ((command = this.held.poll()) != null) {
			taker.accept(command);
		}
	}

	@Override
	public void setConnectionFacade(ConnectionFacade connection) {
		this.endpoint.setConnectionFacade(connection);
	}

	@Override
	public ClientResources getClientResources() {
		return this.endpoint.getClientResources();
	}

	@Override
	@Deprecated
	public void close() {
		this.endpoint.close();
		failHeld();
	}

	@Override
	public CompletableFuture<Void> closeAsync() {
		CompletableFuture<Void> closed = this.endpoint.closeAsync();
		failHeld();
		return closed;
	}

	private void failHeld() {
		takeHeld((command) -> FailedCommands.fail(command, new RedisConnectionException(
				"The connection was closed before %s was sent".formatted(command.getType()))));
	}

}
