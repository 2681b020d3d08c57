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

import java.net.SocketAddress;
import java.util.function.Supplier;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.transport.Rerouting;

/**
 * A connection that consists of connections to nodes, which are opened as they are
 * needed.
 */
public interface CompositeConnection extends TrackedConnection, Rerouting {

	@Override
	default @Nullable Object beginReplies() {
		return Routing.begin(this);
	}

	@Override
	default void endReplies(@Nullable Object before) {
		Routing.end((CompositeConnection) before);
	}

	/**
	 * Sends commands, or opens connections to nodes, for this connection.
	 * @param <T> the type of the result
	 * @param sending sends or opens, on the current thread
	 * @return the result
	 */
	default <T> T routed(Supplier<T> sending) {
		CompositeConnection before = Routing.begin(this);
		try {
			return sending.get();
		}
		finally {
			Routing.end(before);
		}
	}

	/**
	 * The codec, which the connections to nodes share.
	 * @return the codec
	 */
	RedisCodec<?, ?> getCodec();

	/**
	 * The client that opened it, and that opens its connections to nodes.
	 * @return the client
	 */
	AbstractRedisClient client();

	/**
	 * A command is about to be sent to a node.
	 * @param command the command
	 * @return whether it may be sent; if not, it has failed
	 */
	default boolean isSendable(RedisCommand<?, ?, ?> command) {
		return true;
	}

	/**
	 * There is a connection to one more node.
	 * @param node the connection
	 */
	default void nodeOpened(NodeConnection<?, ?> node) {
	}

	/**
	 * A connection to a node has ended.
	 * @param node the connection
	 */
	default void nodeClosed(NodeConnection<?, ?> node) {
	}

	/**
	 * A connection to a node is not used any more, but replies may be outstanding.
	 * @param node the connection
	 * @return whether this closes it later; {@code false} if it is to be closed at once
	 */
	default boolean nodeLeft(NodeConnection<?, ?> node) {
		return false;
	}

	/**
	 * A connection to a node was lost.
	 * @param address where it led to, if that is known
	 */
	void nodeLost(@Nullable SocketAddress address);

}
