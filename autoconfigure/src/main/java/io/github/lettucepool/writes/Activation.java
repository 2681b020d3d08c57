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
package io.github.lettucepool.writes;

import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;

/**
 * The end of opening a connection, after which it takes commands.
 * <p>
 * Where credentials come from a provider, Lettuce may end the handshake on a thread that
 * is not the connection's event loop. It then hands the connection out before the event
 * loop has made it ready, and one that does not reconnect rejects its first command.
 */
public final class Activation implements RedisConnectionStateListener {

	private final CompletableFuture<Void> over = new CompletableFuture<>();

	private Activation() {
	}

	/**
	 * Opens a connection.
	 * @param <T> the type of the connection
	 * @param builder what it is opened with
	 * @param opener opens it
	 * @return completes when the connection takes commands, or is lost again already
	 */
	public static <T extends RedisChannelHandler<?, ?>> ConnectionFuture<T> await(ConnectionBuilder builder,
			Function<ConnectionBuilder, ConnectionFuture<T>> opener) {
		Activation activation = new Activation();
		builder.connection().addListener(activation);
		return opener.apply(builder).thenCompose((connection) -> activation.over.thenApply((ignored) -> connection));
	}

	@Override
	public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
		this.over.complete(null);
	}

	@Override
	public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
		this.over.complete(null);
	}

}
