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
package io.github.lettucepool.internal.shared;

import java.util.AbstractList;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.ConnectionFacade;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.github.lettucepool.PoolSettings.Replay;
import io.github.lettucepool.internal.transport.SendOrder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link SharedEndpoint}, on a connection that leads nowhere.
 */
@ExtendWith(OutputCaptureExtension.class)
@Tag("unit")
class SharedEndpointTests {

	private static final ClientResources resources = DefaultClientResources.create();

	private final EmbeddedChannel channel = new EmbeddedChannel();

	private final SharedEndpoint endpoint = endpoint(ClientOptions.create());

	@BeforeEach
	void setConnection() {
		this.endpoint.setConnectionFacade(Mockito.mock(ConnectionFacade.class));
	}

	@AfterAll
	static void shutdown() {
		resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@Test
	void commandsFailAtOnceBeforeThereIsAConnection() {
		assertThat(this.endpoint.inFlight()).isZero();
		AsyncCommand<String, String, String> alone = command();
		assertThat(this.endpoint.write(alone)).isSameAs(alone);
		assertThatItIsNotConnected(alone);
		List<AsyncCommand<String, String, String>> several = List.of(command(), command());
		assertThat(this.endpoint.write(several)).hasSize(2);
		assertThat(several).allSatisfy(SharedEndpointTests::assertThatItIsNotConnected);
	}

	@Test
	void commandsFailAtOnceWhileTheConnectionIsLost() {
		this.endpoint.notifyChannelActive(this.channel);
		this.channel.close();
		AsyncCommand<String, String, String> alone = command();
		this.endpoint.write(alone);
		assertThatItIsNotConnected(alone);
		AsyncCommand<String, String, String> one = command();
		this.endpoint.write(List.of(one));
		assertThatItIsNotConnected(one);
		this.endpoint.notifyChannelInactive(this.channel);
		AsyncCommand<String, String, String> later = command();
		this.endpoint.write(later);
		assertThatItIsNotConnected(later);
	}

	@Test
	void commandsLeaveTogether() {
		this.endpoint.notifyChannelActive(this.channel);
		AsyncCommand<String, String, String> alone = command();
		this.endpoint.write(alone);
		List<AsyncCommand<String, String, String>> several = List.of(command(), command());
		this.endpoint.write(several);
		this.channel.runPendingTasks();
		assertThat(this.channel.<List<?>>readOutbound())
			.satisfies((batch) -> assertThat((Object) batch.get(0)).isSameAs(alone))
			.hasSize(3);
	}

	@Test
	void commandsThatAreWrittenTogetherHaveOneFate() {
		this.endpoint.notifyChannelActive(this.channel);
		List<AsyncCommand<String, String, String>> several = List.of(command(), command());
		this.endpoint.write(new AbstractList<AsyncCommand<String, String, String>>() {

			@Override
			public AsyncCommand<String, String, String> get(int index) {
				if (index == 1) {
					SharedEndpointTests.this.endpoint.notifyChannelInactive(SharedEndpointTests.this.channel);
				}
				return several.get(index);
			}

			@Override
			public int size() {
				return several.size();
			}

		});
		this.channel.close();
		assertThat(several.get(1).isDone()).isEqualTo(several.get(0).isDone());
	}

	@Test
	void theOrderOfAThreadEndsWithWhatItsSubscriberCancelsBeforeItIsSent() {
		this.endpoint.notifyChannelActive(this.channel);
		assertThatTheOrderEnds(this.channel::runPendingTasks);
	}

	@Test
	void theOrderOfAThreadEndsWithWhatItsSubscriberHasCancelledWhenTheConnectionIsLost() {
		this.endpoint.notifyChannelActive(this.channel);
		assertThatTheOrderEnds(this.channel::close);
	}

	@Test
	void theOrderOfAThreadEndsWithWhatItsSubscriberHasCancelledWhenItsReplyIsLost() {
		CommandHandler handler = Mockito.mock(CommandHandler.class);
		Queue<RedisCommand<?, ?, ?>> underWay = new ArrayDeque<>();
		BDDMockito.given(handler.getStack()).willReturn(underWay);
		this.channel.pipeline().addLast(handler);
		this.endpoint.notifyChannelActive(this.channel);
		Command<String, String, String> inner = new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8));
		CommandWrapper<String, String, String> command = new CommandWrapper<>(inner);
		SendOrder order = order(command);
		underWay.add(command);
		inner.cancel();
		assertThat(order.connection(Thread.currentThread())).isNotNull();
		this.endpoint.notifyChannelInactive(this.channel);
		assertThat(order.connection(Thread.currentThread())).isNull();
	}

	private void assertThatTheOrderEnds(Runnable event) {
		Command<String, String, String> inner = new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8));
		CommandWrapper<String, String, String> command = new CommandWrapper<>(inner);
		SendOrder order = order(command);
		this.endpoint.write(command);
		inner.cancel();
		assertThat(order.connection(Thread.currentThread())).isNotNull();
		event.run();
		this.channel.runPendingTasks();
		assertThat(order.connection(Thread.currentThread())).isNull();
	}

	private static SendOrder order(RedisCommand<?, ?, ?> command) {
		StatefulConnection<?, ?> connection = Mockito.mock();
		BDDMockito.given(connection.isOpen()).willReturn(true);
		SendOrder order = new SendOrder();
		order.underWay(Thread.currentThread(), connection, command);
		return order;
	}

	@Test
	void commandsAreHeldBackWhileAutoFlushIsOff() {
		this.endpoint.notifyChannelActive(this.channel);
		this.endpoint.setAutoFlushCommands(false);
		this.endpoint.write(command());
		this.endpoint.write(List.of(command(), command()));
		this.channel.runPendingTasks();
		assertThat(this.channel.<Object>readOutbound()).isNull();
		this.endpoint.flushCommands();
		this.channel.runPendingTasks();
		assertThat(this.channel.<Object>readOutbound()).isNotNull();
	}

	@Test
	void commandsThatAreHeldBackFailWhenTheConnectionIsClosed() {
		this.endpoint.notifyChannelActive(this.channel);
		this.endpoint.setAutoFlushCommands(false);
		AsyncCommand<String, String, String> command = command();
		this.endpoint.write(command);
		this.endpoint.close();
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> command.get(30, TimeUnit.SECONDS))
			.withCauseInstanceOf(RedisConnectionException.class)
			.withMessageContaining("The connection was closed before the reply to PING arrived");
	}

	@Test
	void commandsGoLettucesWayWhereItCountsThem() {
		SharedEndpoint counting = endpoint(ClientOptions.builder().requestQueueSize(1).build());
		counting.setConnectionFacade(Mockito.mock(ConnectionFacade.class));
		counting.notifyChannelActive(this.channel);
		AsyncCommand<String, String, String> command = command();
		counting.write(command);
		this.channel.runPendingTasks();
		assertThat(this.channel.<Object>readOutbound()).isSameAs(command);
	}

	@Test
	void aServerThatIsNoMasterAnyMoreIsLeftOnceASecond() {
		this.endpoint.answered("READONLY You can't write against a read only replica.");
		this.endpoint.notifyChannelActive(this.channel);
		this.endpoint.answered("ERR unknown");
		assertThat(this.channel.isOpen()).isTrue();
		this.endpoint.answered("READONLY You can't write against a read only replica.");
		assertThat(this.channel.isOpen()).isFalse();
		this.endpoint.notifyChannelInactive(this.channel);
		EmbeddedChannel next = new EmbeddedChannel();
		this.endpoint.notifyChannelActive(next);
		this.endpoint.answered("READONLY You can't write against a read only replica.");
		assertThat(next.isOpen()).isTrue();
	}

	@Test
	void aNodeOfAClusterThatIsUsedAsASingleServerIsToldOnce(CapturedOutput output) {
		this.endpoint.answered("MOVED 866 127.0.0.1:7001");
		assertThat(output).doesNotContain("is a node of a cluster");
		this.endpoint.notifyChannelActive(this.channel);
		this.endpoint.answered("MOVED 866 127.0.0.1:7001");
		this.endpoint.answered("MOVED 867 127.0.0.1:7001");
		assertThat(output).containsOnlyOnce("is a node of a cluster: it answered 'MOVED 866 127.0.0.1:7001'");
	}

	@Test
	void aConnectionThatEndsAfterTheClientResourcesEndsWithoutAnError(CapturedOutput output) throws Exception {
		ClientResources own = DefaultClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2).build();
		SharedEndpoint endpoint = endpoint(ClientOptions.create(), own);
		endpoint.setConnectionFacade(Mockito.mock(ConnectionFacade.class));
		endpoint.notifyChannelActive(this.channel);
		own.shutdown(0, 0, TimeUnit.SECONDS).get(30, TimeUnit.SECONDS);
		this.channel.close();
		endpoint.notifyChannelInactive(this.channel);
		AsyncCommand<String, String, String> command = command();
		endpoint.write(command);
		assertThatItIsNotConnected(command);
		assertThat(output).doesNotContain("onErrorDropped");
	}

	@Test
	void theEndOfAnEarlierConnectionLeavesTheNextAlone() {
		this.endpoint.notifyChannelActive(this.channel);
		EmbeddedChannel next = new EmbeddedChannel();
		this.endpoint.notifyChannelActive(next);
		this.channel.close();
		this.endpoint.notifyChannelInactive(this.channel);
		AsyncCommand<String, String, String> command = command();
		this.endpoint.write(command);
		next.runPendingTasks();
		assertThat(next.<Object>readOutbound()).isNotNull();
		assertThat(command.isDone()).isFalse();
	}

	private static SharedEndpoint endpoint(ClientOptions options) {
		return endpoint(options, resources);
	}

	private static SharedEndpoint endpoint(ClientOptions options, ClientResources resources) {
		return new SharedEndpoint(options, resources, new ReplayFilter(Replay.NONE, options));
	}

	private static AsyncCommand<String, String, String> command() {
		return new AsyncCommand<>(new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8)));
	}

	private static void assertThatItIsNotConnected(AsyncCommand<String, String, String> command) {
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> command.get(30, TimeUnit.SECONDS))
			.withCauseInstanceOf(RedisConnectionException.class)
			.withMessageContaining("The connection is lost and is being opened again");
	}

}
