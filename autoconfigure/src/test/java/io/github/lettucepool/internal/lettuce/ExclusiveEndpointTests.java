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
package io.github.lettucepool.internal.lettuce;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ConnectionFacade;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ExclusiveEndpoint}, on a connection that leads nowhere.
 */
@Tag("unit")
class ExclusiveEndpointTests {

	private static final ClientResources resources = DefaultClientResources.create();

	private final EmbeddedChannel channel = new EmbeddedChannel();

	@AfterAll
	static void shutdown() {
		resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@Test
	void commandsLeaveTogetherInOrder() {
		ExclusiveEndpoint endpoint = connected(ClientOptions.create());
		AsyncCommand<String, String, String> alone = command();
		assertThat(endpoint.write(alone)).isSameAs(alone);
		assertThat(endpoint.write(List.of(command(), command()))).hasSize(2);
		this.channel.runPendingTasks();
		assertThat(this.channel.<List<?>>readOutbound())
			.satisfies((batch) -> assertThat((Object) batch.get(0)).isSameAs(alone))
			.hasSize(3);
		assertThat(endpoint.eventLoop()).isNull();
	}

	@Test
	void commandsThatWereHeldBackLeaveInOrderWithThoseThatWereNot() {
		ExclusiveEndpoint endpoint = connected(ClientOptions.create());
		endpoint.setAutoFlushCommands(false);
		AsyncCommand<String, String, String> alone = command();
		endpoint.write(alone);
		endpoint.write(List.of(command(), command()));
		this.channel.runPendingTasks();
		assertThat(this.channel.<Object>readOutbound()).isNull();
		endpoint.flushCommands();
		endpoint.setAutoFlushCommands(true);
		endpoint.write(command());
		this.channel.runPendingTasks();
		assertThat(this.channel.<List<?>>readOutbound())
			.satisfies((batch) -> assertThat((Object) batch.get(0)).isSameAs(alone))
			.hasSize(4);
	}

	@Test
	void commandsThatAreHeldBackFailWhenTheConnectionIsClosed() {
		ExclusiveEndpoint endpoint = connected(ClientOptions.create());
		endpoint.setAutoFlushCommands(false);
		AsyncCommand<String, String, String> command = command();
		endpoint.write(command);
		endpoint.close();
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> command.get(30, TimeUnit.SECONDS))
			.withCauseInstanceOf(RedisConnectionException.class)
			.withMessageContaining("The connection was closed before the reply to PING arrived");
	}

	@Test
	void commandsGoLettucesWayWhereItCountsThem() {
		ExclusiveEndpoint endpoint = connected(ClientOptions.builder().requestQueueSize(3).build());
		AsyncCommand<String, String, String> command = command();
		endpoint.write(command);
		endpoint.write(List.of(command(), command()));
		endpoint.flushCommands();
		this.channel.runPendingTasks();
		assertThat(this.channel.<Object>readOutbound()).isSameAs(command);
	}

	@Test
	void ofABatchThatIsTooLargeNothingIsSent() {
		ExclusiveEndpoint endpoint = connected(ClientOptions.builder().requestQueueSize(3).build());
		List<AsyncCommand<String, String, String>> batch = List.of(command(), command(), command(), command());
		endpoint.write(batch);
		this.channel.runPendingTasks();
		assertThat(batch).allMatch(AsyncCommand::isCompletedExceptionally);
		assertThat(this.channel.<Object>readOutbound()).isNull();
	}

	@Test
	void commandsFailOnAConnectionThatIsClosed() {
		ExclusiveEndpoint endpoint = connected(ClientOptions.create());
		endpoint.close();
		AsyncCommand<String, String, String> alone = command();
		endpoint.write(alone);
		AsyncCommand<String, String, String> one = command();
		endpoint.write(List.of(one));
		endpoint.flushCommands();
		assertThat(List.of(alone, one))
			.allSatisfy((command) -> assertThat(command.handle((reply, ex) -> ex).toCompletableFuture().join())
				.isInstanceOf(RedisException.class));
	}

	private ExclusiveEndpoint connected(ClientOptions options) {
		ExclusiveEndpoint endpoint = new ExclusiveEndpoint(options, resources);
		endpoint.setConnectionFacade(Mockito.mock(ConnectionFacade.class));
		endpoint.notifyChannelActive(this.channel);
		return endpoint;
	}

	private static AsyncCommand<String, String, String> command() {
		return new AsyncCommand<>(new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8)));
	}

}
