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

package io.github.lettucepool.advice;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.FakePoolServer;
import io.github.lettucepool.FakeRedisPool;
import io.github.lettucepool.PoolServer;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PoolAdvisor}, some with a real server.
 */
@Timeout(300)
class PoolAdvisorTests {

	private static final Duration BOUND = Duration.ofSeconds(30);

	@Redis(config = "maxclients 100")
	private static RedisServer server;

	private final PoolAdvisor advisor = new PoolAdvisor();

	private final ExecutorService executor = Executors.newCachedThreadPool();

	@AfterEach
	void stop() throws InterruptedException {
		this.executor.shutdownNow();
		assertThat(this.executor.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
		this.advisor.close();
	}

	@ParameterizedTest
	@CsvSource({ "4, 12", "24, 10" })
	@Tag("slow")
	void theRecommendedSizeIsThatOfAKnownLoad(int maxSize, int borrowers) {
		PooledLettuceConnectionFactory factory = start(PoolSettings.builder().maxSize(maxSize).build());
		try {
			this.advisor.watch(factory.getPool());
			for (int i = 0; i < borrowers; i++) {
				this.executor.execute(() -> borrowAgainAndAgain(factory));
			}
			await().atMost(BOUND).until(() -> this.advisor.recommendedSize(factory.getPool()) != null);
			assertThat(this.advisor.recommendedSize(factory.getPool())).isCloseTo(borrowers, withinPercentage(20));
		}
		finally {
			this.executor.shutdownNow();
			factory.destroy();
		}
	}

	private static void borrowAgainAndAgain(PooledLettuceConnectionFactory factory) {
		while (!Thread.currentThread().isInterrupted()) {
			try (RedisConnection connection = factory.getConnection()) {
				// Blocks, and for that time has a connection to itself.
				connection.listCommands()
					.bLPop(1, ("never:" + Thread.currentThread().getId()).getBytes(StandardCharsets.UTF_8));
			}
			catch (RuntimeException ex) {
				return;
			}
		}
	}

	@Test
	void poolsThatTheServerHasNoRoomForAreTold() {
		PooledLettuceConnectionFactory one = start(PoolSettings.builder().sharedConnections(1).maxSize(60).build());
		PooledLettuceConnectionFactory other = start(PoolSettings.builder().sharedConnections(1).maxSize(50).build());
		try {
			one.getConnection().ping();
			other.getConnection().ping();
			this.advisor.watch(one.getPool());
			assertThat(this.advisor.advice(one.getPool())).isEmpty();
			this.advisor.watch(other.getPool());
			await().atMost(BOUND)
				.untilAsserted(() -> assertThat(this.advisor.advice(other.getPool()))
					.anySatisfy((advice) -> assertThat(advice.topic()).isEqualTo(Advice.Topic.MAXCLIENTS)));
			assertThat(this.advisor.advice(one.getPool())).extracting(Advice::topic).contains(Advice.Topic.MAXCLIENTS);
		}
		finally {
			one.destroy();
			other.destroy();
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 200, Integer.MAX_VALUE })
	void withoutTheSharedLaneTheServerIsAskedWithoutABorrow(int maxSize) {
		PooledLettuceConnectionFactory factory = start(
				PoolSettings.builder().sharedConnections(0).maxSize(maxSize).minIdle(1).build());
		try {
			this.advisor.watch(factory.getPool());
			await().atMost(BOUND)
				.untilAsserted(() -> assertThat(this.advisor.advice(factory.getPool())).extracting(Advice::topic)
					.contains(Advice.Topic.MAXCLIENTS));
			assertThat(factory.getPool().snapshot().leases()).isEmpty();
			await().atMost(BOUND).until(() -> server.clients().size() == 1);
		}
		finally {
			factory.destroy();
		}
	}

	/**
	 * Managed services often refuse CONFIG.
	 */
	@Test
	void theServerIsAskedByInfoAloneAndNotOnTheThreadOfACaller() {
		PooledLettuceConnectionFactory factory = start(PoolSettings.builder().sharedConnections(1).build());
		try {
			factory.getConnection().ping();
			server.execute("CONFIG", "RESETSTAT");
			Asked asked = new Asked(factory.getPool().getServer());
			FakeRedisPool pool = pool("asked").server(asked);
			this.advisor.watch(pool);
			this.advisor.advice(pool);
			await().atMost(BOUND).until(() -> !asked.answers.isEmpty());
			assertThat(asked.answers.get(0)).succeedsWithin(BOUND)
				.satisfies((clients) -> assertThat(clients.max()).isEqualTo(100));
			assertThat(asked.threads).containsOnly("lettuce-pool-advisor");
			assertThat(String.valueOf(server.execute("INFO", "commandstats"))).doesNotContain("cmdstat_config|get");
		}
		finally {
			factory.destroy();
		}
	}

	@Test
	void poolsOfDifferentServersDoNotAddUp() {
		FakeRedisPool one = pool("one").server(new FakePoolServer().clients("a", 3, 40));
		FakeRedisPool other = pool("other").server(new FakePoolServer().clients("b", 3, 40));
		this.advisor.watch(one);
		this.advisor.watch(other);
		await().atMost(BOUND).until(() -> one.snapshots() > 3 && other.snapshots() > 3);
		assertThat(this.advisor.advice(one)).isEmpty();
	}

	@Test
	void clientsOfOtherApplicationsCount() {
		FakeRedisPool pool = pool("one").server(new FakePoolServer().clients("a", 30, 40));
		this.advisor.watch(pool);
		await().atMost(BOUND).until(() -> !this.advisor.advice(pool).isEmpty());
		assertThat(this.advisor.advice(pool)).singleElement()
			.satisfies((advice) -> assertThat(advice.text()).contains("takes 40 clients", "has 30", "[one]"));
	}

	@Test
	void aPoolThatIsNotWatchedGetsNoAdvice() {
		FakeRedisPool pool = pool("one").settings(PoolSettings.builder().maxWait(Duration.ofMillis(-1)).build());
		assertThat(this.advisor.advice(pool)).isEmpty();
		assertThat(this.advisor.recommendedSize(pool)).isNull();
	}

	@Test
	void nothingIsLeftBehind() {
		FakeRedisPool pool = pool("one");
		this.advisor.watch(pool);
		this.advisor.watch(pool);
		assertThat(pool.listeners()).hasSize(1);
		this.advisor.close();
		assertThat(pool.listeners()).isEmpty();
		await().atMost(BOUND)
			.until(() -> Thread.getAllStackTraces()
				.keySet()
				.stream()
				.noneMatch((thread) -> thread.getName().equals("lettuce-pool-advisor")));
	}

	private static FakeRedisPool pool(String name) {
		return new FakeRedisPool(name).exclusive(20, 0, 1, 0, 0);
	}

	private static PooledLettuceConnectionFactory start(PoolSettings settings) {
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("load",
				new RedisStandaloneConfiguration(server.host(), server.port()),
				LettuceClientConfiguration.builder().commandTimeout(Duration.ofSeconds(5)).build(), settings);
		factory.afterPropertiesSet();
		factory.start();
		return factory;
	}

	/**
	 * A real server, and who asks it.
	 */
	private static final class Asked implements PoolServer {

		private final PoolServer server;

		private final List<CompletableFuture<Clients>> answers = new CopyOnWriteArrayList<>();

		private final List<String> threads = new CopyOnWriteArrayList<>();

		private Asked(PoolServer server) {
			this.server = server;
		}

		@Override
		public CompletionStage<Clients> askForClients() {
			this.threads.add(Thread.currentThread().getName());
			CompletionStage<Clients> answer = this.server.askForClients();
			this.answers.add(answer.toCompletableFuture());
			return answer;
		}

		@Override
		public String describe() {
			return this.server.describe();
		}

		@Override
		public Duration getTimeout() {
			return this.server.getTimeout();
		}

		@Override
		public List<Node> nodes() {
			return this.server.nodes();
		}

		@Override
		public CompletionStage<String> info() {
			return this.server.info();
		}

	}

}
