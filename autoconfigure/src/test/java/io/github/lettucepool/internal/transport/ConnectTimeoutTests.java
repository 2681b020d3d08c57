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
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.lettuce.core.protocol.RedisHandshakeHandler;
import io.lettuce.core.resource.ClientResources;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.Timer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ConnectTimeout}.
 */
@Tag("unit")
class ConnectTimeoutTests {

	private static final Duration HANDSHAKE = Duration.ofSeconds(1);

	private final CompletableFuture<String> opened = new CompletableFuture<>();

	private final CompletableFuture<Void> handshake = new CompletableFuture<>();

	@Test
	void whatIsOpenedInTimeIsHandedOn() {
		CompletableFuture<String> bound = timeout(Duration.ofSeconds(30), Runnable::run).bound(this.opened);
		this.opened.complete("connection");
		assertThat(bound).isCompletedWithValue("connection");
	}

	@Test
	void whatTakesTooLongFailsWithTheAddress() {
		assertThat(timeout(Duration.ofMillis(10), Runnable::run).bound(this.opened)).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withCauseInstanceOf(TimeoutException.class)
			.withMessageContaining("no connection to redis.example:6379 within the connect timeout (10 ms)");
	}

	@Test
	void nettysOwnLimitSaysTheSame() {
		CompletableFuture<String> bound = timeout(Duration.ofSeconds(30), Runnable::run).bound(this.opened);
		this.opened.completeExceptionally(new IllegalStateException(new ConnectTimeoutException("timed out")));
		assertThat(bound).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.havingCause()
			.withMessage("no connection to redis.example:6379 within the connect timeout (30000 ms)");
	}

	@Test
	void whatFailsByItselfKeepsItsReason() {
		TimeoutException reason = new TimeoutException("no answer from the sentinels");
		CompletableFuture<String> bound = timeout(Duration.ofSeconds(30), Runnable::run).bound(this.opened);
		this.opened.completeExceptionally(reason);
		assertThat(bound).failsWithin(Duration.ofSeconds(10)).withThrowableThat().withCause(reason);
	}

	@Test
	void aStepThatTheExecutorHasNotTakenDoesNotCount() throws InterruptedException {
		BlockingQueue<Runnable> steps = new LinkedBlockingQueue<>();
		timeout(Duration.ofMillis(500), steps::add).bound(this.opened);
		for (int step = 0; step < ConnectTimeout.STEPS; step++) {
			assertThat(this.opened).isNotDone();
			steps.take().run();
		}
		assertThat(this.opened).failsWithin(Duration.ofSeconds(30));
	}

	@Test
	void anAnswerThatTheEventLoopFindsLateIsInTime() {
		EmbeddedChannel channel = opening();
		channel.advanceTimeBy(2 * HANDSHAKE.toMillis(), TimeUnit.MILLISECONDS);
		channel.runScheduledPendingTasks();
		assertThat(channel.isOpen()).isTrue();
		this.handshake.complete(null);
		steps(channel, 2 * ConnectTimeout.STEPS);
		assertThat(channel.isOpen()).isTrue();
		channel.close();
	}

	@Test
	void aSilentPeerIsGivenUpOn() {
		EmbeddedChannel channel = opening();
		RedisHandshakeHandler handler = channel.pipeline().get(RedisHandshakeHandler.class);
		steps(channel, ConnectTimeout.STEPS - 1);
		assertThat(channel.isOpen()).isTrue();
		steps(channel, 1);
		assertThat(channel.isOpen()).isFalse();
		assertThat(handler.channelInitialized().toCompletableFuture()).isCompletedExceptionally()
			.failsWithin(Duration.ZERO)
			.withThrowableThat()
			.withMessageContaining("Connection initialization timed out after 1000 ms");
	}

	@Test
	void aPeerThatIsSilentUntilTheConnectTimeoutIsToldOfInOneWay() {
		assertThat(reasonOfASilentPeer(HANDSHAKE)).isInstanceOf(TimeoutException.class)
			.hasMessage("no connection to redis.example:6379 within the connect timeout (1000 ms)");
	}

	@Test
	void aPeerThatIsSilentForLongerThanACommandMayTakeIsToldOf() {
		assertThat(reasonOfASilentPeer(HANDSHAKE.multipliedBy(2)))
			.hasMessage("Connection initialization timed out after 1000 ms");
	}

	private Throwable reasonOfASilentPeer(Duration connectTimeout) {
		EmbeddedChannel channel = opening(connectTimeout);
		RedisHandshakeHandler handler = channel.pipeline().get(RedisHandshakeHandler.class);
		steps(channel, ConnectTimeout.STEPS);
		Throwable reason = timeout(connectTimeout, Runnable::run)
			.translated(handler.channelInitialized().toCompletableFuture())
			.handle((success, ex) -> ex)
			.join();
		return (reason instanceof CompletionException) ? reason.getCause() : reason;
	}

	@Test
	void theTimeOfAnEventLoopThatIsStarvedIsNotThatOfTheServer() throws InterruptedException {
		BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
		EventLoop starved = Mockito.mock(EventLoop.class);
		BDDMockito.willAnswer((call) -> tasks.add(call.getArgument(0))).given(starved).execute(ArgumentMatchers.any());
		Channel channel = Mockito.mock(Channel.class);
		BDDMockito.given(channel.eventLoop()).willReturn(starved);
		BDDMockito.given(channel.closeFuture()).willReturn(Mockito.mock(ChannelFuture.class));
		ConnectTimeout timeout = timeout(Duration.ofMillis(200), Runnable::run);
		timeout.watch(channel, Mockito.mock(ChannelFuture.class), HANDSHAKE);
		timeout.bound(this.opened);
		for (int step = 0; step < ConnectTimeout.STEPS; step++) {
			assertThat(this.opened).isNotDone();
			tasks.take().run();
		}
		assertThat(this.opened).failsWithin(Duration.ofSeconds(30));
	}

	@Test
	void anEventLoopThatHasEndedIsNotWaitedFor() {
		assertThat(ConnectTimeout.turn((task) -> {
			throw new RejectedExecutionException();
		})).isCompleted();
	}

	private EmbeddedChannel opening() {
		return opening(HANDSHAKE);
	}

	private EmbeddedChannel opening(Duration connectTimeout) {
		ClientResources resources = Mockito.mock(ClientResources.class);
		BDDMockito.given(resources.timer()).willReturn(Mockito.mock(Timer.class));
		EmbeddedChannel channel = new EmbeddedChannel(
				new RedisHandshakeHandler((ignored) -> this.handshake, resources, Duration.ofMinutes(1)));
		channel.freezeTime();
		timeout(connectTimeout, Runnable::run).watch(channel, channel.newSucceededFuture(), HANDSHAKE);
		channel.runPendingTasks();
		return channel;
	}

	private static void steps(EmbeddedChannel channel, int steps) {
		for (int step = 0; step < steps; step++) {
			channel.advanceTimeBy(HANDSHAKE.toMillis() / ConnectTimeout.STEPS, TimeUnit.MILLISECONDS);
			channel.runScheduledPendingTasks();
		}
	}

	private static ConnectTimeout timeout(Duration duration, Executor executor) {
		return new ConnectTimeout("redis.example:6379", duration, executor);
	}

}
