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

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoopGroup;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;

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
public final class Activation implements InvocationHandler {

	/**
	 * The interface to implement. A native image has to know.
	 */
	public static final Class<?> TYPE = EventLoopGroup.class;

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
		if (Proxy.isProxyClass(eventLoops.getClass())
				&& Proxy.getInvocationHandler(eventLoops) instanceof Activation installed) {
			return installed;
		}
		Activation activation = new Activation(eventLoops, timeout, handshakeTimeout(builder));
		builder.bootstrap(builder.bootstrap()
			.clone((EventLoopGroup) Proxy.newProxyInstance(TYPE.getClassLoader(), new Class<?>[] { TYPE },
					activation)));
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
		channel.closeFuture().addListener((closed) -> this.refusal = ReplyReader.failHandshake(channel));
		this.timeout.watch(channel, registered, this.handshake);
		return registered;
	}

	/**
	 * Passes a call on to the event loops, and watches a connection that it registers.
	 * They belong to the client, and are not shut down here.
	 */
	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] args) throws Throwable {
		if (method.getName().startsWith("shutdown")) {
			throw new UnsupportedOperationException(method.toString());
		}
		Object result = AopUtils.invokeJoinpointUsingReflection(this.eventLoops, method,
				(args != null) ? args : new Object[0]);
		return method.getName().equals("register") ? watch((ChannelFuture) Objects.requireNonNull(result)) : result;
	}

}
