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
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

import io.lettuce.core.LettuceFutures;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.RedisSystemException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisPipelineException;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

/**
 * Ways through {@code RedisTemplate} that keep a connection for more than one command:
 * each gives it back, whatever happens on the way, with the shared lane and without.
 */
interface SpringDataContract extends PoolContract {

	int THREADS = 4;

	int OFTEN = 1_000;

	ScanOptions STEPS = ScanOptions.scanOptions().count(2).build();

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	default void pipelinesGiveTheirConnectionBack(int sharedConnections) {
		StringRedisTemplate template = start(sharedConnections);
		often((key) -> {
			List<Object> results = template.executePipelined(pipeline((connection) -> {
				connection.stringCommands().set(bytes(key), bytes("value"));
				connection.stringCommands().get(bytes(key));
			}));
			assertThat(results).containsExactly(true, "value");
		});
		nothingIsLent(template);
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	default void aSecondCloseDoesNothingAsWithSpringDatasOwnFactory(int sharedConnections) {
		StringRedisTemplate template = start(sharedConnections);
		template.opsForList().rightPushAll("closed", "1", "2", "3");
		RedisConnection first = template.getRequiredConnectionFactory().getConnection();
		first.listCommands().bLPop(20, bytes("closed"));
		first.close();
		RedisConnection next = template.getRequiredConnectionFactory().getConnection();
		next.listCommands().bLPop(20, bytes("closed"));
		first.close();
		assertThat(first.isClosed()).isTrue();
		assertThat(next.listCommands().bLPop(20, bytes("closed"))).containsExactly(bytes("closed"), bytes("3"));
		next.close();
		next.close();
		nothingIsLent(template);
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	default void pipelinesOfAnyLengthGiveTheirRepliesInOrder(int sharedConnections) {
		StringRedisTemplate template = start(sharedConnections);
		for (int length : new int[] { 0, 1, 31, 32, 33, 64, 1000 }) {
			template.delete("counter");
			List<Object> results = template.executePipelined(pipeline((connection) -> {
				for (int i = 0; i < length; i++) {
					connection.stringCommands().incr(bytes("counter"));
				}
			}));
			assertThat(results).isEqualTo(LongStream.rangeClosed(1, length).boxed().toList());
		}
		nothingIsLent(template);
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	@SuppressWarnings("unchecked")
	default void whoeverWaitsForACommandWithinItsPipelineGetsTheReply(int sharedConnections) {
		StringRedisTemplate template = start(sharedConnections);
		List<Object> results = template.executePipelined(pipeline((connection) -> {
			connection.stringCommands().set(bytes("awaited"), bytes("value"));
			var commands = (RedisClusterAsyncCommands<byte[], byte[]>) connection.getNativeConnection();
			assertThat(LettuceFutures.awaitOrCancel(commands.get(bytes("awaited")), 20, TimeUnit.SECONDS))
				.isEqualTo(bytes("value"));
			assertThat(
					commands.append(bytes("awaited"), bytes("s")).thenApply((length) -> length).toCompletableFuture())
				.succeedsWithin(Duration.ofSeconds(20));
			connection.stringCommands().get(bytes("awaited"));
		}));
		assertThat(results).containsExactly(true, "values");
		nothingIsLent(template);
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	default void pipelinesThatFailGiveTheirConnectionBack(int sharedConnections) {
		StringRedisTemplate template = start(sharedConnections);
		often((key) -> {
			assertThatIllegalStateException().isThrownBy(() -> template.executePipelined(pipeline((connection) -> {
				connection.stringCommands().set(bytes(key), bytes("value"));
				throw new IllegalStateException("within the pipeline");
			})));
			assertThatExceptionOfType(RedisPipelineException.class)
				.isThrownBy(() -> template.executePipelined(pipeline((connection) -> {
					connection.stringCommands().set(bytes(key), bytes("value"));
					connection.listCommands().lPush(bytes(key), bytes("element"));
				})));
		});
		nothingIsLent(template);
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	default void pipelinesWithinSessionsGiveTheirConnectionBack(int sharedConnections) {
		StringRedisTemplate template = start(sharedConnections);
		often((key) -> {
			template.execute(session((operations) -> {
				operations.opsForValue().set(key, "value");
				assertThat(operations
					.executePipelined(pipeline((connection) -> connection.stringCommands().get(bytes(key)))))
					.containsExactly("value");
				assertThat(operations.opsForValue().get(key)).isEqualTo("value");
			}));
			assertThat(template.executePipelined(session((operations) -> operations.opsForValue().get(key))))
				.containsExactly("value");
			assertThatIllegalStateException().isThrownBy(() -> template.executePipelined(session((operations) -> {
				operations.opsForValue().get(key);
				throw new IllegalStateException("within the session");
			})));
		});
		nothingIsLent(template);
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	default void transactionsOfSessionsGiveTheirConnectionBack(int sharedConnections) {
		StringRedisTemplate template = start(sharedConnections);
		often((key) -> template.execute(session((operations) -> {
			operations.watch(key);
			operations.multi();
			operations.opsForValue().set(key, "value");
			operations.opsForValue().get(key);
			assertThat(operations.exec()).containsExactly(true, "value");
		})));
		nothingIsLent(template);
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	@Tag("slow")
	default void transactionsOfSessionsThatFailGiveTheirConnectionBack(int sharedConnections) {
		StringRedisTemplate template = start(sharedConnections);
		often((key) -> {
			assertThatIllegalStateException().isThrownBy(() -> template.execute(session((operations) -> {
				operations.watch(key);
				throw new IllegalStateException("before the transaction");
			})));
			assertThatIllegalStateException().isThrownBy(() -> template.execute(session((operations) -> {
				operations.multi();
				operations.opsForValue().set(key, "value");
				throw new IllegalStateException("within the transaction");
			})));
			assertThatExceptionOfType(RedisSystemException.class)
				.isThrownBy(() -> template.execute(session((operations) -> {
					operations.multi();
					operations.execute((RedisCallback<Object>) (connection) -> connection.execute("NOSUCHCOMMAND"));
					operations.exec();
				})));
			assertThat(template.hasKey(key)).isFalse();
		});
		nothingIsLent(template);
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	default void transactionalMethodsGiveTheirConnectionBack(int sharedConnections) {
		StringRedisTemplate template = start(sharedConnections);
		template.setEnableTransactionSupport(true);
		TransactionalCaller caller = TransactionalCaller.create();
		often((key) -> {
			caller.call(() -> {
				template.opsForValue().set(key, "value");
				// It is not set yet, and reading goes over another connection.
				assertThat(template.opsForValue().get(key)).isNull();
			});
			assertThat(template.opsForValue().get(key)).isEqualTo("value");
		});
		nothingIsLent(template);
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	default void transactionalMethodsThatFailGiveTheirConnectionBack(int sharedConnections) {
		StringRedisTemplate template = start(sharedConnections);
		template.setEnableTransactionSupport(true);
		TransactionalCaller caller = TransactionalCaller.create();
		often((key) -> {
			assertThatIllegalStateException().isThrownBy(() -> caller.call(() -> {
				template.opsForValue().set(key, "value");
				throw new IllegalStateException("within the transaction");
			}));
			assertThat(template.hasKey(key)).isFalse();
		});
		nothingIsLent(template);
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	default void cursorsThatAreClosedGiveTheirConnectionBack(int sharedConnections) {
		StringRedisTemplate template = start(sharedConnections);
		fill(template);
		often((key) -> {
			try (Cursor<String> cursor = template.scan(STEPS)) {
				assertThat(cursor.next()).isNotNull();
			}
			assertThatIllegalStateException().isThrownBy(() -> {
				try (Cursor<String> cursor = template.scan(STEPS)) {
					throw new IllegalStateException("after " + cursor.next());
				}
			});
		});
		nothingIsLent(template);
	}

	@Test
	default void cursorsThatAreLeftOpenOrFailHoldNothingOfTheExclusiveLane() {
		StringRedisTemplate template = start(1);
		fill(template);
		template.opsForValue().set("text", "value");
		often((key) -> {
			assertThat(template.scan(STEPS).next()).isNotNull();
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> template.opsForHash().scan("text", STEPS));
		});
		nothingIsLent(template);
	}

	@Test
	@Tag("slow")
	default void withoutASharedLaneCursorsThatAreLeftOpenOrFailGiveTheirConnectionBackWhenTheyAreGarbage() {
		// Housekeeping is due a few times in a keepalive interval; the size spares
		// garbage
		// collections.
		StringRedisTemplate template = start(0,
				(settings) -> settings.maxSize(250).keepaliveInterval(Duration.ofMillis(100)));
		fill(template);
		template.opsForValue().set("text", "value");
		CompletableFuture<Void> done = CompletableFuture.runAsync(() -> often((key) -> {
			assertThat(template.scan(STEPS).next()).isNotNull();
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> template.opsForHash().scan("text", STEPS));
		}));
		await().atMost(Duration.ofSeconds(50)).until(() -> {
			PoolSnapshot.Exclusive figures = pool(template).snapshot().exclusive();
			if (done.isDone() || figures.pending() > 0) {
				System.gc();
			}
			return done.isDone() && figures.active() == 0;
		});
		done.join();
		nothingIsLent(template);
	}

	@Test
	default void eachUnsubscriptionIsToldThoughItsConnectionIsClosed() {
		StringRedisTemplate template = start(1);
		Unsubscriptions told = new Unsubscriptions();
		for (int i = 0; i < 20; i++) {
			subscribe(template, told).close();
		}
		await().untilAsserted(() -> {
			assertThat(told.channels()).isEqualTo(20);
			assertThat(told.patterns()).isEqualTo(20);
		});
		nothingIsLent(template);
	}

	@Test
	default void eachUnsubscriptionIsToldThoughTheFactoryStops() {
		StringRedisTemplate template = start(1);
		Unsubscriptions told = new Unsubscriptions();
		List<RedisConnection> connections = IntStream.range(0, 10)
			.mapToObj((number) -> subscribe(template, told))
			.toList();
		connections.forEach(RedisConnection::close);
		((PooledLettuceConnectionFactory) template.getRequiredConnectionFactory()).stop();
		assertThat(told.channels()).isEqualTo(10);
		assertThat(told.patterns()).isEqualTo(10);
	}

	private static RedisConnection subscribe(StringRedisTemplate template, Unsubscriptions told) {
		RedisConnection connection = template.getRequiredConnectionFactory().getConnection();
		connection.subscribe(told, bytes("channel"));
		Objects.requireNonNull(connection.getSubscription()).pSubscribe(bytes("pattern*"));
		return connection;
	}

	private StringRedisTemplate start(int sharedConnections) {
		return start(sharedConnections, UnaryOperator.identity());
	}

	private StringRedisTemplate start(int sharedConnections, UnaryOperator<PoolSettings.Builder> changes) {
		// In a transaction, reading takes a second connection.
		TestedPool pool = start(
				(settings) -> changes.apply(settings.sharedConnections(sharedConnections).maxSize(2 * THREADS)));
		return new StringRedisTemplate(pool.factory());
	}

	private static void fill(StringRedisTemplate template) {
		IntStream.range(0, 20).forEach((number) -> template.opsForValue().set("filling" + number, "value"));
	}

	/**
	 * Does something with {@value #OFTEN} different keys, on several threads.
	 */
	private static void often(Consumer<String> operation) {
		List<CompletableFuture<Void>> callers = new ArrayList<>();
		for (int i = 0; i < THREADS; i++) {
			String prefix = "key-" + i + "-";
			callers.add(CompletableFuture.runAsync(
					() -> IntStream.range(0, OFTEN / THREADS).mapToObj((number) -> prefix + number).forEach(operation),
					(caller) -> new Thread(caller).start()));
		}
		callers.forEach(CompletableFuture::join);
	}

	private void nothingIsLent(StringRedisTemplate template) {
		RedisPool pool = pool(template);
		await().until(() -> pool.snapshot().exclusive().active() == 0);
		// What is being closed still counts.
		await().until(() -> pool.snapshot().exclusive().total() == pool.snapshot().exclusive().idle());
		PoolSnapshot snapshot = pool.snapshot();
		assertThat(snapshot.exclusive().pending()).isZero();
		assertThat(snapshot.exclusive().total()).isEqualTo(snapshot.exclusive().idle())
			.isLessThanOrEqualTo(snapshot.exclusive().maxSize());
		assertThat(snapshot.leases()).isEmpty();
		await().until(() -> connections() == connections(pool.snapshot()));
	}

	private static RedisPool pool(StringRedisTemplate template) {
		return ((PooledLettuceConnectionFactory) Objects.requireNonNull(template.getConnectionFactory())).getPool();
	}

	private static RedisCallback<Object> pipeline(Consumer<RedisConnection> action) {
		return (connection) -> {
			action.accept(connection);
			return null;
		};
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	@SuppressWarnings("unchecked")
	private static SessionCallback<Object> session(Consumer<RedisOperations<String, String>> action) {
		return new SessionCallback<>() {

			@Override
			public <K, V> Object execute(RedisOperations<K, V> operations) {
				action.accept((RedisOperations<String, String>) operations);
				return null;
			}

		};
	}

}
