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

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.push.PushListener;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.MapOutput;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ConnectionFacade;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnectionImpl;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.tracing.Tracing;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ReplyReader}.
 */
@Tag("unit")
@ExtendWith(OutputCaptureExtension.class)
class ReplyReaderTests {

	private final ClientResources resources = Mockito.mock(ClientResources.class);

	private final ConnectionFacade facade = Mockito.mock(ConnectionFacade.class);

	private EmbeddedChannel channel = channel(false);

	private DefaultEndpoint endpoint;

	private EmbeddedChannel channel(boolean reconnects) {
		BDDMockito.given(this.resources.commandLatencyRecorder()).willReturn(CommandLatencyRecorder.disabled());
		BDDMockito.given(this.resources.tracing()).willReturn(Tracing.disabled());
		ClientOptions options = ClientOptions.builder().autoReconnect(reconnects).build();
		this.endpoint = new DefaultEndpoint(options, this.resources);
		this.endpoint.setConnectionFacade(this.facade);
		return new EmbeddedChannel(new ReplyReader(options, this.resources, this.endpoint, null));
	}

	private void reconnecting() {
		this.channel.finishAndReleaseAll();
		this.channel = channel(true);
	}

	@AfterEach
	void close() {
		this.channel.finishAndReleaseAll();
	}

	@Test
	void repliesAreGivenToTheirCommandsInOrder() {
		CompletableFuture<String> first = send(new ValueOutput<>(StringCodec.UTF8));
		CompletableFuture<String> second = send(new ValueOutput<>(StringCodec.UTF8));
		receive("$1\r\na\r\n$1\r", "\nb\r\n");
		assertThat(first).isCompletedWithValue("a");
		assertThat(second).isCompletedWithValue("b");
	}

	@Test
	void aCommandWhoseOutputFailsFailsWhenItsReplyHasBeenReadToTheEnd() {
		CompletableFuture<List<String>> failing = send(new FailingList());
		CompletableFuture<String> next = send(new ValueOutput<>(StringCodec.UTF8));
		receive("*2\r\n$1\r\na\r\n");
		assertThat(failing).isNotDone();
		receive("$1\r\nb\r\n$1\r\nc\r\n");
		assertThat(failing).isCompletedExceptionally();
		assertThat(failure(failing)).isInstanceOf(StackOverflowError.class);
		assertThat(next).isCompletedWithValue("c");
		assertThat(this.channel.isActive()).isTrue();
	}

	@Test
	void aReplyThatIsNoneFailsItsCommandLastAndClosesTheConnection(CapturedOutput output) {
		CompletableFuture<String> first = send(new ValueOutput<>(StringCodec.UTF8));
		CompletableFuture<String> second = send(new ValueOutput<>(StringCodec.UTF8));
		CompletableFuture<Boolean> deactivated = first.handle((value, ex) -> isDeactivated());
		receive("no reply\r\n");
		assertThat(this.channel.isActive()).isFalse();
		assertThat(failure(first)).isInstanceOf(RedisException.class)
			.hasMessage("The reply to GET could not be read; its connection was closed")
			.hasRootCauseMessage("Invalid first byte: 110 (n) at buffer index 1 decoding using null");
		assertThat(deactivated).isCompletedWithValue(true);
		assertThat(failure(second)).isInstanceOf(RedisConnectionException.class)
			.hasMessage("The connection was lost before the reply arrived")
			.hasCauseInstanceOf(RedisException.class);
		assertThat(output).containsOnlyOnce("is closed, since it failed");
	}

	private boolean isDeactivated() {
		return Mockito.mockingDetails(this.facade)
			.getInvocations()
			.stream()
			.anyMatch((call) -> call.getMethod().getName().equals("deactivated"));
	}

	@Test
	void aReplyThatThereIsNoMemoryForIsNotReadOn() {
		CompletableFuture<String> first = send(new ValueOutput<>(StringCodec.UTF8));
		CompletableFuture<String> second = send(new ValueOutput<>(StringCodec.UTF8));
		this.channel.writeOneInbound(new UnpooledHeapByteBuf(UnpooledByteBufAllocator.DEFAULT, 1, 1) {

			@Override
			public boolean isReadable() {
				throw new OutOfMemoryError("for the test");
			}

		});
		// What a handler in front of it has decrypted already.
		this.channel.writeOneInbound(Unpooled.copiedBuffer("$1\r\na\r\n$1\r\nb\r\n", StandardCharsets.US_ASCII));
		this.channel.runPendingTasks();
		assertThat(failure(first)).hasRootCauseInstanceOf(OutOfMemoryError.class);
		assertThat(failure(second)).isInstanceOf(RedisConnectionException.class);
	}

	@Test
	void afterTheFailureOfAnotherHandlerNoCommandIsTheOneToBlame() {
		CompletableFuture<String> first = send(new ValueOutput<>(StringCodec.UTF8));
		CompletableFuture<String> second = send(new ValueOutput<>(StringCodec.UTF8));
		this.channel.pipeline().fireExceptionCaught(new OutOfMemoryError("for the test"));
		this.channel.runPendingTasks();
		assertThat(List.of(first, second))
			.allSatisfy((lost) -> assertThat(failure(lost)).isInstanceOf(RedisConnectionException.class)
				.hasRootCauseInstanceOf(OutOfMemoryError.class));
	}

	@Test
	void anErrorOfTheNetworkIsNotWorthAWarning(CapturedOutput output) {
		CompletableFuture<String> lost = send(new ValueOutput<>(StringCodec.UTF8));
		this.channel.pipeline().fireExceptionCaught(new IOException("Connection reset"));
		this.channel.runPendingTasks();
		assertThat(failure(lost)).isInstanceOf(RedisConnectionException.class).hasRootCauseMessage("Connection reset");
		assertThat(output).doesNotContain("since it failed");
	}

	@Test
	void noHandlerDelaysTheEndOfTheConnection() {
		this.channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {

			@Override
			public void close(ChannelHandlerContext context, ChannelPromise promise) {
				// Says goodbye first, as TLS does.
			}

		});
		this.channel.pipeline().fireExceptionCaught(new OutOfMemoryError("for the test"));
		assertThat(this.channel.isActive()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "*2\r\n", "*2\r\n$1\r\na\r\n", "*2\r\n$1\r\na\r\n$1" })
	void aCommandOfWhoseReplyAPartHasArrivedIsNotKept(String part) {
		reconnecting();
		// Keeps a key aside until its value comes.
		CompletableFuture<Map<String, String>> begun = send(new MapOutput<>(StringCodec.UTF8));
		CompletableFuture<String> next = send(new ValueOutput<>(StringCodec.UTF8));
		receive(part);
		this.channel.close();
		assertThat(failure(begun)).isInstanceOf(PartialReplyException.class)
			.hasMessage("The connection was lost in the middle of the reply to GET");
		assertThat(next).isNotDone();
	}

	@Test
	void aCommandOfWhoseReplyOnlyTheLengthHasArrivedIsKept() {
		reconnecting();
		CompletableFuture<String> first = send(new ValueOutput<>(StringCodec.UTF8));
		CompletableFuture<String> underWay = send(new ValueOutput<>(StringCodec.UTF8));
		receive("$1\r\na\r\n$3\r\nab");
		this.channel.close();
		assertThat(first).isCompletedWithValue("a");
		assertThat(underWay).isNotDone();
	}

	@Test
	void whatIsUnderWayIsKeptForAReconnect() {
		reconnecting();
		CompletableFuture<String> underWay = send(new ValueOutput<>(StringCodec.UTF8));
		this.channel.pipeline().fireExceptionCaught(new OutOfMemoryError("for the test"));
		this.channel.runPendingTasks();
		assertThat(this.channel.isActive()).isFalse();
		assertThat(underWay).isNotDone();
		assertThat(this.endpoint.isClosed()).isFalse();
	}

	@Test
	void aListenerThatFailsAtAPushMessageDisturbsNobody() {
		this.endpoint.addListener((PushListener) (message) -> {
			throw new StackOverflowError("no listener");
		});
		CompletableFuture<String> first = send(new ValueOutput<>(StringCodec.UTF8));
		receive(">2\r\n$4\r\nnews\r\n$1\r\na\r\n$1\r\nb\r\n");
		assertThat(first).isCompletedWithValue("b");
		assertThat(this.channel.isActive()).isTrue();
	}

	@Test
	void aCommandWithoutAnOutputHasEndedWhenItIsSent() {
		AsyncCommand<String, String, String> command = new AsyncCommand<>(new Command<>(CommandType.GET, null, null));
		this.channel.writeOutbound(command);
		assertThat(command.toCompletableFuture()).isDone();
	}

	@Test
	void subscriptionsKeepTheirOwnHandler() {
		ConnectionBuilder builder = Mockito.spy(ConnectionBuilder.connectionBuilder());
		ReplyReader.install(builder.connection(Mockito.mock(StatefulRedisPubSubConnectionImpl.class)));
		Mockito.verify(builder, Mockito.never()).commandHandler(Mockito.any());
		ReplyReader.install(builder.connection(Mockito.mock(RedisChannelHandler.class)));
		Mockito.verify(builder).commandHandler(Mockito.any());
	}

	private <T> CompletableFuture<T> send(CommandOutput<String, String, T> output) {
		AsyncCommand<String, String, T> command = new AsyncCommand<>(
				new Command<>(CommandType.GET, output, new CommandArgs<>(StringCodec.UTF8).addKey("key")));
		this.channel.writeOutbound(command);
		return command.toCompletableFuture();
	}

	private void receive(String... parts) {
		for (String part : parts) {
			this.channel.writeOneInbound(Unpooled.copiedBuffer(part, StandardCharsets.US_ASCII));
		}
		this.channel.runPendingTasks();
	}

	private static Throwable failure(CompletableFuture<?> failed) {
		return failed.handle((value, ex) -> ex).getNow(null);
	}

	private static final class FailingList extends ValueListOutput<String, String> {

		private FailingList() {
			super(StringCodec.UTF8);
		}

		@Override
		public void set(ByteBuffer bytes) {
			throw new StackOverflowError("no value");
		}

	}

}
