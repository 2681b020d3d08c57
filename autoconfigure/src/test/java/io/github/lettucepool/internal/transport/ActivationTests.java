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

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.SocketOptions;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Activation}, with a connection whose handshake and whose activation
 * the test decides on.
 */
@Tag("unit")
class ActivationTests {

	private final InetSocketAddress address = InetSocketAddress.createUnresolved("localhost", 6379);

	private final RedisChannelHandler<?, ?> connection = Mockito.mock(RedisChannelHandler.class);

	private final CompletableFuture<RedisChannelHandler<?, ?>> handshake = new CompletableFuture<>();

	private final EventLoop eventLoop = Mockito.mock(EventLoop.class);

	private final Queue<Runnable> tasks = new ArrayDeque<>();

	private final ConnectTimeout timeout = new ConnectTimeout("redis.example:6379", Duration.ofSeconds(30),
			Runnable::run);

	ActivationTests() {
		Channel channel = Mockito.mock(Channel.class);
		ChannelFuture registered = Mockito.mock(ChannelFuture.class);
		BDDMockito.given(registered.channel()).willReturn(channel);
		BDDMockito.given(channel.eventLoop()).willReturn(this.eventLoop);
		BDDMockito.given(channel.closeFuture()).willReturn(registered);
		BDDMockito.given(this.eventLoop.register(ArgumentMatchers.any(Channel.class))).willReturn(registered);
		BDDMockito.willAnswer((call) -> this.tasks.add(call.getArgument(0)))
			.given(this.eventLoop)
			.execute(ArgumentMatchers.any());
		BDDMockito.given(this.connection.isOpen()).willReturn(true);
	}

	@Test
	void aHandshakeThatEndsOnAnotherThreadIsNotAllThereIsToWaitFor() {
		CompletableFuture<?> opened = open();
		this.handshake.complete(this.connection);
		assertThat(opened).isNotDone();
		this.tasks.remove().run();
		assertThat(opened.join()).isSameAs(this.connection);
	}

	@Test
	void aHandshakeThatEndsOnTheEventLoopIsTheEnd() {
		BDDMockito.given(this.eventLoop.inEventLoop()).willReturn(true);
		CompletableFuture<?> opened = open();
		assertThat(opened).isNotDone();
		this.handshake.complete(this.connection);
		assertThat(opened.join()).isSameAs(this.connection);
	}

	@Test
	void aConnectionThatWasLostInBetweenIsNotHandedOut() {
		CompletableFuture<?> opened = open();
		this.handshake.complete(this.connection);
		BDDMockito.given(this.connection.isOpen()).willReturn(false);
		this.tasks.remove().run();
		assertThat(opened).isCompletedExceptionally();
	}

	@ParameterizedTest
	@CsvSource({ "0, 7, 7", "2, 7, 2", "60, 7, 7" })
	void aHandshakeHasTheTimeOfACommandAndThatOfConnectingAtMost(int command, int connect, int handshake) {
		ConnectionBuilder builder = builder(Duration.ofSeconds(command), Duration.ofSeconds(connect));
		Activation.await(builder, this.timeout, this::connect);
		assertThat(builder.getTimeout()).isEqualTo(ConnectTimeout.longest(Duration.ofSeconds(handshake)));
		Activation.await(builder, this.timeout, this::connect);
		assertThat(builder.getTimeout()).isEqualTo(ConnectTimeout.longest(Duration.ofSeconds(handshake)));
	}

	@Test
	void nobodyWaitsAfterAFailedHandshake() {
		CompletableFuture<?> opened = open();
		this.handshake.completeExceptionally(new IllegalStateException("refused"));
		assertThat(opened).isCompletedExceptionally();
	}

	@Test
	void itsEventLoopsAreThoseOfTheClient() {
		ConnectionBuilder builder = builder(Duration.ofSeconds(1), Duration.ofSeconds(1));
		Activation.await(builder, this.timeout, this::connect);
		EventLoopGroup group = builder.bootstrap().config().group();
		BDDMockito.given(this.eventLoop.isShuttingDown()).willReturn(true);
		BDDMockito.given(this.eventLoop.isShutdown()).willReturn(true);
		BDDMockito.given(this.eventLoop.isTerminated()).willReturn(true);
		BDDMockito.given(this.eventLoop.next()).willReturn(this.eventLoop);
		assertThat(group.isShuttingDown()).isTrue();
		assertThat(group.isShutdown()).isTrue();
		assertThat(group.isTerminated()).isTrue();
		assertThat(group.next()).isSameAs(this.eventLoop);
		assertThat(group.iterator()).isNull();
		assertThat(group.terminationFuture()).isNull();
		assertThatExceptionOfType(UnsupportedOperationException.class).isThrownBy(group::shutdownGracefully);
	}

	private CompletableFuture<RedisChannelHandler<?, ?>> open() {
		return Activation
			.<RedisChannelHandler<?, ?>>await(builder(Duration.ofSeconds(1), Duration.ofSeconds(1)), this.timeout,
					this::connect)
			.toCompletableFuture();
	}

	private ConnectionFuture<RedisChannelHandler<?, ?>> connect(ConnectionBuilder builder) {
		builder.bootstrap().config().group().register(Mockito.mock(Channel.class));
		return ConnectionFuture.from(this.address, this.handshake);
	}

	private ConnectionBuilder builder(Duration command, Duration connect) {
		return ConnectionBuilder.connectionBuilder()
			.connection(this.connection)
			.bootstrap(new Bootstrap().group(this.eventLoop))
			.timeout(command)
			.clientOptions(ClientOptions.builder()
				.socketOptions(SocketOptions.builder().connectTimeout(connect).build())
				.build());
	}

}
