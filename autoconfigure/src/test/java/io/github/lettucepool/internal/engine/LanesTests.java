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
package io.github.lettucepool.internal.engine;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.awaitility.Awaitility.await;

/**
 * Which lane a command takes, and that it needs no other.
 */
@Timeout(300)
class LanesTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	private static final int OFTEN = 1_000;

	@Redis
	private static RedisServer server;

	private static ClientResources resources;

	private PooledLettuceConnectionFactory factory;

	private StringRedisTemplate template;

	@BeforeAll
	static void startServer() {
		// What breaks stays broken.
		resources = DefaultClientResources.builder().reconnectDelay(Delay.constant(Duration.ofMinutes(10))).build();
	}

	@AfterAll
	static void stopServer() {
		resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@BeforeEach
	void startFactory() {
		start(0);
	}

	private void start(int lowLatencyCallers) {
		this.factory = new PooledLettuceConnectionFactory("lanes",
				new RedisStandaloneConfiguration(server.host(), server.port()),
				LettuceClientConfiguration.builder()
					.clientResources(resources)
					.clientName("app")
					.commandTimeout(LONG)
					.build(),
				PoolSettings.builder().sharedConnections(3).lowLatencyCallers(lowLatencyCallers).build());
		this.factory.start();
		this.template = new StringRedisTemplate(this.factory);
	}

	private void restart(int lowLatencyCallers) {
		this.factory.destroy();
		start(lowLatencyCallers);
	}

	@AfterEach
	void destroyFactory() {
		this.factory.destroy();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 2 })
	void aSharedConnectionSaysWhatItIsAndIsNotClosedByItsUsers(int lowLatencyCallers) {
		restart(lowLatencyCallers);
		try (RedisConnection connection = this.factory.getConnection()) {
			StatefulRedisConnection<byte[], byte[]> shared = shared(connection);
			assertThat(shared.isOpen()).isTrue();
			assertThat(shared.isMulti()).isFalse();
			assertThat(shared.getOptions()).isNotNull();
			assertThat(shared.getResources()).isSameAs(resources);
			assertThat(shared.getCodec()).isNotNull();
			assertThat(shared).isEqualTo(shared(connection)).hasSameHashCodeAs(shared(connection));
			assertThat(shared).isNotEqualTo(this.factory);
			assertThat(shared.equals(null)).isFalse();
			assertThat(shared.toString()).isNotEmpty();
			shared.close();
			assertThat(shared.closeAsync()).isCompleted();
			assertThat(shared.async().ping().toCompletableFuture().join()).isEqualTo("PONG");
			assertThat(shared.dispatch(List.of(new AsyncCommand<>(ping()), new AsyncCommand<>(ping()))))
				.allSatisfy((sent) -> assertThat(((AsyncCommand<?, ?, ?>) sent).toCompletableFuture().join())
					.isEqualTo("PONG"));
			AsyncCommand<byte[], byte[], String> alone = new AsyncCommand<>(ping());
			shared.dispatch(alone);
			assertThat(alone.toCompletableFuture().join()).isEqualTo("PONG");
		}
	}

	@SuppressWarnings({ "deprecation", "unchecked" })
	private static StatefulRedisConnection<byte[], byte[]> shared(RedisConnection connection) {
		return ((RedisAsyncCommands<byte[], byte[]>) connection.getNativeConnection()).getStatefulConnection();
	}

	private static Command<byte[], byte[], String> ping() {
		return new Command<>(CommandType.PING, new StatusOutput<>(ByteArrayCodec.INSTANCE));
	}

	@Test
	void aFactoryThatWasStoppedIsStoppedAndResetAgainWithoutHarm() {
		this.factory.stop();
		this.factory.stop();
		this.factory.resetConnection();
		this.factory.start();
		this.factory.start();
		assertThat(this.template.hasKey("none")).isFalse();
	}

	@Test
	void theExclusiveLaneServesWhileTheSharedOneIsLost() throws Exception {
		loseSharedConnections();
		assertThat(this.template.executePipelined(callback((connection) -> connection.ping()))).containsExactly("PONG");
		try (RedisConnection connection = this.factory.getConnection()) {
			connection.watch(bytes("key"));
			assertThat(connection.ping()).isEqualTo("PONG");
			connection.multi();
			connection.stringCommands().set(bytes("key"), bytes("value"));
			assertThat(connection.exec()).hasSize(1);
			connection.ping();
		}
		catch (RedisConnectionFailureException ex) {
			// The last command has no exclusive connection any more.
			assertThat(ex).hasMessageContaining("none of its 3 shared connections is connected");
		}
		server.execute("RPUSH", "list", "element");
		assertThat(this.template.opsForList().leftPop("list", LONG)).isEqualTo("element");
		CountDownLatch received = new CountDownLatch(1);
		try (RedisConnection connection = this.factory.getConnection()) {
			connection.subscribe((message, pattern) -> received.countDown(), bytes("channel"));
			server.execute("PUBLISH", "channel", "message");
			assertThat(received.await(30, TimeUnit.SECONDS)).isTrue();
		}
	}

	@Test
	void theReactiveExclusiveLaneServesWhileTheSharedOneIsLost() {
		loseSharedConnections();
		server.execute("RPUSH", "list", "element");
		assertThat(reactive().opsForList().leftPop("list", LONG).block(LONG)).isEqualTo("element");
	}

	@Test
	void aCommandThatNeedsTheLostLaneFailsAndSaysSo() {
		loseSharedConnections();
		assertThatExceptionOfType(RedisConnectionFailureException.class)
			.isThrownBy(() -> this.template.opsForValue().get("key"))
			.withMessageContaining("Pool 'lanes': none of its 3 shared connections is connected");
		assertThatExceptionOfType(RedisConnectionFailureException.class)
			.isThrownBy(() -> reactive().opsForValue().get("key").block(LONG))
			.withMessageContaining("Pool 'lanes': none of its 3 shared connections is connected");
	}

	@Test
	void lowLatencyConnectionsServeWhileTheSharedLaneIsLost() {
		restart(2);
		awaitLowLatency();
		loseSharedConnections();
		for (int i = 0; i < 100; i++) {
			this.template.opsForValue().set("key", "value");
			assertThat(this.template.opsForValue().get("key")).isEqualTo("value");
		}
	}

	@Test
	void theSharedLaneServesWhileLowLatencyConnectionsAreLost() {
		restart(2);
		awaitLowLatency();
		server.clients()
			.stream()
			.filter((client) -> client.contains("name=app-low-latency"))
			.forEach((client) -> server.execute("CLIENT", "KILL", "ID", idOf(client)));
		assertThatNoException().isThrownBy(() -> this.template.opsForValue().get("key"));
	}

	@Test
	void aLowLatencyConnectionDoesNotOvertakeWhatIsSentWithoutWaiting() {
		restart(2);
		awaitLowLatency();
		for (int i = 0; i < OFTEN; i++) {
			String number = String.valueOf(i);
			this.template.execute(callback((connection) -> natively(connection).set(bytes("order"), bytes(number))));
			assertThat(this.template.opsForValue().get("order")).isEqualTo(number);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "SUBSCRIBE channel", "psubscribe channel other", "UNSUBSCRIBE", "CLIENT REPLY OFF" })
	void aRawCommandWithoutAReplyIsRefused(String words) {
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class).isThrownBy(() -> send(words))
			.withMessageContaining("is not sent: it would be waited for in vain")
			.withMessageContaining("RedisConnection.subscribe()");
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT 3", "select 3", " Select 3", "MULTI", "WATCH key", "AUTH none", "HELLO 2",
			"CLIENT SETNAME other", "client no-evict on", "CLIENT REPLY SKIP", "CLIENT TRACKING ON", "RESET", "QUIT",
			"READONLY", "READWRITE", "ASKING", "BLPOP none 0.05", "brpop none 0.05",
			"BLMOVE none other LEFT RIGHT 0.05", "BLMPOP 0.05 1 none LEFT", "BZPOPMIN none 0.05", "WAIT 1 50",
			"XREAD BLOCK 50 STREAMS none $", "xread count 1 block 50 streams none $", "DEBUG SLEEP 0",
			"SUBSCRIBE channel", "SUBSCRIBE channel other", "UNSUBSCRIBE", "PSUBSCRIBE channel", "SSUBSCRIBE channel",
			"MONITOR", "SCRIPT DEBUG YES", "REPLICAOF NO ONE", "MODULE.BLOCKS key 0" })
	void aRawCommandThatIsNotHarmlessReachesNoConnectionOfOthers(String words) {
		restart(2);
		awaitLowLatency();
		List<String> others = ids();
		try {
			send(words);
		}
		catch (DataAccessException ex) {
			// The server knows better.
		}
		assertThat(clients()).filteredOn((client) -> others.contains(idOf(client)))
			.hasSameSizeAs(others)
			.allMatch((client) -> client.contains(" db=0 ") && client.contains(" multi=-1 ")
					&& client.contains(" sub=0 ") && client.contains("name=app"))
			.noneMatch((client) -> client.matches("(?i).* cmd=" + words.strip().split(" ", 2)[0] + "[| ].*"));
		this.template.opsForValue().set("key", "value");
		assertThat(this.template.opsForValue().get("key")).isEqualTo("value");
		assertThat(
				this.template.executePipelined(callback((connection) -> connection.stringCommands().get(bytes("key")))))
			.containsExactly("value");
		assertThat(this.factory.getPool().snapshot().exclusive().active()).isZero();
	}

	@Test
	@SuppressWarnings("deprecation") // Applications call it.
	void whatConcernsANativeConnectionAsAWholeConcernsNoOther() {
		this.template.opsForValue().set("key", "value");
		this.template.execute(callback((connection) -> {
			RedisAsyncCommands<byte[], byte[]> commands = natively(connection);
			commands.getStatefulConnection().setAutoFlushCommands(false);
			var sent = commands.set(bytes("key"), bytes("later"));
			assertThat(this.template.opsForValue().get("key")).isEqualTo("value");
			commands.getStatefulConnection().flushCommands();
			commands.getStatefulConnection().setAutoFlushCommands(true);
			assertThat(sent.toCompletableFuture()).succeedsWithin(LONG);
			commands.select(3).toCompletableFuture().join();
			commands.getStatefulConnection().close();
			return commands.getStatefulConnection().sync().select(4);
		}));
		assertThat(this.template.opsForValue().get("key")).isEqualTo("later");
		assertThat(clients()).filteredOn((client) -> client.contains("name=app-shared")).hasSize(3);
	}

	private void send(String words) {
		String[] parts = words.strip().split(" ", -1);
		byte[][] arguments = Arrays.stream(parts).skip(1).map(LanesTests::bytes).toArray(byte[][]::new);
		String name = words.startsWith(" ") ? " " + parts[0] + " " : parts[0];
		this.template.execute(callback((connection) -> connection.execute(name, arguments)));
	}

	private void loseSharedConnections() {
		this.factory.initConnection();
		List<String> lost = clients().stream().filter((client) -> client.contains("name=app-shared")).toList();
		assertThat(lost).hasSize(6);
		lost.forEach((client) -> server.execute("CLIENT", "KILL", "ID", idOf(client)));
		await().until(() -> this.factory.getPool().snapshot().shared().connected() == 0);
	}

	private void awaitLowLatency() {
		await().until(() -> {
			this.template.opsForValue().get("key");
			return this.factory.getPool().snapshot().shared().lowLatency() > 0
					&& this.factory.getPool().snapshot().shared().connected() == 3;
		});
	}

	private static List<String> clients() {
		return server.clients();
	}

	private static List<String> ids() {
		return clients().stream().map(LanesTests::idOf).toList();
	}

	private static String idOf(String client) {
		return client.replaceFirst("id=(\\d+) .*", "$1");
	}

	private ReactiveStringRedisTemplate reactive() {
		return new ReactiveStringRedisTemplate(this.factory);
	}

	@SuppressWarnings("unchecked")
	private static RedisAsyncCommands<byte[], byte[]> natively(RedisConnection connection) {
		return (RedisAsyncCommands<byte[], byte[]>) connection.getNativeConnection();
	}

	private static RedisCallback<Object> callback(RedisCallback<Object> callback) {
		return (connection) -> {
			callback.doInRedis(connection);
			return null;
		};
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
