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
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.EmbeddedRedisException;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RespClient;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Connections whose PINGs the server answers with an error.
 */
class RefusedPingTests {

	private static final int CONNECTIONS = 4;

	/**
	 * A PING takes as long as this machine is busy.
	 */
	private static final Duration PATIENT = Duration.ofSeconds(30);

	private static final AtomicInteger pings = new AtomicInteger();

	@Redis(own = true, config = { "enable-debug-command yes", "enable-protected-configs yes" })
	private static RedisServer server;

	private static ClientResources resources;

	private TestedPool pool;

	@BeforeAll
	static void start() {
		server.execute("ACL", "SETUSER", "app", "on", ">pw", "~*", "&*", "+@all", "-ping");
		resources = DefaultClientResources.builder().commandLatencyRecorder(new CommandLatencyRecorder() {

			@Override
			public void recordCommandLatency(SocketAddress local, SocketAddress remote, ProtocolKeyword type,
					long firstResponseLatency, long completionLatency) {
				if (type == CommandType.PING) {
					pings.incrementAndGet();
				}
			}

		}).build();
	}

	@AfterAll
	static void stop() {
		resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@BeforeEach
	void forgetPings() {
		pings.set(0);
	}

	@AfterEach
	void close() {
		this.pool.close();
	}

	@ParameterizedTest
	@EnumSource
	void aServerThatAnswersAKeepaliveWithAnErrorKeepsItsConnections(Trouble trouble) throws IOException {
		start(RefusedPingTests::keptReady, UnaryOperator.identity(),
				(trouble == Trouble.NOT_ALLOWED) ? app() : anybody());
		awaitIdle();
		trouble.begin(server);
		try {
			awaitPings(5 * CONNECTIONS);
		}
		finally {
			trouble.end(server);
		}
		assertThatNoConnectionWasReplaced();
	}

	@Test
	void aConnectionWhoseCheckBeforeItIsLentIsAnsweredWithAnErrorIsLent() {
		start((settings) -> settings.validateAfterIdle(Duration.ZERO), UnaryOperator.identity());
		for (int i = 0; i < 5; i++) {
			Borrowed borrowed = this.pool.borrow();
			assertThat(borrowed.call("ECHO", "fine")).isEqualTo("fine");
			borrowed.giveBack();
		}
		assertThat(pings).hasValueGreaterThanOrEqualTo(4);
		assertThat(this.pool.events().openedCount()).isOne();
		assertThat(this.pool.events().closeReasons()).isEmpty();
	}

	@Test
	void aLowLatencyConnectionWhoseCheckIsAnsweredWithAnErrorIsKept() {
		start((settings) -> settings.sharedConnections(1).lowLatencyCallers(1).validateAfterIdle(Duration.ofMillis(1)),
				UnaryOperator.identity());
		StringRedisTemplate template = new StringRedisTemplate(this.pool.factory());
		await().until(() -> {
			template.hasKey("key");
			return pings.get() >= 5;
		});
		assertThat(this.pool.events().openedCount()).isOne();
		assertThat(this.pool.events().closeReasons()).isEmpty();
	}

	@Test
	void sharedConnectionsWhoseValidationIsAnsweredWithAnErrorAreKept() {
		start((settings) -> settings.sharedConnections(2), UnaryOperator.identity());
		this.pool.factory().initConnection();
		String connections = clients();
		this.pool.factory().validateConnection();
		assertThat(pings).hasValue(4);
		assertThat(clients()).isEqualTo(connections);
	}

	private static String clients() {
		return server.clients().stream().map((client) -> client.split(" ", 2)[0]).sorted().toList().toString();
	}

	@Test
	void connectionsToAMasterAndReplicasAreOpenedAndKeptThoughItRefusesPings() {
		var servers = new RedisStaticMasterReplicaConfiguration(server.host(), server.port());
		servers.setUsername("app");
		servers.setPassword("pw");
		LettuceClientConfiguration client = LettuceClientConfiguration.builder()
			.clientResources(resources)
			.readFrom(ReadFrom.REPLICA_PREFERRED)
			.build();
		start(new PooledLettuceConnectionFactory("refused-pings", servers, client,
				keptReady(settings().sharedConnections(1)).build()));
		new StringRedisTemplate(this.pool.factory()).opsForValue().set("key", "value");
		awaitIdle();
		awaitPings(5 * CONNECTIONS);
		assertThatNoConnectionWasReplaced();
	}

	@Test
	void aConnectionThatIsNotAuthenticatedIsClosedForThatReason() {
		start(RefusedPingTests::keptReady,
				(client) -> client.clientOptions(ClientOptions.builder()
					.protocolVersion(ProtocolVersion.RESP2)
					.pingBeforeActivateConnection(false)
					.build()),
				anybody());
		awaitIdle();
		this.pool.borrow().giveBack();
		server.execute("CONFIG", "SET", "requirepass", "secret");
		try {
			this.pool.pool().retireAll();
			await().until(() -> this.pool.events().closedFor(CloseReason.UNAUTHENTICATED) > 0);
		}
		finally {
			reset();
		}
		assertThat(this.pool.events().closeReasons()).doesNotContain(CloseReason.VALIDATION_FAILED);
	}

	private static void reset() {
		try (RespClient client = server.connect()) {
			client.execute("AUTH", "secret");
			client.execute("CONFIG", "SET", "requirepass", "");
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static PoolSettings.Builder settings() {
		return PoolSettings.builder().validationTimeout(PATIENT);
	}

	private static PoolSettings.Builder keptReady(PoolSettings.Builder settings) {
		return settings.maxSize(CONNECTIONS).minIdle(CONNECTIONS).keepaliveInterval(Duration.ofMillis(100));
	}

	private void start(UnaryOperator<PoolSettings.Builder> settings,
			UnaryOperator<LettuceClientConfigurationBuilder> client) {
		start(settings, client, app());
	}

	private static RedisStandaloneConfiguration app() {
		RedisStandaloneConfiguration address = anybody();
		address.setUsername("app");
		address.setPassword("pw");
		return address;
	}

	private static RedisStandaloneConfiguration anybody() {
		return new RedisStandaloneConfiguration(server.host(), server.port());
	}

	private void start(UnaryOperator<PoolSettings.Builder> settings,
			UnaryOperator<LettuceClientConfigurationBuilder> client, RedisStandaloneConfiguration address) {
		start(new PooledLettuceConnectionFactory("refused-pings", address,
				client.apply(LettuceClientConfiguration.builder().clientResources(resources)).build(),
				settings.apply(settings().sharedConnections(0)).build()));
	}

	private void start(PooledLettuceConnectionFactory factory) {
		this.pool = new TestedPool(factory, Codec.BLOCKING);
		factory.afterPropertiesSet();
		factory.start();
	}

	private void awaitIdle() {
		await().until(() -> this.pool.idle() == CONNECTIONS);
	}

	private static void awaitPings(int count) {
		int before = pings.get();
		await().atMost(Duration.ofSeconds(30)).until(() -> pings.get() >= before + count);
	}

	private void assertThatNoConnectionWasReplaced() {
		assertThat(this.pool.events().closeReasons()).isEmpty();
		assertThat(this.pool.events().openedCount()).isEqualTo(CONNECTIONS);
	}

	/**
	 * A reason for a server to answer PING with an error.
	 */
	enum Trouble {

		/**
		 * The user may not send it: NOPERM.
		 */
		NOT_ALLOWED {

			@Override
			void begin(RedisServer server) {
			}

			@Override
			void end(RedisServer server) {
			}

		},

		/**
		 * A replica that has lost its master and is not to serve old data: MASTERDOWN.
		 */
		WITHOUT_MASTER {

			@Override
			void begin(RedisServer server) {
				server.execute("CONFIG", "SET", "replica-serve-stale-data", "no");
				server.execute("REPLICAOF", "127.0.0.1", "1");
			}

			@Override
			void end(RedisServer server) {
				server.execute("REPLICAOF", "NO", "ONE");
			}

		},

		/**
		 * It cannot save its data: MISCONF.
		 */
		CANNOT_SAVE {

			@Override
			void begin(RedisServer server) {
				server.execute("CONFIG", "SET", "save", "3600 1");
				server.execute("CONFIG", "SET", "dbfilename", "x".repeat(300));
				server.execute("BGSAVE");
				await().until(() -> String.valueOf(server.execute("INFO", "persistence"))
					.contains("rdb_last_bgsave_status:err"));
			}

			@Override
			void end(RedisServer server) {
				server.execute("CONFIG", "SET", "dbfilename", "dump.rdb");
				server.execute("BGSAVE");
				await().until(() -> String.valueOf(server.execute("INFO", "persistence"))
					.contains("rdb_last_bgsave_status:ok"));
			}

		},

		/**
		 * It runs a script: BUSY.
		 */
		RUNS_A_SCRIPT {

			@Override
			void begin(RedisServer server) throws IOException {
				server.execute("CONFIG", "SET", "busy-reply-threshold", "1");
				inBackground(server, "EVAL", "while true do end", "0");
			}

			@Override
			void end(RedisServer server) {
				server.execute("SCRIPT", "KILL");
			}

		},

		/**
		 * It loads its data: LOADING.
		 */
		LOADS {

			@Override
			void begin(RedisServer server) throws IOException {
				server.execute("DEBUG", "POPULATE", "5000");
				server.execute("CONFIG", "SET", "loading-process-events-interval-bytes", "1024");
				server.execute("CONFIG", "SET", "key-load-delay", "1000");
				inBackground(server, "DEBUG", "RELOAD");
			}

			@Override
			void end(RedisServer server) {
				server.execute("CONFIG", "SET", "key-load-delay", "0");
				await().until(() -> String.valueOf(server.execute("INFO", "persistence")).contains("\nloading:0"));
			}

		};

		abstract void begin(RedisServer server) throws IOException;

		abstract void end(RedisServer server);

		static void inBackground(RedisServer server, String... command) {
			Thread thread = new Thread(() -> {
				try (RespClient client = server.connect()) {
					client.execute(command);
				}
				catch (IOException | EmbeddedRedisException ex) {
					// The script is killed.
				}
			});
			thread.setDaemon(true);
			thread.start();
		}

	}

}
