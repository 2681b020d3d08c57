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
package io.github.lettucepool.internal.springdata;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Stream;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisAsyncCommandsImpl;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.lettucepool.internal.shared.SharedLane;
import io.github.lettucepool.internal.transport.ConnectTimeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link SharedFront}, on a connection that fails.
 */
@Tag("unit")
@SuppressWarnings("unchecked")
class SharedFrontTests {

	private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor();

	private final StatefulRedisConnection<String, String> connection = Mockito.mock();

	private final IllegalStateException error = new IllegalStateException("ConnectionProvider is already closed");

	private SharedFront<String, String> front;

	@BeforeEach
	void open() {
		ClientOptions options = ClientOptions.create();
		BDDMockito.given(this.connection.isOpen()).willReturn(true);
		BDDMockito.given(this.connection.getOptions()).willReturn(options);
		BDDMockito.given(this.connection.async())
			.willReturn(new RedisAsyncCommandsImpl<>(this.connection, StringCodec.UTF8, options.getJsonParser()));
		SharedLane lane = lane(CompletableFuture.completedFuture(this.connection));
		lane.open().join();
		this.front = new SharedFront<>(Mockito.mock(RedisClient.class), StringCodec.UTF8, lane, null);
	}

	private SharedLane lane(CompletableFuture<StatefulConnection<?, ?>> opened) {
		return new SharedLane("test", 1, () -> opened, this.executor,
				new ConnectTimeout("redis.example:6379", Duration.ofSeconds(30), this.executor));
	}

	@AfterEach
	void shutdown() {
		this.executor.shutdownNow();
	}

	@Test
	void aConnectionThatIsClosedInBetweenIsSaidToBe() {
		fail(false);
		assertThatExceptionOfType(RedisConnectionException.class).isThrownBy(() -> this.front.send(command()))
			.withMessage("The connection was closed before GET was sent")
			.withCause(this.error);
		BDDMockito.given(this.connection.isOpen()).willReturn(true);
		assertThat(sendReactive()).isInstanceOf(RedisConnectionException.class)
			.hasMessage("The connection was closed before GET was sent")
			.hasCause(this.error);
	}

	@Test
	void anotherErrorIsHandedOn() {
		fail(true);
		assertThatThrownBy(() -> this.front.send(command())).isSameAs(this.error);
		assertThat(sendReactive()).isSameAs(this.error);
	}

	@Test
	void commandsThatWaitForAConnectionLeaveInOrderAndNoneOvertakesThem() {
		CompletableFuture<StatefulConnection<?, ?>> opened = new CompletableFuture<>();
		SharedLane lane = lane(opened);
		SharedFront<String, String> waiting = new SharedFront<>(Mockito.mock(RedisClient.class), StringCodec.UTF8, lane,
				null);
		List<RedisCommand<String, String, String>> commands = Stream.generate(SharedFrontTests::command)
			.<RedisCommand<String, String, String>>map(AsyncCommand::new)
			.limit(4)
			.toList();
		List<RedisCommand<?, ?, ?>> sent = new CopyOnWriteArrayList<>();
		BDDMockito.given(this.connection.dispatch(ArgumentMatchers.<RedisCommand<String, String, Object>>any()))
			.willAnswer((call) -> {
				sent.add(call.getArgument(0));
				if (sent.size() == 1) {
					waiting.sendReactive(commands.get(3));
				}
				return call.getArgument(0);
			});
		commands.subList(0, 3).forEach(waiting::sendReactive);
		assertThat(sent).isEmpty();
		opened.complete(this.connection);
		await().until(() -> sent.size() == 4);
		assertThat(sent).isEqualTo(commands);
		assertThat(lane.order().connection(Thread.currentThread())).isSameAs(this.connection);
	}

	private Throwable sendReactive() {
		AsyncCommand<String, String, String> command = new AsyncCommand<>(command());
		this.front.sendReactive(command);
		return command.handle((reply, ex) -> ex).toCompletableFuture().join();
	}

	private void fail(boolean open) {
		BDDMockito.given(this.connection.dispatch(ArgumentMatchers.<RedisCommand<String, String, Object>>any()))
			.willAnswer((call) -> {
				BDDMockito.given(this.connection.isOpen()).willReturn(open);
				throw this.error;
			});
	}

	private static Command<String, String, String> command() {
		return new Command<>(CommandType.GET, new ValueOutput<>(StringCodec.UTF8));
	}

}
