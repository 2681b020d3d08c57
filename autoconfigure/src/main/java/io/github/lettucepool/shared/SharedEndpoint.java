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

import java.util.Collection;
import java.util.Queue;
import java.util.function.Predicate;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/**
 * The end of a shared connection that faces its callers.
 * <p>
 * Lettuce's own keeps the commands that were under way when the connection broke, sends
 * all of them again after the reconnect (its replay filter is asked only for commands
 * that were never sent), and queues what comes meanwhile. This one fails what must not be
 * sent twice, and fails at once what is given to it while it is not connected.
 */
final class SharedEndpoint extends DefaultEndpoint {

	private final Predicate<RedisCommand<?, ?, ?>> replay;

	private volatile @Nullable Queue<RedisCommand<?, ?, ?>> underWay;

	/**
	 * Creates an endpoint.
	 * @param clientOptions the client's options
	 * @param clientResources the client's resources
	 * @param replay which commands may be sent again
	 */
	SharedEndpoint(ClientOptions clientOptions, ClientResources clientResources,
			Predicate<RedisCommand<?, ?, ?>> replay) {
		super(clientOptions, clientResources);
		this.replay = replay;
	}

	/**
	 * How many commands were sent and are not answered. Read without synchronization from
	 * what the event loop writes: good enough to compare two connections.
	 * @return the number
	 */
	int inFlight() {
		Queue<RedisCommand<?, ?, ?>> underWay = this.underWay;
		return (underWay != null) ? underWay.size() : 0;
	}

	@Override
	public <K, V, T> RedisCommand<K, V, T> write(RedisCommand<K, V, T> command) {
		if (isDisconnected()) {
			command.completeExceptionally(notConnected());
			return command;
		}
		return super.write(command);
	}

	@Override
	@SuppressWarnings("unchecked")
	public <K, V> Collection<RedisCommand<K, V, ?>> write(Collection<? extends RedisCommand<K, V, ?>> commands) {
		if (isDisconnected()) {
			commands.forEach((command) -> command.completeExceptionally(notConnected()));
			return (Collection<RedisCommand<K, V, ?>>) commands;
		}
		return super.write(commands);
	}

	@Override
	public void notifyChannelActive(Channel channel) {
		CommandHandler handler = channel.pipeline().get(CommandHandler.class);
		this.underWay = (handler != null) ? handler.getStack() : null;
		super.notifyChannelActive(channel);
	}

	@Override
	public void notifyChannelInactive(Channel channel) {
		Queue<RedisCommand<?, ?, ?>> underWay = this.underWay;
		this.underWay = null;
		if (underWay != null) {
			// On the event loop, before Lettuce takes the rest for sending it again.
			for (RedisCommand<?, ?, ?> command : underWay) {
				if (!this.replay.test(command)) {
					command.completeExceptionally(
							new RedisConnectionException("The connection was lost before the reply to "
									+ command.getType() + " arrived; it is not known whether it took effect"));
				}
			}
		}
		super.notifyChannelInactive(channel);
	}

	private boolean isDisconnected() {
		Channel channel = this.channel;
		return channel == null || !channel.isActive();
	}

	private static RedisConnectionException notConnected() {
		return new RedisConnectionException("The connection is lost and is being opened again");
	}

}
