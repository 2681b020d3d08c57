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

import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.AbstractEventExecutorGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The way of a connection from its registration with an event loop, of each attempt and
 * of each reconnect, to the moment from which it takes commands.
 * <p>
 * Lettuce ends a late handshake from another thread, also if the answer is there and the
 * event loop has not got to it; {@link ConnectTimeout} does it here. And where
 * credentials come from a provider, Lettuce may end the handshake on a thread that is not
 * the connection's event loop. It then hands the connection out before the event loop has
 * made it ready, and one that does not reconnect rejects its first command.
 */
public final class Activation extends AbstractEventExecutorGroup implements EventLoopGroup {

	private final EventLoopGroup eventLoops;

	private final ConnectTimeout timeout;

	private final Duration handshake;

	private volatile @Nullable Channel channel;

	private volatile @Nullable RedisCommandExecutionException refusal;

	private Activation(EventLoopGroup eventLoops, ConnectTimeout timeout, Duration handshake) {
		this.eventLoops = eventLoops;
		this.timeout = timeout;
		this.handshake = handshake;
	}

	/**
	 * Opens a connection.
	 * @param <T> the type of the connection
	 * @param builder what it is opened with
	 * @param timeout how long it may take
	 * @param opener opens it
	 * @return completes when the connection takes commands; exceptionally if it cannot be
	 * opened, or is lost before that
	 */
	public static <T extends RedisChannelHandler<?, ?>> ConnectionFuture<T> await(ConnectionBuilder builder,
			ConnectTimeout timeout, Function<ConnectionBuilder, ConnectionFuture<T>> opener) {
		if (builder.bootstrap().config().group().isShuttingDown()) {
			// Netty would tell of it in a stack trace.
			return ConnectionFuture.from(null,
					CompletableFuture.failedFuture(new RedisConnectionException("The client has been shut down")));
		}
		ReplyReader.install(builder);
		Activation activation = install(builder, timeout);
		return opener.apply(builder).exceptionally((ex) -> {
			throw activation.failure(ex);
		}).thenCompose((connection) -> activation.awaitEventLoop().thenApply((ignored) -> opened(connection)));
	}

	private static Activation install(ConnectionBuilder builder, ConnectTimeout timeout) {
		EventLoopGroup eventLoops = builder.bootstrap().config().group();
		if (eventLoops instanceof Activation installed) {
			return installed;
		}
		Activation activation = new Activation(eventLoops, timeout, handshakeTimeout(builder));
		builder.bootstrap(builder.bootstrap().clone(activation));
		builder.timeout(ConnectTimeout.longest(activation.handshake));
		return activation;
	}

	/**
	 * A peer that is silent for longer than a command may take is silent. Where commands
	 * may take for ever, that says nothing.
	 */
	private static Duration handshakeTimeout(ConnectionBuilder builder) {
		Duration command = builder.getTimeout();
		Duration connect = builder.clientOptions().getSocketOptions().getConnectTimeout();
		return (command.isZero() || command.compareTo(connect) > 0) ? connect : command;
	}

	private static <T extends RedisChannelHandler<?, ?>> T opened(T connection) {
		if (!connection.isOpen()) {
			// Lettuce would not reconnect it, since it was never ready; it closes it, or
			// tries another node.
			throw new RedisConnectionException("The connection was lost as soon as it was opened");
		}
		return connection;
	}

	/**
	 * Lettuce may see that the connection is closed before it sees why.
	 */
	private CompletionException failure(Throwable error) {
		Throwable refusal = this.refusal;
		return new CompletionException((refusal != null) ? refusal : FailedCommands.unwrap(error));
	}

	/**
	 * The event loop makes the connection ready before it does what it is asked to do
	 * now.
	 */
	private CompletableFuture<Void> awaitEventLoop() {
		Channel channel = this.channel;
		return (channel == null || channel.eventLoop().inEventLoop()) ? CompletableFuture.completedFuture(null)
				: ConnectTimeout.turn(channel.eventLoop());
	}

	private ChannelFuture watch(ChannelFuture registered) {
		Channel channel = registered.channel();
		this.channel = channel;
		channel.closeFuture().addListener((closed) -> this.refusal = ReplyReader.closed(channel));
		this.timeout.watch(channel, registered, this.handshake);
		return registered;
	}

	@Override
	public ChannelFuture register(Channel channel) {
		return watch(this.eventLoops.register(channel));
	}

	@Override
	public ChannelFuture register(ChannelPromise promise) {
		return watch(this.eventLoops.register(promise));
	}

	@Override
	@Deprecated
	public ChannelFuture register(Channel channel, ChannelPromise promise) {
		return watch(this.eventLoops.register(channel, promise));
	}

	@Override
	public EventLoop next() {
		return this.eventLoops.next();
	}

	@Override
	public Iterator<EventExecutor> iterator() {
		return this.eventLoops.iterator();
	}

	@Override
	public boolean isShuttingDown() {
		return this.eventLoops.isShuttingDown();
	}

	@Override
	public boolean isShutdown() {
		return this.eventLoops.isShutdown();
	}

	@Override
	public boolean isTerminated() {
		return this.eventLoops.isTerminated();
	}

	@Override
	public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
		return this.eventLoops.awaitTermination(timeout, unit);
	}

	@Override
	public Future<?> terminationFuture() {
		return this.eventLoops.terminationFuture();
	}

	/**
	 * The event loops belong to the client.
	 */
	@Override
	public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
		throw new UnsupportedOperationException();
	}

	@Override
	@Deprecated
	public void shutdown() {
		throw new UnsupportedOperationException();
	}

}
