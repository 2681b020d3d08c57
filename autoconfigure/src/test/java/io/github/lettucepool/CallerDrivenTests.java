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

package io.github.lettucepool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.lettuce.core.TrackingArgs;
import io.lettuce.core.api.async.RedisAsyncCommands;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.proxy.FaultProxy;
import io.github.lettucepool.internal.driven.DrivenEventLoop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of connections whose callers do the work of the event loop.
 */
class CallerDrivenTests {

	private static final byte[] NO_LIST = "nothing".getBytes(StandardCharsets.UTF_8);

	private static final Duration GENEROUS = Duration.ofSeconds(30);

	private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

	@Redis(own = true)
	private static RedisServer server;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private PooledLettuceConnectionFactory factory;

	@AfterEach
	void close() {
		this.threads.shutdownNow();
		this.factory.destroy();
	}

	@Test
	void oneWhoWaitsForAReplyReadsItItself() throws Exception {
		start((settings) -> settings.sharedConnections(0));
		try (RedisConnection connection = this.factory.getConnection()) {
			// The wait has begun by then. What comes before, the idle driver reads.
			var reply = commands(connection).blpop(1, NO_LIST).toCompletableFuture();
			var reader = reply.thenApply((value) -> Thread.currentThread());
			reply.get();
			assertThat(reader.get()).isSameAs(Thread.currentThread());
		}
	}

	@Test
	void oneWhoWaitsForTheAnswerToMultiReadsItItself() throws Exception {
		start((settings) -> settings.sharedConnections(0));
		try (RedisConnection connection = this.factory.getConnection()) {
			connection.ping();
			CompletableFuture<Thread> caller = new CompletableFuture<>();
			server.pause();
			var transaction = this.threads.submit(() -> {
				caller.complete(Thread.currentThread());
				connection.multi();
				connection.stringCommands().set(NO_LIST, NO_LIST);
				connection.keyCommands().del(NO_LIST);
				return connection.exec();
			});
			await().until(() -> Arrays.stream(caller.join().getStackTrace())
				.anyMatch((frame) -> frame.getClassName().equals(DrivenEventLoop.class.getName())));
			server.resume();
			assertThat(transaction.get()).containsExactly(true, 1L);
		}
		finally {
			server.resume();
		}
	}

	@Test
	void whereItIsOffAnEventLoopReadsIt() throws Exception {
		start((settings) -> settings.sharedConnections(0).callerDriven(false));
		assertThat(readerOfASlowReply()).startsWith("lettuce-nioEventLoop");
	}

	@Test
	void aReplyThatNobodyWaitsForIsReadAllTheSame() throws Exception {
		start((settings) -> settings.sharedConnections(0));
		assertThat(readerOfASlowReply()).isEqualTo("lettuce-pool-driven");
	}

	private String readerOfASlowReply() throws InterruptedException, ExecutionException {
		try (RedisConnection connection = this.factory.getConnection()) {
			CompletableFuture<String> reader = new CompletableFuture<>();
			commands(connection).blpop(0, NO_LIST)
				.toCompletableFuture()
				.whenComplete((value, ex) -> reader.complete(Thread.currentThread().getName()));
			server.execute("RPUSH", "nothing", "element");
			return reader.get();
		}
	}

	@Test
	void whoIsCalledBackByTheIdleDriverMayBorrow() throws Exception {
		start((settings) -> settings.sharedConnections(0));
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		try (RedisConnection connection = this.factory.getConnection()) {
			var borrowed = commands(connection).blpop(0.1, NO_LIST)
				.toCompletableFuture()
				.thenApply((value) -> template.hasKey("nothing"));
			assertThat(borrowed.get()).isFalse();
		}
	}

	@Test
	void aConnectionThatTheServerHasClosedIsFoundWithoutAPing() {
		start((settings) -> settings.sharedConnections(0)
			.maxSize(1)
			.validateAfterIdle(Duration.ofMinutes(10))
			.keepaliveInterval(Duration.ZERO));
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		for (int i = 0; i < 20; i++) {
			template.opsForValue().set("key", "value");
			server.execute("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
			assertThat(template.opsForValue().get("key")).isEqualTo("value");
		}
	}

	@Test
	void severalThreadsMayUseOneConnection() throws Exception {
		start((settings) -> settings.sharedConnections(0).maxSize(1));
		try (RedisConnection connection = this.factory.getConnection()) {
			RedisAsyncCommands<byte[], byte[]> commands = commands(connection);
			List<CompletableFuture<Void>> users = IntStream.range(0, 8)
				.mapToObj((number) -> CompletableFuture.runAsync(() -> echo(commands, number), this.threads))
				.toList();
			users.forEach(CompletableFuture::join);
		}
	}

	private static void echo(RedisAsyncCommands<byte[], byte[]> commands, int number) {
		for (int i = 0; i < 500; i++) {
			byte[] message = (number + "-" + i).getBytes(StandardCharsets.UTF_8);
			assertThat(commands.echo(message).toCompletableFuture().join()).isEqualTo(message);
		}
	}

	@Test
	@SuppressWarnings("deprecation") // There is no other way to the connection.
	void invalidationsArriveBetweenCommandsAndDuringThem() throws Exception {
		start((settings) -> settings.sharedConnections(0));
		try (RedisConnection connection = this.factory.getConnection()) {
			RedisAsyncCommands<byte[], byte[]> commands = commands(connection);
			List<String> pushes = new CopyOnWriteArrayList<>();
			commands.getStatefulConnection().addListener((push) -> pushes.add(push.getType()));
			commands.clientTracking(TrackingArgs.Builder.enabled()).get();
			byte[] key = "tracked".getBytes(StandardCharsets.UTF_8);
			commands.get(key).get();
			server.execute("SET", "tracked", "between");
			await().until(() -> pushes.size() == 1);
			assertThat(commands.get(key).get()).asString(StandardCharsets.UTF_8).isEqualTo("between");
			var waiting = this.threads.submit(() -> commands.blpop(30, "done".getBytes(StandardCharsets.UTF_8)).get());
			server.execute("SET", "tracked", "during");
			await().until(() -> pushes.size() == 2);
			server.execute("RPUSH", "done", "1");
			assertThat(waiting.get()).isNotNull();
			assertThat(pushes).containsOnly("invalidate");
		}
		server.execute("DEL", "tracked");
	}

	@Test
	void largeRepliesArriveWhole() {
		start((settings) -> settings.sharedConnections(0));
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		String large = "0123456789".repeat(1_000_000);
		template.opsForValue().set("large", large);
		assertThat(template.opsForValue().get("large")).isEqualTo(large);
	}

	@Test
	void oneWhoIsInterruptedStopsWaitingAndStaysInterrupted() {
		start((settings) -> settings.sharedConnections(0));
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		CompletableFuture<Thread> waiting = new CompletableFuture<>();
		CompletableFuture<Boolean> interrupted = CompletableFuture.supplyAsync(() -> {
			waiting.complete(Thread.currentThread());
			assertThatException().isThrownBy(() -> template.opsForList().leftPop("list", Duration.ofMinutes(1)));
			return Thread.interrupted();
		}, this.threads);
		await().until(() -> server.clients().stream().anyMatch((client) -> client.contains(" cmd=blpop ")));
		waiting.join().interrupt();
		assertThat(interrupted.join()).isTrue();
		await().until(() -> this.factory.getPool().snapshot().exclusive().total() == 0);
	}

	@Test
	void selectorsGoWithTheirConnections() {
		assumeThat(DESCRIPTORS).isDirectory();
		start((settings) -> settings.sharedConnections(0).maxSize(8));
		for (int i = 0; i < 8; i++) {
			List<RedisConnection> connections = Stream.generate(this.factory::getConnection).limit(8).toList();
			connections.forEach(RedisConnection::ping);
			connections.forEach(RedisConnection::close);
			this.factory.getPool().retireAll();
			await().until(() -> this.factory.getPool().snapshot().exclusive().total() == 0);
		}
		await().untilAsserted(() -> assertThat(selectors()).isLessThan(32));
	}

	private static long selectors() throws IOException {
		try (Stream<Path> descriptors = Files.list(DESCRIPTORS)) {
			return descriptors.filter((descriptor) -> target(descriptor).contains("eventpoll")).count();
		}
	}

	private static String target(Path descriptor) {
		try {
			return Files.readSymbolicLink(descriptor).toString();
		}
		catch (IOException ex) {
			// It is that of the listing.
			return "";
		}
	}

	@Test
	void aFewCallersHaveConnectionsOfTheirOwnAndManyShare() {
		start((settings) -> settings.sharedConnections(1).lowLatencyCallers(2));
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		await().until(() -> {
			template.opsForValue().increment("few");
			return this.factory.getPool().snapshot().shared().lowLatency() == 1;
		});
		List<CompletableFuture<Void>> many = IntStream.range(0, 8)
			.mapToObj((number) -> CompletableFuture.runAsync(() -> {
				for (int i = 0; i < 2000; i++) {
					template.opsForValue().increment("many");
				}
			}, this.threads))
			.toList();
		many.forEach(CompletableFuture::join);
		assertThat(template.opsForValue().get("many")).isEqualTo("16000");
		assertThat(this.factory.getPool().snapshot().shared().lowLatency()).isLessThanOrEqualTo(2);
		template.delete("many");
	}

	@Test
	void oneWhoTakesTheNativeConnectionOfTheSharedLaneGetsASharedOne() {
		start((settings) -> settings.sharedConnections(1).lowLatencyCallers(2));
		awaitLowLatency(new StringRedisTemplate(this.factory));
		try (RedisConnection connection = this.factory.getConnection()) {
			Long id = commands(connection).clientId().toCompletableFuture().join();
			assertThat(server.clients()).filteredOn((client) -> client.startsWith("id=" + id + " "))
				.singleElement()
				.asString()
				.contains("name=app-shared");
			assertThat(this.factory.getPool().snapshot().exclusive().active()).isZero();
		}
	}

	@Test
	void lowLatencyConnectionsAreOpenedAgainAfterARestart(@Redis(own = true) RedisServer restarted) {
		start(restarted, (settings) -> settings.sharedConnections(1).lowLatencyCallers(2));
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		awaitLowLatency(template);
		restarted.kill();
		// A read may wait for the shared lane to be connected again.
		assertThatException().isThrownBy(() -> template.opsForValue().increment("before"));
		restarted.start();
		await().ignoreExceptions().until(() -> template.opsForValue().increment("after") > 0);
		awaitLowLatency(template);
	}

	@Test
	void whereConnectionsAreAlwaysPingedNoneIsOpenedForLowLatency() {
		start((settings) -> settings.sharedConnections(1).lowLatencyCallers(2).validateAfterIdle(Duration.ZERO));
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		for (int i = 0; i < 10; i++) {
			template.hasKey("key");
		}
		assertThat(this.factory.getPool().snapshot().shared().lowLatency()).isZero();
		assertThat(server.clients()).noneMatch((client) -> client.contains("low-latency"));
	}

	@Test
	void lowLatencyConnectionsAreRetiredWithTheOthers() {
		start((settings) -> settings.sharedConnections(1).lowLatencyCallers(2));
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		awaitLowLatency(template);
		this.factory.getPool().retireAll();
		assertThat(this.factory.getPool().snapshot().shared().lowLatency()).isZero();
		awaitLowLatency(template);
	}

	@Test
	void aReadThatIsLostWithItsConnectionIsSentAgainInTheSharedLaneAndAWriteIsNot() {
		try (FaultProxy proxy = new FaultProxy(server.port())) {
			start(server.host(), proxy.port(), (settings) -> settings.sharedConnections(1).lowLatencyCallers(1));
			StringRedisTemplate template = new StringRedisTemplate(this.factory);
			template.opsForValue().set("lost", "1");
			awaitLowLatency(template);
			assertThat(duringLoss(proxy, () -> template.opsForValue().get("lost"))).succeedsWithin(GENEROUS)
				.isEqualTo("1");
			awaitLowLatency(template);
			assertThat(duringLoss(proxy, () -> template.opsForValue().increment("lost"))).failsWithin(GENEROUS)
				.withThrowableThat()
				.withCauseInstanceOf(RedisConnectionFailureException.class);
			assertThat(template.opsForValue().get("lost")).isEqualTo("1");
			template.delete("lost");
		}
	}

	private <T> CompletableFuture<T> duringLoss(FaultProxy proxy, Supplier<T> call) {
		proxy.freeze();
		CompletableFuture<T> called = CompletableFuture.supplyAsync(call, this.threads);
		await().until(proxy::hasSwallowed);
		proxy.resume();
		return called;
	}

	private void awaitLowLatency(StringRedisTemplate template) {
		await().ignoreExceptions().until(() -> {
			template.opsForValue().get("key");
			return this.factory.getPool().snapshot().shared().lowLatency() > 0;
		});
	}

	private void start(UnaryOperator<PoolSettings.Builder> settings) {
		start(server, settings);
	}

	private void start(RedisServer server, UnaryOperator<PoolSettings.Builder> settings) {
		start(server.host(), server.port(), settings);
	}

	private void start(String host, int port, UnaryOperator<PoolSettings.Builder> settings) {
		this.factory = new PooledLettuceConnectionFactory("driven", new RedisStandaloneConfiguration(host, port),
				LettuceClientConfiguration.builder().clientName("app").build(),
				settings.apply(PoolSettings.builder()).build());
		this.factory.start();
	}

	@SuppressWarnings({ "unchecked", "deprecation" }) // There is no other way to it.
	private static RedisAsyncCommands<byte[], byte[]> commands(RedisConnection connection) {
		return (RedisAsyncCommands<byte[], byte[]>) connection.getNativeConnection();
	}

}
