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

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.data.redis.RedisConnectionFailureException;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolSettings.Replay;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.proxy.FaultProxy;
import io.github.lettucepool.internal.transport.ConnectTimeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link SharedLane} on a real server, behind a network that can be broken.
 */
@Timeout(300)
class SharedLaneTests {

	@Redis
	private static RedisServer server;

	private static ClientResources resources;

	private final List<SharedLane> lanes = new ArrayList<>();

	private final List<SharedRedisClient> clients = new ArrayList<>();

	private FaultProxy proxy;

	@BeforeAll
	static void startServer() {
		resources = DefaultClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2).build();
	}

	@AfterAll
	static void stopServer() {
		resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@BeforeEach
	void startProxy() {
		server.execute("FLUSHALL");
		this.proxy = new FaultProxy(server.port());
	}

	@AfterEach
	void noConnectionIsLeft() {
		this.proxy.resume();
		this.lanes.forEach(SharedLane::reset);
		this.clients.forEach((client) -> client.shutdown(0, 5, TimeUnit.SECONDS));
		await().until(() -> server.clients().isEmpty());
		this.proxy.close();
	}

	@Test
	void theFirstUseOpensTheWholeLane() {
		SharedLane lane = lane(3);
		assertThat(lane.opened()).isZero();
		assertThat(server.clients()).isEmpty();
		assertThat(commands(lane).ping().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10))
			.isEqualTo("PONG");
		await().until(() -> lane.connected() == 3);
		assertThat(lane.size()).isEqualTo(3);
		assertThat(lane.opened()).isEqualTo(3);
		assertThat(server.clients()).hasSize(3);
	}

	@Test
	void theOrderOfAThreadEndsWhenItsConnectionIsLost() {
		SharedLane lane = lane(1);
		StatefulConnection<?, ?> connection = lane.connection();
		lane.order()
			.underWay(Thread.currentThread(), connection,
					new CommandWrapper<>(new Command<>(CommandType.GET, new StatusOutput<>(StringCodec.UTF8))));
		assertThat(lane.order().connection(Thread.currentThread())).isSameAs(connection);
		server.execute("CLIENT", "KILL", "TYPE", "normal");
		await().until(() -> lane.order().connection(Thread.currentThread()) == null);
		await().until(() -> lane.connected() == 1);
		assertThat(lane.order().connection(Thread.currentThread())).isNull();
	}

	@Test
	void openingIsCompleteWhenAllConnectionsAreOpen() {
		SharedLane lane = lane(3);
		assertThat(lane.open()).succeedsWithin(Duration.ofSeconds(10));
		assertThat(lane.connected()).isEqualTo(3);
		assertThat(lane.open()).isCompleted();
		assertThat(server.clients()).hasSize(3);
	}

	@Test
	void manyWhoUseItFirstOpenItOnce() {
		SharedLane lane = lane(2);
		List<CompletableFuture<?>> callers = new ArrayList<>();
		for (int i = 0; i < 16; i++) {
			callers.add(inThread(() -> lane.connection()));
		}
		callers.forEach((caller) -> assertThat(caller).succeedsWithin(Duration.ofSeconds(10)));
		await().until(() -> lane.connected() == 2);
		assertThat(server.clients()).hasSize(2);
	}

	@Test
	void allConnectionsAreUsed() {
		SharedLane lane = opened(3);
		assertThat(picked(lane, 300)).hasSize(3);
	}

	@Test
	void theLessBusyOfTwoIsPicked() {
		SharedLane lane = opened(2);
		StatefulConnection<?, ?> busy = lane.connection();
		commands(busy).blpop(0, "nothing");
		await().until(() -> lane.inFlight() == 1);
		assertThat(picked(lane, 100)).hasSize(1).doesNotContain(busy);
	}

	@Test
	void aConnectionThatIsLostIsPassedByUntilItIsBack() {
		SharedLane lane = opened(2);
		StatefulConnection<?, ?> lost = lane.connection();
		this.proxy.refuse();
		kill(lost);
		await().until(() -> lane.connected() == 1);
		assertThat(picked(lane, 100)).hasSize(1).doesNotContain(lost);
		this.proxy.resume();
		await().until(() -> lane.connected() == 2);
		assertThat(picked(lane, 100)).hasSize(2).contains(lost);
	}

	@Test
	void whenNoneIsConnectedACallerIsToldAtOnce() {
		SharedLane lane = opened(2);
		RedisAsyncCommands<String, String> commands = commands(lane);
		this.proxy.refuse();
		this.proxy.resetAll();
		await().until(() -> lane.connected() == 0);
		assertThatExceptionOfType(RedisConnectionFailureException.class).isThrownBy(lane::connection)
			// The cause follows once a reconnect has failed.
			.withMessageStartingWith(
					"Pool 'test': none of its 2 shared connections is connected; they are being reconnected");
		// One who holds a connection already is not left waiting either.
		assertThat(commands.get("key").toCompletableFuture()).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withCauseInstanceOf(RedisConnectionException.class)
			.withMessageContaining("is lost");
		this.proxy.resume();
		await().until(() -> lane.connected() == 2);
		assertThat(commands.get("key").toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
	}

	@Test
	void aServerThatCannotBeReachedIsToldAtOnceAndFoundWhenItIsBack() {
		SharedLane lane = lane(2);
		this.proxy.refuse();
		for (int i = 0; i < 100; i++) {
			assertThatExceptionOfType(PoolConnectException.class).isThrownBy(lane::connection)
				.withMessageContainingAll("'test'", String.valueOf(this.proxy.port()));
		}
		assertThat(lane.connectError()).isNotNull();
		// The next attempt may be under way.
		assertThat(lane.open()).failsWithin(Duration.ofSeconds(10));
		this.proxy.resume();
		await().until(() -> lane.connected() == 2);
		assertThat(lane.connectError()).isNull();
		assertThat(commands(lane).ping().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
	}

	@ParameterizedTest
	@CsvSource({ "ALL, true, true, 6", "READS, true, false, 5", "NONE, false, false, 5" })
	void onlyWhatMayBeSentTwiceIsSentAgainAfterAReconnect(Replay replay, boolean readSent, boolean writeSent,
			String counter) {
		SharedLane lane = lane(1, replay, ClientOptions.create());
		RedisAsyncCommands<String, String> commands = commands(lane);
		assertThat(commands.set("counter", "5").toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
		this.proxy.freeze();
		CompletableFuture<String> read = commands.get("counter").toCompletableFuture();
		CompletableFuture<Long> write = commands.incr("counter").toCompletableFuture();
		await().until(() -> lane.inFlight() == 2);
		server.execute("CLIENT", "KILL", "TYPE", "normal");
		this.proxy.resume();
		assertOutcome(read, readSent);
		assertOutcome(write, writeSent);
		await().until(() -> lane.connected() == 1);
		assertThat(server.execute("GET", "counter")).isEqualTo(counter);
	}

	private static void assertOutcome(CompletableFuture<?> reply, boolean succeeds) {
		if (succeeds) {
			assertThat(reply).succeedsWithin(Duration.ofSeconds(20));
		}
		else {
			assertThat(reply).failsWithin(Duration.ofSeconds(20))
				.withThrowableThat()
				.withMessageContaining("it is not known whether it took effect");
		}
	}

	@Test
	void whatIsToBeSentAgainFailsWhenTheLaneIsReset() {
		SharedLane lane = opened(1);
		RedisAsyncCommands<String, String> commands = commands(lane);
		this.proxy.freeze();
		CompletableFuture<String> read = commands.get("key").toCompletableFuture();
		await().until(() -> lane.inFlight() == 1);
		this.proxy.refuse();
		this.proxy.resetAll();
		await().until(() -> lane.connected() == 0);
		assertThat(lane.reset()).succeedsWithin(Duration.ofSeconds(10));
		assertThat(read).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withCauseInstanceOf(RedisConnectionException.class);
	}

	@Test
	void connectionsThatDoNotWorkAreReplaced() {
		SharedLane lane = opened(2);
		StatefulConnection<?, ?> bad = lane.connection();
		lane.validate((connection) -> connection != bad);
		await().until(() -> lane.connected() == 2);
		assertThat(picked(lane, 100)).hasSize(2).doesNotContain(bad);
		await().until(() -> server.clients().size() == 2);
		assertThat(bad.isOpen()).isFalse();
	}

	@Test
	void lostConnectionsAreReplacedWhereReconnectingIsSwitchedOff() {
		SharedLane lane = lane(2, Replay.READS, ClientOptions.builder().autoReconnect(false).build());
		assertThat(lane.open()).succeedsWithin(Duration.ofSeconds(10));
		StatefulConnection<?, ?> lost = lane.connection();
		kill(lost);
		await().until(() -> lane.connected() == 2 && !lost.isOpen());
		assertThat(picked(lane, 100)).hasSize(2).doesNotContain(lost);
	}

	@Test
	void aResetClosesAllAndTheNextUseOpensNewOnes() {
		SharedLane lane = opened(2);
		Set<StatefulConnection<?, ?>> before = picked(lane, 100);
		assertThat(lane.reset()).succeedsWithin(Duration.ofSeconds(10));
		assertThat(lane.opened()).isZero();
		await().until(() -> server.clients().isEmpty());
		assertThat(commands(lane).ping().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(10));
		await().until(() -> lane.connected() == 2);
		assertThat(picked(lane, 100)).hasSize(2).doesNotContainAnyElementsOf(before);
	}

	@Test
	void aResetWhileItOpensFailsThoseWhoWaitAndLeavesNoConnection() {
		SharedLane lane = lane(2);
		this.proxy.freeze();
		CompletableFuture<?> waiting = inThread(() -> lane.connection());
		await().until(() -> this.proxy.accepted() == 2);
		lane.reset();
		assertThat(waiting).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withMessageContaining("was reset or stopped");
		this.proxy.resume();
		await().until(() -> this.proxy.connections() == 0);
		assertThat(lane.opened()).isZero();
	}

	@Test
	void anInterruptedCallerStopsWaitingAndKeepsItsFlag() {
		SharedLane lane = lane(1);
		this.proxy.freeze();
		Set<Thread> thread = ConcurrentHashMap.newKeySet();
		CompletableFuture<Boolean> flag = inThread(() -> {
			thread.add(Thread.currentThread());
			assertThatExceptionOfType(RedisConnectionFailureException.class).isThrownBy(lane::connection)
				.withMessageStartingWith("Interrupted");
			return Thread.currentThread().isInterrupted();
		});
		await().until(() -> this.proxy.accepted() == 1);
		thread.forEach(Thread::interrupt);
		assertThat(flag).succeedsWithin(Duration.ofSeconds(10)).isEqualTo(true);
	}

	@Test
	void nothingIsOpenedAnyMoreOnceTheLaneIsStopped() throws InterruptedException {
		ScheduledExecutorService busy = Executors.newSingleThreadScheduledExecutor();
		CountDownLatch stopped = new CountDownLatch(1);
		busy.execute(() -> assertThatNoException().isThrownBy(stopped::await));
		AtomicInteger begun = new AtomicInteger();
		SharedLane lane = new SharedLane("test", 2, () -> {
			begun.incrementAndGet();
			return new CompletableFuture<>();
		}, busy, new ConnectTimeout("127.0.0.1:1", Duration.ofSeconds(30), Runnable::run));
		CompletableFuture<Void> open = lane.open();
		CompletableFuture<Void> stop = lane.stop();
		stopped.countDown();
		busy.shutdown();
		assertThat(busy.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
		assertThat(begun).hasValue(0);
		assertThat(open).isCompletedExceptionally();
		assertThat(stop).isCompleted();
	}

	private SharedLane opened(int size) {
		SharedLane lane = lane(size);
		assertThat(lane.open()).succeedsWithin(Duration.ofSeconds(10));
		return lane;
	}

	private SharedLane lane(int size) {
		return lane(size, Replay.READS, ClientOptions.create());
	}

	private SharedLane lane(int size, Replay replay, ClientOptions options) {
		RedisURI uri = RedisURI.create("127.0.0.1", this.proxy.port());
		ConnectTimeout connectTimeout = new ConnectTimeout("127.0.0.1:" + this.proxy.port(), Duration.ofSeconds(30),
				resources.eventExecutorGroup());
		SharedRedisClient client = new SharedRedisClient(resources, uri, options, new ReplayFilter(replay, options),
				connectTimeout, null);
		this.clients.add(client);
		SharedLane lane = new SharedLane("test", size,
				() -> client.connectAsync(StringCodec.UTF8, uri)
					.<StatefulConnection<?, ?>>thenApply((connection) -> connection),
				resources.eventExecutorGroup(), connectTimeout);
		this.lanes.add(lane);
		return lane;
	}

	private static Set<StatefulConnection<?, ?>> picked(SharedLane lane, int times) {
		Set<StatefulConnection<?, ?>> picked = new HashSet<>();
		for (int i = 0; i < times; i++) {
			picked.add(lane.connection());
		}
		return picked;
	}

	private static RedisAsyncCommands<String, String> commands(SharedLane lane) {
		return commands(lane.connection());
	}

	@SuppressWarnings("unchecked")
	private static RedisAsyncCommands<String, String> commands(StatefulConnection<?, ?> connection) {
		return ((StatefulRedisConnection<String, String>) connection).async();
	}

	private static void kill(StatefulConnection<?, ?> connection) {
		Long id = commands(connection).clientId().toCompletableFuture().join();
		server.execute("CLIENT", "KILL", "ID", id.toString());
	}

	private static <T> CompletableFuture<T> inThread(Supplier<T> action) {
		return CompletableFuture.supplyAsync(action, (task) -> new Thread(task).start());
	}

}
