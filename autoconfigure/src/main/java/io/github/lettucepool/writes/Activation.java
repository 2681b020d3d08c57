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
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisConnectionStateListener;

/**
 * The end of opening a connection, after which it takes commands.
 * <p>
 * Where credentials come from a provider, Lettuce may end the handshake on a thread that
 * is not the connection's event loop. It then hands the connection out before the event
 * loop has made it ready, and one that does not reconnect rejects its first command.
 */
public final class Activation implements RedisConnectionStateListener {

	/**
	 * For how long to wait for the event loop. If a listener of the application has kept
	 * the news from this one, the connection may be ready all the same.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(1);

	private final CompletableFuture<Void> over = new CompletableFuture<>();

	private volatile boolean handshakeOver;

	private Activation() {
	}

	/**
	 * Opens a connection.
	 * @param <T> the type of the connection
	 * @param builder what it is opened with
	 * @param opener opens it
	 * @return completes when the connection takes commands; exceptionally if it cannot be
	 * opened, or is lost before that
	 */
	public static <T extends RedisChannelHandler<?, ?>> ConnectionFuture<T> await(ConnectionBuilder builder,
			Function<ConnectionBuilder, ConnectionFuture<T>> opener) {
		giveTime(builder);
		ReplyReader.install(builder);
		Activation activation = new Activation();
		builder.connection().addListener(activation);
		return opener.apply(builder)
			.thenCompose((connection) -> activation.awaitEventLoop().thenApply((ignored) -> opened(connection)));
	}

	/**
	 * Where commands may take for ever, Lettuce takes that for no time at all, and the
	 * handshake times out within a tenth of a second.
	 */
	private static void giveTime(ConnectionBuilder builder) {
		Duration timeout = builder.getTimeout();
		if (timeout != null && timeout.isZero()) {
			builder.timeout(builder.clientOptions().getSocketOptions().getConnectTimeout());
		}
	}

	private static <T extends RedisChannelHandler<?, ?>> T opened(T connection) {
		if (!connection.isOpen()) {
			// Lettuce would not reconnect it, since it was never ready; it closes it, or
			// tries another node.
			throw new RedisConnectionException("The connection was lost as soon as it was opened");
		}
		return connection;
	}

	private CompletableFuture<Void> awaitEventLoop() {
		this.handshakeOver = true;
		return this.over.isDone() ? this.over
				: this.over.completeOnTimeout(null, PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
	}

	@Override
	public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
		this.over.complete(null);
	}

	/**
	 * What is lost before the handshake is over may belong to an earlier attempt.
	 */
	@Override
	public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
		if (this.handshakeOver) {
			this.over.complete(null);
		}
	}

}
