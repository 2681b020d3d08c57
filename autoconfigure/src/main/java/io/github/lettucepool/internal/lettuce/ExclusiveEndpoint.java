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

import java.util.Collection;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.driven.DrivenEventLoop;
import io.github.lettucepool.internal.transport.FailedCommands;
import io.github.lettucepool.internal.transport.PooledEndpoint;
import io.github.lettucepool.internal.transport.WriteQueue;

/**
 * The endpoint to which the commands of an exclusive connection are written. They go
 * through a {@link NextTransaction}, which begins transactions ahead, and from there
 * through a {@link WriteQueue}, so that the commands of a pipeline share buffers and
 * flushes.
 * <p>
 * There is one connect only, so that there is one queue: what cannot be sent fails.
 */
final class ExclusiveEndpoint extends PooledEndpoint {

	private volatile @Nullable NextTransaction commands;

	private volatile @Nullable DrivenEventLoop eventLoop;

	/**
	 * Creates an endpoint.
	 * @param clientOptions the client's options
	 * @param clientResources the client's resources
	 */
	ExclusiveEndpoint(ClientOptions clientOptions, ClientResources clientResources) {
		super(clientOptions, clientResources);
	}

	@Override
	public <K, V, T> RedisCommand<K, V, T> write(RedisCommand<K, V, T> command) {
		NextTransaction open = open();
		if (open == null || !isQueueing()) {
			return super.write(command);
		}
		open.write(command);
		return command;
	}

	/**
	 * Lettuce takes all or none where it counts commands.
	 */
	@Override
	@SuppressWarnings("unchecked")
	public <K, V> Collection<RedisCommand<K, V, ?>> write(Collection<? extends RedisCommand<K, V, ?>> commands) {
		NextTransaction open = open();
		if (open == null || !isQueueing()) {
			return super.write(commands);
		}
		commands.forEach(open::write);
		return (Collection<RedisCommand<K, V, ?>>) commands;
	}

	/**
	 * Commands that were held back go the same way as the others, or they would be
	 * overtaken.
	 */
	@Override
	public void flushCommands() {
		NextTransaction open = open();
		if (open == null) {
			super.flushCommands();
		}
		else {
			drainCommands().forEach(open::write);
		}
	}

	@Nullable DrivenEventLoop eventLoop() {
		return this.eventLoop;
	}

	private @Nullable NextTransaction open() {
		Channel channel = this.channel;
		return (channel != null && channel.isActive() && !isClosed()) ? this.commands : null;
	}

	private static void unsent(RedisCommand<?, ?, ?> command) {
		FailedCommands.fail(command, new RedisConnectionException(
				"The connection was closed before %s was sent".formatted(command.getType())));
	}

	@Override
	public void notifyChannelActive(Channel channel) {
		super.notifyChannelActive(channel);
		this.eventLoop = (channel.eventLoop() instanceof DrivenEventLoop driven) ? driven : null;
		if (hasQueue()) {
			this.commands = new NextTransaction(channel, ExclusiveEndpoint::unsent);
		}
	}

	@Override
	public void notifyChannelInactive(Channel channel) {
		super.notifyChannelInactive(channel);
		NextTransaction commands = this.commands;
		if (commands != null) {
			commands.lost();
		}
	}

}
