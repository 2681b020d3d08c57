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

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.SocketOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Activation}, with a connection whose handshake and whose activation
 * end when the tests want it.
 */
@Tag("unit")
class ActivationTests {

	private final InetSocketAddress address = InetSocketAddress.createUnresolved("localhost", 6379);

	private final RedisChannelHandler<?, ?> connection = Mockito.mock(RedisChannelHandler.class);

	private final CompletableFuture<RedisChannelHandler<?, ?>> handshake = new CompletableFuture<>();

	private final ConnectionFuture<RedisChannelHandler<?, ?>> opened = Activation
		.await(ConnectionBuilder.connectionBuilder().connection(this.connection), this::connect);

	private final RedisConnectionStateListener eventLoop = eventLoop();

	private RedisConnectionStateListener eventLoop() {
		BDDMockito.given(this.connection.isOpen()).willReturn(true);
		ArgumentCaptor<RedisConnectionStateListener> listener = ArgumentCaptor
			.forClass(RedisConnectionStateListener.class);
		Mockito.verify(this.connection).addListener(listener.capture());
		return listener.getValue();
	}

	@Test
	void aHandshakeThatEndsOnAnotherThreadIsNotAllThereIsToWaitFor() {
		this.handshake.complete(this.connection);
		assertThat(this.opened.toCompletableFuture()).isNotDone();
		this.eventLoop.onRedisConnected(this.connection, this.address);
		assertThat(this.opened.toCompletableFuture()).isCompletedWithValue(this.connection);
	}

	@Test
	void aHandshakeThatEndsOnTheEventLoopIsTheEnd() {
		this.eventLoop.onRedisConnected(this.connection, this.address);
		assertThat(this.opened.toCompletableFuture()).isNotDone();
		this.handshake.complete(this.connection);
		assertThat(this.opened.toCompletableFuture()).isCompletedWithValue(this.connection);
	}

	@Test
	void aConnectionThatWasLostInBetweenIsNotHandedOut() {
		this.handshake.complete(this.connection);
		BDDMockito.given(this.connection.isOpen()).willReturn(false);
		this.eventLoop.onRedisDisconnected(this.connection);
		assertThat(this.opened.toCompletableFuture()).isCompletedExceptionally();
	}

	@Test
	void aHandshakeHasTimeWhereCommandsMayTakeForEver() {
		ConnectionBuilder builder = ConnectionBuilder.connectionBuilder()
			.connection(this.connection)
			.clientOptions(ClientOptions.builder()
				.socketOptions(SocketOptions.builder().connectTimeout(Duration.ofSeconds(7)).build())
				.build());
		Activation.await(builder.timeout(Duration.ZERO), this::connect);
		assertThat(builder.getTimeout()).isEqualTo(Duration.ofSeconds(7));
		Activation.await(builder.timeout(Duration.ofSeconds(2)), this::connect);
		assertThat(builder.getTimeout()).isEqualTo(Duration.ofSeconds(2));
	}

	private ConnectionFuture<RedisChannelHandler<?, ?>> connect(ConnectionBuilder builder) {
		return ConnectionFuture.from(this.address, this.handshake);
	}

	@Test
	void theEndOfAnEarlierAttemptDoesNotMatter() {
		this.eventLoop.onRedisDisconnected(this.connection);
		this.handshake.complete(this.connection);
		assertThat(this.opened.toCompletableFuture()).isNotDone();
		this.eventLoop.onRedisConnected(this.connection, this.address);
		assertThat(this.opened.toCompletableFuture()).isCompletedWithValue(this.connection);
	}

	@Test
	void aConnectionWhoseNewsDoNotComeIsHandedOutAllTheSame() {
		this.handshake.complete(this.connection);
		assertThat(this.opened.toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10)).isSameAs(this.connection);
	}

	@Test
	void nobodyWaitsAfterAFailedHandshake() {
		this.handshake.completeExceptionally(new IllegalStateException("refused"));
		assertThat(this.opened.toCompletableFuture()).isCompletedExceptionally();
		assertThat(this.opened.getRemoteAddress()).isSameAs(this.address);
	}

}
