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
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.soak.FaultProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that an application with a required warm-up is not ready before its pool is warm.
 */
class WarmUpReadinessTests {

	@Test
	void theApplicationIsNotReadyBeforeThePoolIsWarm() throws Exception {
		CompletableFuture<PoolSnapshot> whenReady = new CompletableFuture<>();
		ApplicationListener<AvailabilityChangeEvent<ReadinessState>> listener = (event) -> {
			if (event.getState() == ReadinessState.ACCEPTING_TRAFFIC) {
				whenReady.complete(((ApplicationContext) event.getSource()).getBean(RedisPool.class).snapshot());
			}
		};
		try (RedisServer server = RedisServer.builder().start(); FaultProxy proxy = new FaultProxy(server.port())) {
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

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
