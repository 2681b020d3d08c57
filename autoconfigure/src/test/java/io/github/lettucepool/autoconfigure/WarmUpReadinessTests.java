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

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.proxy.FaultProxy;
import io.github.lettucepool.health.RedisPoolHealthIndicator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that an application is not ready without Redis: neither before its pool is warm,
 * nor when it has no warm-up.
 */
class WarmUpReadinessTests {

	private static final Duration BOUND = Duration.ofSeconds(30);

	@Test
	void theApplicationIsNotReadyBeforeThePoolIsWarm(@Redis(own = true) RedisServer server) throws Exception {
		CompletableFuture<PoolSnapshot> whenReady = new CompletableFuture<>();
		ApplicationListener<AvailabilityChangeEvent<ReadinessState>> listener = (event) -> {
			if (event.getState() == ReadinessState.ACCEPTING_TRAFFIC) {
				whenReady.complete(((ApplicationContext) event.getSource()).getBean(RedisPool.class).snapshot());
			}
		};
		try (FaultProxy proxy = new FaultProxy(server.port())) {
			// It accepts connections, but does not answer.
			server.pause();
			CompletableFuture<ConfigurableApplicationContext> starting = CompletableFuture
				.supplyAsync(() -> new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
					.listeners(listener)
					.run("--spring.data.redis.host=127.0.0.1", "--spring.data.redis.port=" + proxy.port(),
							"--spring.data.redis.connect-timeout=50s", "--lettuce.pool.shared-connections=1",
							"--lettuce.pool.min-idle=2", "--lettuce.pool.warm-up=required"));
			await().atMost(Duration.ofMinutes(1)).until(() -> proxy.accepted() == 3);
			assertThat(whenReady).isNotDone();
			assertThat(starting).isNotDone();
			server.resume();
			try (ConfigurableApplicationContext context = starting.get(30, TimeUnit.SECONDS)) {
				assertThat(context.isActive()).isTrue();
				PoolSnapshot snapshot = whenReady.get(10, TimeUnit.SECONDS);
				assertThat(snapshot.exclusive().idle()).isEqualTo(2);
				assertThat(snapshot.shared().connected()).isOne();
			}
		}
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	void withoutAWarmUpTheHealthBeginsOneAttemptHoweverOftenItIsAsked(int sharedConnections,
			@Redis(own = true) RedisServer server) throws Exception {
		try (FaultProxy proxy = new FaultProxy(server.port())) {
			server.pause();
			application(proxy.port(), sharedConnections, Duration.ofSeconds(50)).run((context) -> {
				RedisPoolHealthIndicator health = new RedisPoolHealthIndicator(context.getBean(RedisPool.class));
				for (int i = 0; i < 100; i++) {
					assertThat(health.health().getStatus()).isEqualTo(Status.UNKNOWN);
				}
				await().atMost(BOUND).until(() -> proxy.accepted() > 0);
				assertThat(health.health().getStatus()).isEqualTo(Status.UNKNOWN);
				assertThat(proxy.accepted()).isOne();
				server.resume();
				await().atMost(BOUND).until(() -> health.health().getStatus().equals(Status.UP));
				assertThat(proxy.accepted()).isOne();
			});
		}
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	void aServerThatDoesNotAnswerWithinTheConnectTimeoutIsDown(int sharedConnections,
			@Redis(own = true) RedisServer server) throws Exception {
		server.pause();
		application(server.port(), sharedConnections, Duration.ofMillis(200)).run((context) -> {
			RedisPoolHealthIndicator health = new RedisPoolHealthIndicator(context.getBean(RedisPool.class));
			await().atMost(BOUND).until(() -> health.health().getStatus().equals(Status.DOWN));
			assertThat(health.health().getDetails().get("error")).asString()
				.contains("within the connect timeout (200 ms)");
		});
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	void anAttemptThatCannotEvenBeginIsOverdueToo(int sharedConnections, @Redis RedisServer server) throws Exception {
		DefaultEventExecutorGroup starved = new DefaultEventExecutorGroup(1);
		CountDownLatch end = new CountDownLatch(1);
		try {
			application(server.port(), sharedConnections, Duration.ofMillis(200))
				.withBean(ClientResources.class,
						() -> DefaultClientResources.builder().eventExecutorGroup(starved).build())
				.run((context) -> {
					starved.execute(() -> awaitUninterruptibly(end));
					RedisPoolHealthIndicator health = new RedisPoolHealthIndicator(context.getBean(RedisPool.class));
					await().atMost(BOUND).until(() -> health.health().getStatus().equals(Status.DOWN));
					end.countDown();
					await().atMost(BOUND).until(() -> health.health().getStatus().equals(Status.UP));
				});
		}
		finally {
			end.countDown();
			starved.shutdownGracefully(0, 1, TimeUnit.SECONDS);
		}
	}

	private static void awaitUninterruptibly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static ApplicationContextRunner application(int port, int sharedConnections, Duration connectTimeout) {
		return PooledApplication.on(port)
			.withPropertyValues("spring.data.redis.connect-timeout=" + connectTimeout, "lettuce.pool.warm-up=none",
					"lettuce.pool.shared-connections=" + sharedConnections);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
