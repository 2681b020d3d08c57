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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.lettuce.core.api.StatefulConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisListCommands.Direction;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.connection.stream.StreamReadOptions;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.stream.StreamMessageListenerContainer;
import org.springframework.data.redis.stream.StreamMessageListenerContainer.StreamMessageListenerContainerOptions;
import org.springframework.data.redis.stream.StreamReceiver;
import org.springframework.data.redis.stream.Subscription;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of callers whose commands block, while others have all connections.
 */
@Timeout(300)
class BlockingCommandsTests {

	private static final byte[] KEY = "key".getBytes(StandardCharsets.UTF_8);

	@Redis
	private static RedisServer server;

	private TestedPool pool;

	@AfterEach
	void stopPool() {
		this.pool.close();
	}

	@Test
	@Tag("slow")
	void moreSubscriptionsToStreamsThanConnectionsAllReceive() {
		start(1, Duration.ofSeconds(2));
		var container = StreamMessageListenerContainer.create(this.pool.factory(),
				StreamMessageListenerContainerOptions.builder().pollTimeout(Duration.ofSeconds(1)).build());
		Set<String> received = ConcurrentHashMap.newKeySet();
		List<Subscription> subscriptions = IntStream.range(0, 4)
			.mapToObj((number) -> container.receive(StreamOffset.create("stream-" + number, ReadOffset.from("0")),
					(MapRecord<String, String, String> message) -> received.add(message.getStream())))
			.toList();
		container.start();
		await().atMost(Duration.ofSeconds(30)).until(() -> this.pool.events().borrowedCount() > 4);
		IntStream.range(0, 4).forEach((number) -> server.execute("XADD", "stream-" + number, "*", "field", "value"));
		await().atMost(Duration.ofSeconds(30)).until(() -> received.size() == 4);
		assertThat(subscriptions).allMatch(Subscription::isActive);
		container.stop();
	}

	@SuppressWarnings("unchecked")
	static Stream<Named<Function<RedisConnection, Object>>> commands() {
		StreamReadOptions read = StreamReadOptions.empty();
		return Stream.of(Named.of("BLPOP", (connection) -> connection.listCommands().bLPop(30, KEY)),
				Named.of("BRPOP for ever", (connection) -> connection.listCommands().bRPop(0, KEY)),
				Named.of("BLMOVE",
						(connection) -> connection.listCommands()
							.bLMove(KEY, KEY, Direction.LEFT, Direction.RIGHT, 30.5)),
				Named.of("BZPOPMIN",
						(connection) -> connection.zSetCommands()
							.bZPopMin("sorted".getBytes(StandardCharsets.UTF_8), 30_000, TimeUnit.MILLISECONDS)),
				Named.of("XREAD for ever",
						(connection) -> connection.streamCommands()
							.xRead(read.block(Duration.ZERO),
									StreamOffset.fromStart("stream".getBytes(StandardCharsets.UTF_8)))));
	}

	@ParameterizedTest
	@MethodSource("commands")
	void oneWhoIsGoingToBlockOutlastsOneWhoIsInAHurry(Function<RedisConnection, Object> command) {
		StringRedisTemplate template = start(1, Duration.ofMillis(50));
		template.opsForList().rightPush("key", "value");
		template.opsForZSet().add("sorted", "value", 1);
		template.opsForStream().add("stream", Map.of("field", "value"));
		Borrowed others = this.pool.borrow();
		CompletableFuture<Object> blocking = CompletableFuture
			.supplyAsync(() -> template.execute((RedisCallback<Object>) command::apply), this.pool.threads());
		await().until(() -> this.pool.pending() == 1);
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(this.pool::borrow)
			.withMessageContaining("within max-wait (50 ms);");
		others.giveBack();
		assertThat(blocking).succeedsWithin(Duration.ofSeconds(30)).isNotNull();
	}

	@Test
	@SuppressWarnings("unchecked")
	@ExtendWith(OutputCaptureExtension.class)
	void aReadOfAStreamThatGetsNoConnectionIsWarnedOf(CapturedOutput output) {
		StringRedisTemplate template = start(1, Duration.ofMillis(10));
		Borrowed others = this.pool.borrow();
		assertThatExceptionOfType(PoolExhaustedException.class)
			.isThrownBy(() -> template.opsForStream()
				.read(StreamReadOptions.empty().block(Duration.ofMillis(20)), StreamOffset.fromStart("orders")))
			.withMessageContaining("within max-wait (10 ms) and the 20 ms that a blocking command waits longer");
		assertThat(output).contains("A read of [orders] got no connection");
		others.giveBack();
	}

	@Test
	void whoDoesNotWantToWaitForOthersDoesNotDoSoForACommandThatBlocks() {
		StringRedisTemplate template = start(1, Duration.ZERO);
		Borrowed others = this.pool.borrow();
		assertThatExceptionOfType(PoolExhaustedException.class)
			.isThrownBy(() -> template.opsForList().leftPop("key", Duration.ofSeconds(30)));
		others.giveBack();
	}

	@SuppressWarnings("unchecked")
	static Stream<Named<Function<ReactiveStringRedisTemplate, Mono<?>>>> reactiveCommands() {
		return Stream.of(Named.of("BLPOP", (template) -> template.opsForList().leftPop("key", Duration.ofSeconds(30))),
				Named.of("BRPOPLPUSH",
						(template) -> template.opsForList().rightPopAndLeftPush("key", "key", Duration.ofSeconds(30))),
				Named.of("XREAD",
						(template) -> template.opsForStream()
							.read(StreamReadOptions.empty().block(Duration.ofSeconds(30)),
									StreamOffset.fromStart("stream"))
							.next()),
				Named.of("StreamReceiver",
						(template) -> StreamReceiver.create(template.getConnectionFactory())
							.receive(StreamOffset.fromStart("stream"))
							.next()));
	}

	@ParameterizedTest
	@MethodSource("reactiveCommands")
	void aSubscriberThatIsGoingToBlockOutlastsOneWhoIsInAHurry(Function<ReactiveStringRedisTemplate, Mono<?>> command) {
		// To open a connection of the other kind may take no longer.
		StringRedisTemplate template = start(1, Duration.ofSeconds(1), 1);
		template.opsForList().rightPush("key", "value");
		template.opsForStream().add("stream", Map.of("field", "value"));
		StatefulConnection<?, ?> others = borrow();
		CompletableFuture<?> blocking = command.apply(reactive()).toFuture();
		await().until(() -> this.pool.pending() == 1);
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(this::borrow)
			.withMessageContaining("within max-wait (1000 ms);");
		this.pool.provider().release(others);
		assertThat(blocking).succeedsWithin(Duration.ofSeconds(30)).isNotNull();
	}

	@Test
	void aSubscriberThatGivesUpKeepsNoConnection() {
		start(1, Duration.ofMillis(50), 1);
		StatefulConnection<?, ?> others = borrow();
		Disposable blocking = reactive().opsForList().leftPop("key", Duration.ofSeconds(30)).subscribe();
		await().until(() -> this.pool.pending() == 1);
		blocking.dispose();
		this.pool.provider().release(others);
		await().until(() -> this.pool.pending() == 0 && this.pool.active() == 0);
	}

	@Test
	void aSubscriberWhoDoesNotWantToWaitForOthersDoesNotDoSoEither() {
		start(1, Duration.ZERO, 1);
		StatefulConnection<?, ?> others = borrow();
		Mono<String> blocking = reactive().opsForList().leftPop("key", Duration.ofSeconds(30));
		assertThatExceptionOfType(PoolExhaustedException.class)
			.isThrownBy(() -> blocking.block(Duration.ofSeconds(30)));
		this.pool.provider().release(others);
	}

	private StatefulConnection<?, ?> borrow() {
		return this.pool.provider().getConnection(StatefulConnection.class);
	}

	private ReactiveStringRedisTemplate reactive() {
		return new ReactiveStringRedisTemplate(this.pool.factory());
	}

	private StringRedisTemplate start(int maxSize, Duration maxWait) {
		return start(maxSize, maxWait, 0);
	}

	private StringRedisTemplate start(int maxSize, Duration maxWait, int sharedConnections) {
		server.execute("FLUSHALL");
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("blocking",
				new RedisStandaloneConfiguration(server.host(), server.port()),
				LettuceClientConfiguration.defaultConfiguration(),
				PoolSettings.builder()
					.sharedConnections(sharedConnections)
					.maxSize(maxSize)
					.minIdle(maxSize)
					.warmUp(PoolSettings.WarmUp.REQUIRED)
					.maxWait(maxWait)
					.build());
		factory.afterPropertiesSet();
		factory.start();
		this.pool = new TestedPool(factory, Codec.BLOCKING);
		return new StringRedisTemplate(factory);
	}

}
