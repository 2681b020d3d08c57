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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.async.RedisAsyncCommands;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.proxy.FaultProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of transactions one after the other on one connection, the later ones of which
 * begin with the end of the one before.
 */
@Timeout(60)
class TransactionTests {

	private static final byte[] KEY = "key".getBytes(StandardCharsets.UTF_8);

	@Redis(own = true)
	private static RedisServer server;

	private final ApplicationContextRunner application = PooledApplication.on(server.port())
		.withPropertyValues("lettuce.pool.max-size=1", "lettuce.pool.keepalive-interval=0",
				"lettuce.pool.validate-after-idle=10m", "spring.data.redis.username=app",
				"spring.data.redis.password=secret");

	@BeforeEach
	void allow() {
		server.execute("FLUSHALL");
		server.execute("ACL", "SETUSER", "app", "on", ">secret", "~*", "&*", "+@all");
	}

	@Test
	void aLaterTransactionBeginsWithoutTheServer() {
		try (FaultProxy proxy = new FaultProxy(server.port())) {
			this.application.withPropertyValues("spring.data.redis.port=" + proxy.port()).run((context) -> {
				RedisConnectionFactory factory = context.getBean(RedisConnectionFactory.class);
				assertThat(increment(factory)).containsExactly(1L);
				awaitBegun();
				proxy.hold();
				try (RedisConnection connection = factory.getConnection()) {
					connection.multi();
					connection.stringCommands().incr(KEY);
					CompletableFuture<List<Object>> answers = CompletableFuture.supplyAsync(connection::exec);
					proxy.resume();
					assertThat(answers.get(30, TimeUnit.SECONDS)).containsExactly(2L);
				}
			});
		}
	}

	@Test
	void aUserWhoHasLostTheRightToMultiRunsNothingOutsideOfATransaction() {
		this.application.run((context) -> {
			RedisConnectionFactory factory = context.getBean(RedisConnectionFactory.class);
			increment(factory);
			awaitBegun();
			server.execute("ACL", "SETUSER", "app", "-multi");
			// The server has accepted the MULTI of this one before.
			assertThat(increment(factory)).containsExactly(2L);
			for (int i = 0; i < 3; i++) {
				assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> increment(factory))
					.withStackTraceContaining("NOPERM");
			}
			assertThat(server.execute("GET", "key")).isEqualTo("2");
		});
	}

	@Test
	void aUserWhoHasLostTheRightToDiscardIsNeverAnsweredQueued() {
		this.application.run((context) -> {
			RedisConnectionFactory factory = context.getBean(RedisConnectionFactory.class);
			increment(factory);
			awaitBegun();
			server.execute("ACL", "SETUSER", "app", "-discard");
			assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> listLength(factory))
				.withStackTraceContaining("a transaction could not be ended: NOPERM");
			assertThat(listLength(factory)).containsExactly(0L);
		});
	}

	@Test
	void aUserWhoHasLostTheRightToExecLeavesNoTransactionOpen() {
		this.application.run((context) -> {
			RedisConnectionFactory factory = context.getBean(RedisConnectionFactory.class);
			increment(factory);
			awaitBegun();
			server.execute("ACL", "SETUSER", "app", "-exec");
			for (int i = 0; i < 3; i++) {
				assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> increment(factory))
					.withStackTraceContaining("NOPERM");
				assertThat(listLength(factory)).containsExactly(0L);
			}
			assertThat(server.execute("GET", "key")).isEqualTo("1");
		});
	}

	@Test
	void whoeverComesNextIsNotInATransaction() {
		this.application.run((context) -> {
			RedisConnectionFactory factory = context.getBean(RedisConnectionFactory.class);
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			for (int i = 0; i < 20; i++) {
				increment(factory);
				assertThat(listLength(factory)).containsExactly(0L);
				increment(factory);
				template.opsForList().rightPush("list", "entry");
				assertThat(template.opsForList().leftPop("list", Duration.ofSeconds(30))).isEqualTo("entry");
			}
			assertThat(template.opsForValue().get("key")).isEqualTo("40");
		});
	}

	@Test
	void aCommandThatIsCancelledRemainsAPartOfItsTransaction() {
		this.application.run((context) -> {
			RedisConnectionFactory factory = context.getBean(RedisConnectionFactory.class);
			try (RedisConnection connection = factory.getConnection()) {
				RedisAsyncCommands<byte[], byte[]> commands = begin(connection);
				commands.incr(KEY).cancel(true);
				RedisFuture<Long> second = commands.incr(KEY);
				assertThat(commands.exec().get(30, TimeUnit.SECONDS)).containsExactly(1L, 2L);
				assertThat(second.get(30, TimeUnit.SECONDS)).isEqualTo(2);
			}
			assertThat(increment(factory)).containsExactly(3L);
		});
	}

	@Test
	void aTransactionMayTakeLongerThanACommand() {
		this.application.withPropertyValues("spring.data.redis.timeout=2s").run((context) -> {
			RedisConnectionFactory factory = context.getBean(RedisConnectionFactory.class);
			try (RedisConnection connection = factory.getConnection()) {
				RedisAsyncCommands<byte[], byte[]> commands = begin(connection);
				RedisFuture<Long> first = commands.incr(KEY);
				assertThat(first.toCompletableFuture()).failsWithin(Duration.ofSeconds(4))
					.withThrowableOfType(TimeoutException.class);
				assertThat(commands.exec().get(30, TimeUnit.SECONDS)).containsExactly(1L);
				assertThat(first.get(30, TimeUnit.SECONDS)).isOne();
			}
		});
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 300 })
	void whatIsQueuedFailsIfItsTransactionFails(int commandsInAll) {
		this.application.withPropertyValues("spring.data.redis.timeout=2s").run((context) -> {
			RedisConnectionFactory factory = context.getBean(RedisConnectionFactory.class);
			try (RedisConnection connection = factory.getConnection()) {
				RedisAsyncCommands<byte[], byte[]> commands = begin(connection);
				RedisFuture<Long> first = commands.incr(KEY);
				for (int i = 1; i < commandsInAll; i++) {
					commands.incr(KEY);
				}
				if (commandsInAll > 256) {
					// The server has queued the first ones.
					await().atMost(Duration.ofSeconds(30))
						.until(() -> server.clients()
							.stream()
							.anyMatch((client) -> client.matches(".* multi=\\d{3} .*")));
				}
				server.execute("CLIENT", "KILL", "TYPE", "normal");
				assertThat(commands.exec().toCompletableFuture()).failsWithin(Duration.ofSeconds(30));
				assertThat(first.toCompletableFuture()).failsWithin(Duration.ofSeconds(30));
			}
		});
	}

	@SuppressWarnings({ "unchecked", "deprecation" }) // There is no other way.
	private static RedisAsyncCommands<byte[], byte[]> begin(RedisConnection connection) throws Exception {
		RedisAsyncCommands<byte[], byte[]> commands = (RedisAsyncCommands<byte[], byte[]>) connection
			.getNativeConnection();
		commands.multi().get(30, TimeUnit.SECONDS);
		return commands;
	}

	@Test
	void aTransactionThatIsDiscardedKeepsItsConnection() {
		this.application.run((context) -> {
			RedisConnectionFactory factory = context.getBean(RedisConnectionFactory.class);
			increment(factory);
			awaitBegun();
			List<String> connections = connections();
			try (RedisConnection connection = factory.getConnection()) {
				connection.multi();
				connection.stringCommands().incr(KEY);
				connection.discard();
			}
			try (RedisConnection connection = factory.getConnection()) {
				connection.multi();
				connection.stringCommands().incr(KEY);
			}
			assertThat(increment(factory)).containsExactly(2L);
			assertThat(connections()).isEqualTo(connections);
		});
	}

	@Test
	void keptAliveAConnectionIsInNoTransaction() {
		this.application.withPropertyValues("lettuce.pool.keepalive-interval=1s").run((context) -> {
			increment(context.getBean(RedisConnectionFactory.class));
			await().atMost(Duration.ofSeconds(30)).until(() -> !isBegun());
		});
	}

	private static List<String> connections() {
		return String.valueOf(server.execute("CLIENT", "LIST"))
			.lines()
			.filter((line) -> line.contains(" user=app "))
			.map((line) -> line.substring(0, line.indexOf(' ')))
			.toList();
	}

	private static void awaitBegun() {
		await().atMost(Duration.ofSeconds(30)).until(TransactionTests::isBegun);
	}

	private static boolean isBegun() {
		return String.valueOf(server.execute("CLIENT", "LIST")).contains(" multi=0 ");
	}

	private static List<Object> increment(RedisConnectionFactory factory) {
		try (RedisConnection connection = factory.getConnection()) {
			connection.multi();
			connection.stringCommands().incr(KEY);
			return connection.exec();
		}
	}

	private static List<Object> listLength(RedisConnectionFactory factory) {
		try (RedisConnection connection = factory.getConnection()) {
			connection.openPipeline();
			connection.listCommands().lLen("list".getBytes(StandardCharsets.UTF_8));
			return connection.closePipeline();
		}
	}

}
