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

package io.github.lettucepool.autoconfigure;

import java.io.UnsupportedEncodingException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

import com.jayway.jsonpath.JsonPath;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.web.context.WebApplicationContext;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolExhaustedException;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.FreePort;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what an application shows of its pool over HTTP, with a real server.
 */
@Timeout(300)
class PoolVisibilityTests {

	private static final String PASSWORD = "never-to-be-seen";

	private static final String REACHABLE = "lettuce_pool_reachable{pool=\"redis\"} ";

	@Redis(own = true, password = PASSWORD)
	private static RedisServer server;

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final WebApplicationContextRunner contextRunner = new WebApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("spring.data.redis.host=" + server.host(), "spring.data.redis.port=" + server.port(),
				"spring.data.redis.password=" + PASSWORD, "spring.data.redis.timeout=20s", "lettuce.pool.max-size=1",
				"lettuce.pool.max-wait=1s", "lettuce.pool.shared-connections=2", "lettuce.pool.low-latency-callers=0",
				"management.endpoints.web.exposure.include=*", "management.endpoint.health.show-details=always",
				"management.metrics.use-global-registry=false");

	@BeforeEach
	void emptyServer() {
		server.execute("FLUSHALL");
	}

	@AfterEach
	void stopThreads() {
		this.executor.shutdownNow();
	}

	@Test
	void bothLanesAreSeenAtWork() {
		run((application) -> {
			application.redis.opsForValue().set("key", "value");
			application.holdConnection();
			await().until(() -> application.pool.snapshot().shared().connected() == 2);
			String health = application.get("/actuator/health/redisPool");
			assertThat(JsonPath.<String>read(health, "$.status")).isEqualTo("UP");
			assertThat(JsonPath.<Integer>read(health, "$.details.shared.connected")).isEqualTo(2);
			assertThat(JsonPath.<Integer>read(health, "$.details.exclusive.active")).isOne();
			String pool = application.get("/actuator/redispools/redis");
			assertThat(JsonPath.<Integer>read(pool, "$.exclusive.active")).isOne();
			assertThat(JsonPath.<String>read(pool, "$.leases[0].thread")).startsWith("pool-");
			assertThat(Duration.parse(JsonPath.read(pool, "$.leases[0].age"))).isPositive();
			assertThat(application.get("/actuator/prometheus"))
				.contains("lettuce_pool_connections{lane=\"shared\",pool=\"redis\",state=\"connected\"} 2.0")
				.contains("lettuce_pool_connections{lane=\"exclusive\",pool=\"redis\",state=\"active\"} 1.0")
				.contains("lettuce_pool_acquire_seconds_count{pool=\"redis\"} 1")
				.contains("lettuce_pool_creation_seconds_count{pool=\"redis\"} 1");
			application.releaseConnection();
			await().untilAsserted(() -> assertThat(application.get("/actuator/prometheus"))
				.contains("lettuce_pool_connections{lane=\"exclusive\",pool=\"redis\",state=\"active\"} 0.0")
				.contains("lettuce_pool_usage_seconds_count{pool=\"redis\"} 1"));
		});
	}

	@Test
	void anExhaustedPoolIsUpAndItsTimeoutsAreCounted() {
		run((application) -> {
			application.redis.opsForValue().set("key", "value");
			application.holdConnection();
			assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(application::borrowInVain);
			assertThat(application.get("/actuator/health/redisPool")).contains("\"status\":\"UP\"");
			assertThat(application.get("/actuator/prometheus"))
				.contains("lettuce_pool_timeout_total{pool=\"redis\"} 1.0");
			application.releaseConnection();
		});
	}

	@Test
	void aServerThatEndsAndComesBackIsSeenWithoutARestart() {
		run((application) -> {
			application.redis.opsForValue().set("key", "value");
			application.awaitHealth("UP");
			server.stop();
			try {
				application.awaitHealth("DOWN");
				String health = application.get("/actuator/health/redisPool");
				assertThat(JsonPath.<String>read(health, "$.details.error")).isNotBlank();
				String pool = application.get("/actuator/redispools/redis");
				assertThat(JsonPath.<Boolean>read(pool, "$.reachable")).isFalse();
				assertThat(health + pool).doesNotContain(PASSWORD);
			}
			finally {
				server.start();
			}
			application.awaitHealth("UP");
		});
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 2 })
	void aServerThatWasNeverReachedIsSeenUntilItIs(int sharedConnections) {
		int port = FreePort.any();
		this.contextRunner
			.withPropertyValues("spring.data.redis.port=" + port,
					"lettuce.pool.shared-connections=" + sharedConnections)
			.run((context) -> {
				Application.Running application = new Application.Running(context, this.executor);
				assertThat(application.get("/actuator/prometheus")).contains(REACHABLE + "1.0");
				assertThatExceptionOfType(PoolConnectException.class)
					.isThrownBy(() -> application.redis.opsForValue().get("key"));
				// Longer than from one attempt to the next.
				await().during(Duration.ofMillis(1500))
					.untilAsserted(
							() -> assertThat(application.get("/actuator/prometheus")).contains(REACHABLE + "0.0"));
				try (RedisServer late = RedisServer.builder().port(port).password(PASSWORD).start()) {
					await().atMost(Duration.ofSeconds(20))
						.untilAsserted(
								() -> assertThat(application.get("/actuator/prometheus")).contains(REACHABLE + "1.0"));
					assertThat(late.clients()).isNotEmpty();
				}
			});
	}

	@Test
	void healthAnswersWhileTheServerDoesNot() {
		run((application) -> {
			application.redis.opsForValue().set("key", "value");
			server.pause();
			try {
				assertThat(application.get("/actuator/health/redisPool")).contains("\"status\":\"UP\"");
				assertThat(application.get("/actuator/redispools")).contains("\"name\":\"redis\"");
			}
			finally {
				server.resume();
			}
		});
	}

	@Test
	void aWrongPasswordIsReportedAndNotShown() {
		this.contextRunner.withPropertyValues("spring.data.redis.password=wrong-and-hidden").run((context) -> {
			Application.Running application = new Application.Running(context, this.executor);
			assertThatException().isThrownBy(() -> application.redis.opsForValue().get("key"));
			application.awaitHealth("DOWN");
			// Now and then Lettuce only says that the connection was closed; a probe a
			// second
			// gives it further chances.
			for (String path : List.of("/actuator/health/redisPool", "/actuator/redispools")) {
				await().untilAsserted(() -> assertThat(application.get(path)).contains("WRONGPASS"));
				assertThat(application.get(path)).doesNotContain("wrong-and-hidden");
			}
		});
	}

	private void run(Consumer<Application.Running> test) {
		this.contextRunner.run((context) -> test.accept(new Application.Running(context, this.executor)));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		/**
		 * The application while it runs.
		 */
		static final class Running {

			private final StringRedisTemplate redis;

			private final RedisPool pool;

			private final MockMvcTester http;

			private final ExecutorService executor;

			Running(WebApplicationContext context, ExecutorService executor) {
				this.redis = context.getBean(StringRedisTemplate.class);
				this.pool = context.getBean(RedisPool.class);
				this.http = MockMvcTester.from(context);
				this.executor = executor;
			}

			String get(String uri) {
				try {
					return this.http.get().uri(uri).exchange().getResponse().getContentAsString();
				}
				catch (UnsupportedEncodingException ex) {
					throw new IllegalStateException(ex);
				}
			}

			void holdConnection() {
				this.executor.execute(this::borrow);
				await().until(() -> this.pool.snapshot().exclusive().active() == 1);
			}

			void borrow() {
				this.redis.opsForList().leftPop("queue", Duration.ofSeconds(15));
			}

			/**
			 * One who blocks would wait until the connection is released.
			 */
			void borrowInVain() {
				this.redis.executePipelined((RedisCallback<?>) (connection) -> {
					connection.stringCommands().get(new byte[] { 1 });
					return null;
				});
			}

			void releaseConnection() {
				this.redis.opsForList().rightPush("queue", "done");
				await().until(() -> this.pool.snapshot().exclusive().active() == 0);
			}

			void awaitHealth(String status) {
				await().atMost(Duration.ofSeconds(20))
					.until(() -> JsonPath.read(get("/actuator/health/redisPool"), "$.status").equals(status));
			}

		}

	}

}
