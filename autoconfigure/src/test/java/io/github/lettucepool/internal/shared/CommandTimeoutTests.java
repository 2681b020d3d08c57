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

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ByteArrayOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.buffer.ByteBuf;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Subscription;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import reactor.core.publisher.BaseSubscriber;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSettings.Replay;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Whatever happens, nobody waits for ever on a shared connection, and a connection whose
 * commands timed out goes on with the right replies.
 */
@Tag("slow")
@Timeout(300)
class CommandTimeoutTests {

	private static final Duration HANGS = Duration.ofMinutes(1);

	private static final Class<?>[] TIMEOUTS = { QueryTimeoutException.class, RedisCommandTimeoutException.class };

	private static final int KEYS = 100;

	@Redis(own = true)
	private static RedisServer server;

	private static ClientResources resources;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private PooledLettuceConnectionFactory factory;

	@BeforeAll
	static void startServer() {
		resources = DefaultClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2).build();
	}

	@AfterAll
	static void stopServer() {
		resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@BeforeEach
	void setKeys() {
		server.start();
		server.execute("FLUSHALL");
		for (int i = 0; i < KEYS; i++) {
			server.execute("SET", "key" + i, "value" + i);
		}
	}

	@AfterEach
	void stop() {
		server.resume();
		this.threads.shutdownNow();
		this.factory.destroy();
	}

	@ParameterizedTest
	@EnumSource
	void commandsTimeOutIfTheServerIsSilentAndTheConnectionGoesOn(Caller caller) {
		start(Duration.ofMillis(500));
		assertThatAllRepliesAreRight(caller);
		// One that is silent for a second too is replaced.
		await().until(() -> {
			List<String> clients = ids();
			server.pause();
			List<CompletableFuture<String>> gets = getAll(caller);
			gets.forEach((get) -> assertThat(get).failsWithin(HANGS));
			server.resume();
			assertThatAllRepliesAreRight(caller);
			return ids().equals(clients);
		});
	}

	@ParameterizedTest
	@EnumSource
	void cancelledCommandsConfuseNeitherTimeoutsNorReplies(Caller caller) {
		start(HANGS);
		assertThatAllRepliesAreRight(caller);
		server.pause();
		for (int i = 0; i < 5000; i++) {
			async().get(bytes("key0")).cancel(true);
		}
		List<CompletableFuture<String>> gets = getAll(caller);
		for (int i = 0; i < 5000; i++) {
			async().get(bytes("key0")).cancel(true);
		}
		server.resume();
		assertThatAllAreRight(gets);
		assertThatAllRepliesAreRight(caller);
	}

	@ParameterizedTest
	@EnumSource
	void commandsOnABlockedEventLoopTimeOut(Caller caller) {
		start(Duration.ofMillis(500));
		assertThatAllRepliesAreRight(caller);
		CountDownLatch blocked = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		CompletableFuture<String> get;
		do {
			// The callback has to be there before the reply, which then calls it; a late
			// reply does not.
			server.pause();
			get = get((caller != Caller.IMPERATIVE) ? caller : Caller.ASYNC, 0);
			get.thenRun(() -> block(blocked, goOn));
			server.resume();
			await().until(get::isDone);
		}
		while (get.isCompletedExceptionally());
		waitFor(blocked);
		List<CompletableFuture<String>> gets = getAll(caller);
		gets.forEach(this::assertThatItTimesOut);
		List<CompletableFuture<String>> more = getAll(caller);
		more.forEach(this::assertThatItTimesOut);
		goOn.countDown();
		assertThatAllRepliesAreRight(caller);
	}

	@Test
	void anEventLoopThatWaitsForItselfGetsItsTimeout() {
		start(Duration.ofMillis(500));
		assertThatAllRepliesAreRight(Caller.IMPERATIVE);
		server.pause();
		CompletableFuture<String> result = async(0).thenApply((value) -> imperative(1));
		server.resume();
		assertThatItTimesOut(result);
		assertThatAllRepliesAreRight(Caller.IMPERATIVE);
	}

	@Test
	void aRepliesSubscriberThatStopsAskingDoesNotStopTheOthers() {
		start(Duration.ofMillis(500));
		for (int i = 0; i < 20; i++) {
			server.execute(IntStream.range(0, 10_002)
				.mapToObj((j) -> (j > 1) ? "element-" + j : List.of("RPUSH", "list").get(j))
				.toArray(String[]::new));
		}
		BaseSubscriber<ByteBuffer> subscriber = new BaseSubscriber<>() {

			@Override
			protected void hookOnSubscribe(Subscription subscription) {
				subscription.request(1);
			}

			@Override
			protected void hookOnError(Throwable error) {
				// It stops asking, so its command times out.
			}

		};
		reactiveConnection().listCommands().lRange(buffer("list"), 0, -1).subscribe(subscriber);
		await().atMost(HANGS).until(() -> reactive(1).handle((value, ex) -> "value1".equals(value)).join());
		assertThatAllRepliesAreRight(Caller.REACTIVE);
		subscriber.cancel();
	}

	@Test
	void withoutATimeoutCommandsWaitForTheServer() {
		start(Duration.ZERO);
		CompletableFuture<String> before = async(0);
		assertThat(before).succeedsWithin(HANGS);
		server.pause();
		CompletableFuture<String> get = async(1);
		assertThat(get).isNotDone();
		server.resume();
		assertThat(get).succeedsWithin(HANGS).isEqualTo("value1");
	}

	@Test
	void aFixedTimeoutOfTheClientOptionsHolds() {
		start(Duration.ofMinutes(10), (options) -> options
			.timeoutOptions(TimeoutOptions.builder().timeoutCommands().fixedTimeout(Duration.ofMillis(500)).build()));
		assertThatAllRepliesAreRight(Caller.ASYNC);
		server.pause();
		getAll(Caller.ASYNC).forEach(this::assertThatItTimesOut);
		getAll(Caller.REACTIVE).forEach(this::assertThatItTimesOut);
		getAll(Caller.IMPERATIVE).forEach(this::assertThatItTimesOut);
		server.resume();
		assertThatAllRepliesAreRight(Caller.ASYNC);
	}

	@Test
	void callersHaveTheirTimeoutWhereCommandsHaveNone() {
		start(Duration.ofMillis(500), (options) -> options
			.timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).connectionTimeout().build()));
		assertThatAllRepliesAreRight(Caller.IMPERATIVE);
		server.pause();
		getAll(Caller.IMPERATIVE).forEach(this::assertThatItTimesOut);
		server.resume();
		assertThatAllRepliesAreRight(Caller.IMPERATIVE);
	}

	@Test
	void commandsInABoundedRequestQueueTimeOut() {
		start(Duration.ofMillis(500), (options) -> options.requestQueueSize(KEYS * 2));
		assertThatAllRepliesAreRight(Caller.ASYNC);
		server.pause();
		getAll(Caller.ASYNC).forEach(this::assertThatItTimesOut);
		server.resume();
		await().atMost(HANGS).until(() -> async(1).handle((value, ex) -> "value1".equals(value)).join());
		assertThatAllRepliesAreRight(Caller.ASYNC);
	}

	@ParameterizedTest
	@EnumSource
	void readsThatWaitForAReconnectTimeOut(Caller caller) {
		start(Duration.ofSeconds(5));
		assertThatAllRepliesAreRight(caller);
		server.pause();
		List<CompletableFuture<String>> gets = getAll(caller);
		await().until(() -> this.factory.getPool().snapshot().shared().inFlight() == KEYS);
		server.kill();
		gets.forEach(this::assertThatItTimesOut);
	}

	@ParameterizedTest
	@EnumSource
	void nobodyHangsWhenTheApplicationShutsItsClientResourcesDown(Caller caller) {
		ClientResources own = DefaultClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2).build();
		start(Duration.ofMinutes(10), Replay.ALL, own, UnaryOperator.identity());
		assertThatAllRepliesAreRight(caller);
		server.pause();
		List<CompletableFuture<String>> gets = getAll(caller);
		await().until(() -> this.factory.getPool().snapshot().shared().inFlight() == KEYS);
		own.shutdown(0, 0, TimeUnit.SECONDS);
		gets.forEach((get) -> assertThat(get).failsWithin(HANGS));
	}

	@Test
	void aCommandThatCannotBeEncodedFailsOnceAndCostsNobodyElseTheConnection() {
		start(Duration.ofSeconds(10), Replay.ALL, resources, UnaryOperator.identity());
		assertThatAllRepliesAreRight(Caller.IMPERATIVE);
		List<String> clients = ids();
		CountDownLatch encoded = new CountDownLatch(2);
		CommandArgs<byte[], byte[]> args = new CommandArgs<>(ByteArrayCodec.INSTANCE) {

			@Override
			public void encode(ByteBuf buffer) {
				encoded.countDown();
				throw new IllegalStateException("cannot be encoded");
			}

		};
		CompletableFuture<byte[]> failing = async()
			.dispatch(CommandType.SET, new ByteArrayOutput<>(ByteArrayCodec.INSTANCE), args)
			.toCompletableFuture();
		assertThat(failing).failsWithin(HANGS).withThrowableThat().havingRootCause().withMessage("cannot be encoded");
		assertThatAllRepliesAreRight(Caller.IMPERATIVE);
		assertThat(encoded.getCount()).isOne();
		assertThat(ids()).isEqualTo(clients);
	}

	@Test
	void commandsOfOneThreadAreExecutedInTheirOrder() throws Exception {
		start(HANGS);
		int count = 20_000;
		List<CompletableFuture<Void>> writers = new ArrayList<>();
		for (int thread = 0; thread < 4; thread++) {
			String list = "list" + thread;
			writers.add(CompletableFuture.runAsync(() -> {
				RedisAsyncCommands<byte[], byte[]> commands = async();
				List<CompletableFuture<Long>> lengths = new ArrayList<>();
				for (int i = 0; i < count; i++) {
					lengths.add(commands.rpush(bytes(list), bytes(Integer.toString(i))).toCompletableFuture());
				}
				for (int i = 0; i < count; i++) {
					assertThat(lengths.get(i)).succeedsWithin(HANGS).isEqualTo(i + 1L);
				}
			}, this.threads));
		}
		for (CompletableFuture<Void> writer : writers) {
			writer.get(60, TimeUnit.SECONDS);
		}
		for (int thread = 0; thread < 4; thread++) {
			assertThat(server.execute("LRANGE", "list" + thread, "0", "-1"))
				.isEqualTo(IntStream.range(0, count).mapToObj(Integer::toString).toList());
		}
	}

	private void start(Duration timeout) {
		start(timeout, UnaryOperator.identity());
	}

	private void start(Duration timeout, UnaryOperator<ClientOptions.Builder> options) {
		start(timeout, Replay.READS, resources, options);
	}

	private void start(Duration timeout, Replay replay, ClientResources resources,
			UnaryOperator<ClientOptions.Builder> options) {
		this.factory = new PooledLettuceConnectionFactory("timeouts",
				new RedisStandaloneConfiguration(server.host(), server.port()),
				LettuceClientConfiguration.builder()
					.clientResources(resources)
					.commandTimeout(timeout)
					.shutdownTimeout(Duration.ofSeconds(1))
					.clientOptions(
							options.apply(ClientOptions.builder().timeoutOptions(TimeoutOptions.enabled())).build())
					.build(),
				PoolSettings.builder().sharedConnections(1).lowLatencyCallers(0).replay(replay).build());
		this.factory.start();
		this.factory.initConnection();
	}

	private List<CompletableFuture<String>> getAll(Caller caller) {
		return IntStream.range(0, KEYS).mapToObj((i) -> get(caller, i)).toList();
	}

	private CompletableFuture<String> get(Caller caller, int key) {
		return switch (caller) {
			case IMPERATIVE -> CompletableFuture.supplyAsync(() -> imperative(key), this.threads);
			case ASYNC -> async(key);
			case REACTIVE -> reactive(key);
		};
	}

	private String imperative(int key) {
		try (RedisConnection connection = this.factory.getConnection()) {
			byte[] value = connection.stringCommands().get(bytes("key" + key));
			return (value != null) ? new String(value, StandardCharsets.UTF_8) : "";
		}
	}

	private CompletableFuture<String> async(int key) {
		return async().get(bytes("key" + key))
			.thenApply((value) -> new String(value, StandardCharsets.UTF_8))
			.toCompletableFuture();
	}

	@SuppressWarnings("unchecked")
	private RedisAsyncCommands<byte[], byte[]> async() {
		try (RedisConnection connection = this.factory.getConnection()) {
			return (RedisAsyncCommands<byte[], byte[]>) connection.getNativeConnection();
		}
	}

	private CompletableFuture<String> reactive(int key) {
		return reactiveConnection().stringCommands()
			.get(buffer("key" + key))
			.map((value) -> StandardCharsets.UTF_8.decode(value).toString())
			.toFuture();
	}

	private ReactiveRedisConnection reactiveConnection() {
		return this.factory.getReactiveConnection();
	}

	/**
	 * Asks until all replies come in time. None of them may be a wrong one.
	 */
	private void assertThatAllRepliesAreRight(Caller caller) {
		await().until(() -> areAllRight(getAll(caller)));
	}

	private boolean areAllRight(List<CompletableFuture<String>> gets) {
		boolean inTime = true;
		for (int i = 0; i < gets.size(); i++) {
			try {
				assertThat(gets.get(i).get(HANGS.toSeconds(), TimeUnit.SECONDS)).isEqualTo("value" + i);
			}
			catch (ExecutionException ex) {
				assertThat(ex.getCause()).isInstanceOfAny(DataAccessException.class,
						RedisCommandTimeoutException.class);
				inTime = false;
			}
			catch (InterruptedException | TimeoutException ex) {
				throw new IllegalStateException(ex);
			}
		}
		return inTime;
	}

	private void assertThatAllAreRight(List<CompletableFuture<String>> gets) {
		for (int i = 0; i < gets.size(); i++) {
			assertThat(gets.get(i)).succeedsWithin(HANGS).isEqualTo("value" + i);
		}
	}

	private void assertThatItTimesOut(CompletableFuture<String> future) {
		assertThatExceptionOfType(ExecutionException.class)
			.isThrownBy(() -> future.get(HANGS.toSeconds(), TimeUnit.SECONDS))
			.satisfies((ex) -> assertThat(ex.getCause()).isInstanceOfAny(TIMEOUTS));
	}

	private List<String> ids() {
		return server.clients().stream().map((client) -> client.replaceAll(" .*", "")).sorted().toList();
	}

	private static void block(CountDownLatch blocked, CountDownLatch goOn) {
		blocked.countDown();
		waitFor(goOn);
	}

	private static void waitFor(CountDownLatch latch) {
		try {
			assertThat(latch.await(HANGS.toSeconds(), TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static ByteBuffer buffer(String text) {
		return ByteBuffer.wrap(bytes(text));
	}

	private enum Caller {

		IMPERATIVE, ASYNC, REACTIVE

	}

}
