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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link NodeWriter}.
 */
@Tag("unit")
class NodeWriterTests {

	private final RedisChannelWriter endpoint = Mockito.mock(RedisChannelWriter.class);

	private final List<RedisCommand<?, ?, ?>> unsent = new ArrayList<>();

	private final List<Object> written = new ArrayList<>();

	private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelOutboundHandlerAdapter() {

		@Override
		public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
			NodeWriterTests.this.written.add(message);
			promise.setSuccess();
		}

	});

	private final NodeWriter writer = new NodeWriter(this.endpoint, this.unsent::add);

	@Test
	void beforeTheConnectionIsOpenCommandsAreLeftToTheEndpoint() {
		RedisCommand<String, String, String> command = command();
		this.writer.write(command);
		BDDMockito.then(this.endpoint).should().write(command);
	}

	@Test
	void commandsOfSeveralCallersLeaveTogether() {
		this.writer.opened(this.channel);
		RedisCommand<String, String, String> first = command();
		RedisCommand<String, String, String> second = command();
		this.writer.write(first);
		this.writer.write(second);
		this.channel.runPendingTasks();
		assertThat(this.written).containsExactly(List.of(first, second));
		BDDMockito.then(this.endpoint).shouldHaveNoInteractions();
	}

	@Test
	void aCancelledCommandIsNotSent() {
		this.writer.opened(this.channel);
		AsyncCommand<String, String, String> cancelled = new AsyncCommand<>(command());
		this.writer.write((RedisCommand<String, String, String>) cancelled);
		cancelled.cancel();
		this.channel.runPendingTasks();
		assertThat(this.written).isEmpty();
		assertThat(this.unsent).isEmpty();
	}

	@Test
	void whatWasNotSentWhenTheConnectionBrokeGoesAnotherWay() {
		this.writer.opened(this.channel);
		RedisCommand<String, String, String> command = command();
		this.writer.write(command);
		this.channel.pipeline().close();
		this.channel.runPendingTasks();
		assertThat(this.unsent).containsExactly(command);
		RedisCommand<String, String, String> late = command();
		this.writer.write(late);
		BDDMockito.then(this.endpoint).should().write(late);
	}

	@Test
	void withoutAutomaticFlushesCommandsKeepTheirPlace() {
		this.writer.opened(this.channel);
		RedisCommand<String, String, String> first = command();
		this.writer.write(first);
		this.writer.setAutoFlushCommands(false);
		BDDMockito.then(this.endpoint).should().setAutoFlushCommands(false);
		List<RedisCommand<String, String, ?>> held = List.of(command(), command());
		this.writer.write(held.get(0));
		this.writer.write(held.subList(1, 2));
		this.channel.runPendingTasks();
		assertThat(this.written).containsExactly(List.of(first));
		this.writer.flushCommands();
		this.writer.setAutoFlushCommands(true);
		RedisCommand<String, String, String> last = command();
		this.writer.write(last);
		this.channel.runPendingTasks();
		assertThat(this.written).containsExactly(List.of(first), List.of(held.get(0), held.get(1), last));
	}

	@Test
	void whatIsHeldBackFailsWithTheConnection() {
		this.writer.opened(this.channel);
		this.writer.setAutoFlushCommands(false);
		AsyncCommand<String, String, String> held = new AsyncCommand<>(command());
		this.writer.write((RedisCommand<String, String, String>) held);
		this.writer.closeAsync();
		assertThat(held.toCompletableFuture()).failsWithin(Duration.ZERO)
			.withThrowableThat()
			.withCauseInstanceOf(RedisConnectionException.class)
			.withMessageContaining("before PING was sent");
	}

	@Test
	void beforeTheConnectionIsOpenTheEndpointHoldsCommandsBack() {
		this.writer.setAutoFlushCommands(false);
		List<RedisCommand<String, String, ?>> commands = List.of(command());
		this.writer.write(commands);
		this.writer.flushCommands();
		BDDMockito.then(this.endpoint).should().write(commands);
		BDDMockito.then(this.endpoint).should().flushCommands();
	}

	@Test
	void severalCommandsAtOnceStayNextToEachOther() {
		this.writer.opened(this.channel);
		List<RedisCommand<String, String, ?>> commands = List.of(command(), command());
		this.writer.write(commands);
		BDDMockito.then(this.endpoint).should().write(commands);
	}

	@Test
	@SuppressWarnings("deprecation")
	void theRestIsTheEndpoints() {
		this.writer.setConnectionFacade(null);
		this.writer.getClientResources();
		this.writer.closeAsync();
		this.writer.close();
		BDDMockito.then(this.endpoint).should().setConnectionFacade(null);
		BDDMockito.then(this.endpoint).should().getClientResources();
		BDDMockito.then(this.endpoint).should().closeAsync();
		BDDMockito.then(this.endpoint).should().close();
	}

	private static RedisCommand<String, String, String> command() {
		return new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8));
	}

}
