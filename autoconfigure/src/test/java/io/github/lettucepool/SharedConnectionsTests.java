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
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.Transports;
import io.netty.channel.EventLoopGroup;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * What {@code initConnection}, {@code resetConnection}, {@code validateConnection} and
 * the loss of connections mean for all shared connections of a factory.
 */
@Timeout(300)
class SharedConnectionsTests {

	private static final int SHARED = 3;

	private static final Duration NEVER = Duration.ofMinutes(10);

	@Redis(own = true)
	private static RedisServer server;

	private static ClientResources resources;

	private PooledLettuceConnectionFactory factory;

	@BeforeAll
	static void startServer() {
		// What breaks stays broken.
		resources = DefaultClientResources.builder().reconnectDelay(Delay.constant(NEVER)).build();
	}

	@AfterAll
	static void stopServer() {
		resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@BeforeEach
	void startFactory() {
		server.start();
		this.factory = factory(server.port());
	}

	@AfterEach
	void destroyFactory() {
		this.factory.destroy();
	}

	@Test
	void initOpensAllForBlockingAndReactiveUse() {
		this.factory.initConnection();
		assertThat(connected()).isEqualTo(2 * SHARED);
		assertThat(server.clients()).hasSize(2 * SHARED);
	}

	@Test
	void initReplacesAll() {
		this.factory.initConnection();
		List<String> before = ids();
		this.factory.initConnection();
		await().until(() -> server.clients().size() == 2 * SHARED);
		assertThat(ids()).doesNotContainAnyElementsOf(before);
		assertThatItWorks();
	}

	@Test
	void initFailsIfTheServerCannotBeReached() {
		server.kill();
		assertThatExceptionOfType(PoolConnectException.class).isThrownBy(this.factory::initConnection);
	}

	@Test
	void resetClosesAllAndTheNextUseOpensThemAgain() {
		this.factory.initConnection();
		this.factory.resetConnection();
		await().until(() -> server.clients().isEmpty());
		assertThat(this.factory.getPool().snapshot().shared().opened()).isZero();
		assertThatItWorks();
		await().until(() -> connected() == 2 * SHARED);
	}

	@Test
	void validateReplacesAllThatAreBroken() {
		this.factory.initConnection();
		server.execute("CLIENT", "KILL", "TYPE", "normal");
		await().until(() -> connected() == 0);
		this.factory.validateConnection();
		await().until(() -> connected() == 2 * SHARED);
		assertThatItWorks();
	}

	@Test
	void validateKeepsThoseThatWork() {
		this.factory.initConnection();
		List<String> before = ids();
		this.factory.validateConnection();
		assertThat(ids()).isEqualTo(before);
	}

	@Test
	void withValidationEachUseReplacesTheBroken() {
		this.factory.setValidateConnection(true);
		this.factory.initConnection();
		server.execute("CLIENT", "KILL", "TYPE", "normal");
		await().until(() -> connected() == 0);
		await().ignoreException(RedisConnectionFailureException.class).untilAsserted(this::assertThatItWorks);
	}

	@Test
	void aBrokenOneIsSkippedForBlockingAndReactiveUse() {
		this.factory.initConnection();
		List<String> ids = ids();
		server.execute("CLIENT", "KILL", "ID", ids.get(0));
		server.execute("CLIENT", "KILL", "ID", ids.get(ids.size() - 1));
		await().until(() -> connected() == 2 * SHARED - 2);
		for (int i = 0; i < 200; i++) {
			assertThatItWorks();
		}
	}

	@Test
	void withoutAnyConnectionCommandsFailLongBeforeTheirTimeout() {
		this.factory.initConnection();
		server.kill();
		await().until(() -> connected() == 0);
		CompletableFuture<String> blocking = CompletableFuture.supplyAsync(this::ping);
		assertThat(blocking).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withCauseInstanceOf(RedisConnectionFailureException.class);
		CompletableFuture<String> reactive = CompletableFuture.supplyAsync(this::pingReactive);
		assertThat(reactive).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withCauseInstanceOf(RedisConnectionFailureException.class);
	}

	@Test
	void allAreOpenedAtOnce() throws Exception {
		try (Gate gate = new Gate(SHARED)) {
			PooledLettuceConnectionFactory gated = factory(gate.port());
			try {
				// The gate lets none pass before all have come.
				try (RedisConnection connection = gated.getConnection()) {
					assertThat(connection.ping()).isEqualTo("PONG");
				}
				await().until(() -> gated.getPool().snapshot().shared().connected() == SHARED);
			}
			finally {
				gated.destroy();
			}
		}
	}

	@Test
	void subscribersOnAllEventLoopsDoNotKeepThemFromBeingOpened() {
		assertThatItWorks();
		this.factory.resetConnection();
		assertThat(onEachEventLoop(this::subscribeToPing))
			.allSatisfy((pong) -> assertThat(pong).succeedsWithin(Duration.ofMinutes(1)).isEqualTo("PONG"));
	}

	@Test
	void validationOnAnEventLoopDoesNotWaitForAnAnswer() {
		this.factory.setValidateConnection(true);
		this.factory.initConnection();
		List<String> before = ids();
		assertThat(onEachEventLoop(this::subscribeToPing))
			.allSatisfy((pong) -> assertThat(pong).succeedsWithin(Duration.ofMinutes(1)).isEqualTo("PONG"));
		assertThat(ids()).isEqualTo(before);
	}

	@Test
	void blockingUseOnAnEventLoopDoesNotWaitForThatLoop() {
		assertThatItWorks();
		this.factory.resetConnection();
		server.pause();
		try {
			assertThat(onEachEventLoop(() -> CompletableFuture.completedFuture(ping())))
				.allSatisfy((pong) -> assertThat(pong).failsWithin(Duration.ofMinutes(1))
					.withThrowableThat()
					.havingCause()
					.isInstanceOf(RedisConnectionFailureException.class)
					.withMessageMatching("Pool 'shared' is opening its shared connections, and thread 'lettuce-.+' "
							+ "cannot wait for them: it is needed for that"));
		}
		finally {
			server.resume();
		}
		await().ignoreExceptions().untilAsserted(this::assertThatItWorks);
	}

	private CompletableFuture<String> subscribeToPing() {
		ReactiveRedisConnection connection = this.factory.getReactiveConnection();
		return connection.ping().toFuture();
	}

	private static <T> List<CompletableFuture<T>> onEachEventLoop(Supplier<CompletableFuture<T>> use) {
		List<CompletableFuture<T>> results = new ArrayList<>();
		EventLoopGroup eventLoops = resources.eventLoopGroupProvider().allocate(Transports.eventLoopGroupClass());
		eventLoops.forEach((eventLoop) -> results
			.add(CompletableFuture.supplyAsync(use, eventLoop).thenCompose(Function.identity())));
		resources.eventLoopGroupProvider().release(eventLoops, 0, 1, TimeUnit.SECONDS);
		return results;
	}

	private PooledLettuceConnectionFactory factory(int port) {
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("shared",
				new RedisStandaloneConfiguration(server.host(), port),
				LettuceClientConfiguration.builder().clientResources(resources).commandTimeout(NEVER).build(),
				PoolSettings.builder()
					.sharedConnections(SHARED)
					.lowLatencyCallers(0)
					.validationTimeout(Duration.ofSeconds(30))
					.build());
		factory.start();
		return factory;
	}

	private int connected() {
		return this.factory.getPool().snapshot().shared().connected();
	}

	private List<String> ids() {
		return server.clients().stream().map((client) -> client.replaceFirst("id=(\\d+) .*", "$1")).sorted().toList();
	}

	private void assertThatItWorks() {
		assertThat(ping()).isEqualTo("PONG");
		assertThat(pingReactive()).isEqualTo("PONG");
	}

	private String ping() {
		try (RedisConnection connection = this.factory.getConnection()) {
			return String.valueOf(connection.ping());
		}
	}

	private String pingReactive() {
		ReactiveRedisConnection connection = this.factory.getReactiveConnection();
		try {
			return String.valueOf(connection.ping().block(Duration.ofSeconds(30)));
		}
		finally {
			connection.close();
		}
	}

	/**
	 * Answers connections only once all that it waits for have come.
	 */
	private static final class Gate implements AutoCloseable {

		private final ServerSocket socket;

		private final List<Socket> sockets = new ArrayList<>();

		private Gate(int count) throws IOException {
			this.socket = new ServerSocket(0, count, InetAddress.getLoopbackAddress());
			start(() -> {
				for (int i = 0; i < count; i++) {
					this.sockets.add(this.socket.accept());
				}
				for (Socket client : List.copyOf(this.sockets)) {
					Socket redis = new Socket(server.host(), server.port());
					this.sockets.add(redis);
					start(() -> client.getInputStream().transferTo(redis.getOutputStream()));
					start(() -> redis.getInputStream().transferTo(client.getOutputStream()));
				}
			});
		}

		private int port() {
			return this.socket.getLocalPort();
		}

		private static void start(Transfer transfer) {
			Thread thread = new Thread(() -> {
				try {
					transfer.run();
				}
				catch (IOException ex) {
					// Closed at the end of the test.
				}
			});
			thread.setDaemon(true);
			thread.start();
		}

		@Override
		public void close() throws IOException {
			this.socket.close();
			for (Socket open : this.sockets) {
				open.close();
			}
		}

	}

	private interface Transfer {

		void run() throws IOException;

	}

}
