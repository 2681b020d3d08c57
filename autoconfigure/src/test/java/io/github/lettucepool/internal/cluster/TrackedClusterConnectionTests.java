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

package io.github.lettucepool.internal.cluster;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.cluster.ClusterPushHandler;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.json.JsonParser;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.tracing.Tracing;
import io.netty.util.concurrent.EventExecutorGroup;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.lettucepool.internal.driven.DrivenEventLoop;
import io.github.lettucepool.internal.driven.IdleDriver;
import io.github.lettucepool.internal.lettuce.NodeConnection;
import io.github.lettucepool.internal.transport.SendOrder;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TrackedClusterConnection}, whose commands go as far as a test says.
 */
@Tag("unit")
class TrackedClusterConnectionTests {

	private final RedisChannelWriter writer = Mockito.mock(RedisChannelWriter.class);

	private final PooledClusterClient client = Mockito.mock(PooledClusterClient.class);

	private final EventExecutorGroup executor = Mockito.mock(EventExecutorGroup.class);

	private final List<RedisCommand<?, ?, ?>> written = new ArrayList<>();

	private final List<Callable<?>> scheduled = new ArrayList<>();

	private TrackedClusterConnection<String, String> connection;

	TrackedClusterConnectionTests() {
		ClientResources resources = Mockito.mock(ClientResources.class);
		BDDMockito.given(resources.tracing()).willReturn(Tracing.disabled());
		BDDMockito.given(resources.eventExecutorGroup()).willReturn(this.executor);
		BDDMockito.given(this.executor.schedule(ArgumentMatchers.<Callable<Object>>any(), ArgumentMatchers.anyLong(),
				ArgumentMatchers.any(TimeUnit.class)))
			.willAnswer((call) -> {
				this.scheduled.add(call.getArgument(0));
				return null;
			});
		BDDMockito.given(this.writer.getClientResources()).willReturn(resources);
		BDDMockito.given(this.writer.closeAsync()).willReturn(CompletableFuture.completedFuture(null));
		BDDMockito.given(this.writer.write(ArgumentMatchers.<RedisCommand<Object, Object, Object>>any()))
			.willAnswer((call) -> {
				this.written.add(call.getArgument(0));
				return call.getArgument(0);
			});
		this.connection = connection(null);
	}

	private TrackedClusterConnection<String, String> connection(@Nullable DrivenEventLoop eventLoop) {
		return new TrackedClusterConnection<>(this.writer, Mockito.mock(ClusterPushHandler.class), StringCodec.UTF8,
				Duration.ofSeconds(3), () -> Mockito.mock(JsonParser.class), null, this.client, eventLoop);
	}

	@Test
	void itsUserDrivesAllPartsUntilItIsClosed() {
		try (IdleDriver idleDriver = new IdleDriver("driven-cluster-tests")) {
			DrivenEventLoop eventLoop = idleDriver.newLastingEventLoop();
			this.connection = connection(eventLoop);
			NodeConnection<String, String> node = new NodeConnection<>(this.writer, Mockito.mock(PushHandler.class),
					StringCodec.UTF8, Duration.ofSeconds(3), () -> Mockito.mock(JsonParser.class), this.connection,
					null);
			assertThat(node.eventLoop()).isSameAs(eventLoop);
			this.connection.closeForGood();
			assertThat(this.connection.eventLoop()).isNull();
			assertThat(eventLoop.isShuttingDown()).isTrue();
		}
	}

	@Test
	void itIsOpenWithoutItsFirstSocketAsLongAsItHasANodeIfItIsShared() {
		this.connection.deactivated();
		assertThat(this.connection.isOpen()).isFalse();
		this.connection.nodeOpened(Mockito.mock(NodeConnection.class));
		assertThat(this.connection.isOpen()).isFalse();
		this.connection.share(new SendOrder());
		assertThat(this.connection.isOpen()).isTrue();
		this.connection.closeForGood();
		assertThat(this.connection.isOpen()).isFalse();
	}

	@Test
	void itIsClosedOnce() {
		this.connection.closeForGood();
		assertThat(this.connection.closeForGood()).isCompleted();
		Mockito.verify(this.writer).closeAsync();
	}

	@Test
	void aNodeThatIsLostEndsIt() {
		this.connection.activated();
		this.connection.nodeOpened(Mockito.mock(NodeConnection.class));
		this.connection.nodeLost(null);
		Mockito.verify(this.client).trouble();
		assertThat(this.connection.isOpen()).isFalse();
	}

	@Test
	void aNodeThatIsLostDoesNotEndASharedConnection() {
		this.connection.share(new SendOrder());
		this.connection.activated();
		this.connection.nodeLost(null);
		Mockito.verify(this.executor).execute(ArgumentMatchers.any());
		Mockito.verify(this.client).trouble();
		assertThat(this.connection.isOpen()).isTrue();
	}

	@Test
	void afterItsEndNothingThatEndsIsTrouble() {
		AsyncCommand<String, String, String> get = send();
		this.connection.closeForGood();
		this.connection.deactivated();
		this.connection.nodeLost(null);
		assertThat(this.connection.nodeLeft(Mockito.mock(NodeConnection.class))).isFalse();
		fail(new IOException("reset"));
		assertThat(get).isCompletedExceptionally();
		Mockito.verifyNoInteractions(this.client);
	}

	@Test
	void aLossOnTheWayIsAReasonToLookAtTheTopologyAndAFailureOfTheApplicationsIsNot() {
		send();
		fail(new IllegalStateException("output"));
		Mockito.verifyNoInteractions(this.client);
		send();
		fail(new IOException("reset"));
		Mockito.verify(this.client).trouble();
		send();
		fail(new RedisConnectionException("refused"));
		Mockito.verify(this.client, Mockito.times(2)).trouble();
	}

	@Test
	void aReplyThatIsLateIsOutstandingUnlessItsConnectionIsShared() {
		send();
		fail(new RedisCommandTimeoutException("3 s"));
		assertThat(this.connection.inFlight()).isEqualTo(1);
		this.connection = connection(null);
		this.connection.share(new SendOrder());
		send();
		fail(new RedisCommandTimeoutException("3 s"));
		assertThat(this.connection.inFlight()).isZero();
	}

	@Test
	void whileASlotMovesACommandIsSentAgain() throws Exception {
		AsyncCommand<String, String, String> get = send();
		answer("TRYAGAIN Multiple keys request during rehashing of slot");
		assertThat(get).isNotDone();
		Mockito.verifyNoInteractions(this.client);
		this.scheduled.remove(0).call();
		answer("CLUSTERDOWN Hash slot not served");
		assertThat(get).isNotDone();
		Mockito.verify(this.client).trouble();
		this.scheduled.remove(0).call();
		answer(null);
		assertThat(this.written).hasSize(3);
		assertThat(get).isCompleted();
	}

	@Test
	void aCommandThatNobodyWaitsForIsNotSentAgain() {
		send().cancel(true);
		answer("TRYAGAIN");
		assertThat(this.scheduled).isEmpty();
		assertThat(this.connection.inFlight()).isZero();
	}

	@Test
	void aCommandIsNotSentAgainForEver() throws Exception {
		AsyncCommand<String, String, String> get = send();
		answer("TRYAGAIN");
		while (!this.scheduled.isEmpty()) {
			this.scheduled.remove(0).call();
			answer("TRYAGAIN");
		}
		assertThat(get).isCompletedExceptionally();
		assertThat(this.written).hasSize(201);
	}

	@Test
	void anyOtherErrorIsAnAnswer() {
		AsyncCommand<String, String, String> get = send();
		answer("WRONGTYPE Operation against a key holding the wrong kind of value");
		assertThat(get).isCompletedExceptionally();
		assertThat(this.scheduled).isEmpty();
	}

	private AsyncCommand<String, String, String> send() {
		AsyncCommand<String, String, String> get = new AsyncCommand<>(
				new Command<>(CommandType.GET, new StatusOutput<>(StringCodec.UTF8)));
		this.connection.dispatch((RedisCommand<String, String, String>) get);
		return get;
	}

	private void answer(String error) {
		RedisCommand<?, ?, ?> last = last();
		if (error != null) {
			last.getOutput().setError(error);
		}
		last.complete();
	}

	private void fail(Throwable failure) {
		last().completeExceptionally(failure);
	}

	private RedisCommand<?, ?, ?> last() {
		return this.written.get(this.written.size() - 1);
	}

}
