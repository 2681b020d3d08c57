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

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.embedded.FreePort;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests that a pool whose server is down leaves the other pools alone.
 */
@Timeout(300)
class NamedPoolOutageTests {

	@Redis
	private static RedisServer cache;

	private final int ordersPort = FreePort.any();

	private final ApplicationContextRunner application = new ApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + cache.port(),
				"lettuce.pools.cache.redis.host=127.0.0.1", "lettuce.pools.cache.redis.port=" + cache.port(),
				"lettuce.pools.orders.redis.host=127.0.0.1", "lettuce.pools.orders.redis.port=" + this.ordersPort,
				"management.metrics.use-global-registry=false");

	@ParameterizedTest
	@ValueSource(strings = { "none", "background" })
	void theApplicationStartsAndThePoolRecoversWhenItsServerComes(String warmUp) {
		this.application.withPropertyValues("lettuce.pools.orders.warm-up=" + warmUp).run((context) -> {
			StringRedisTemplate orders = context.getBean("ordersStringRedisTemplate", StringRedisTemplate.class);
			StringRedisTemplate cache = context.getBean("cacheStringRedisTemplate", StringRedisTemplate.class);
			assertThatExceptionOfType(PoolConnectException.class).isThrownBy(() -> orders.hasKey("key"))
				.withMessageContaining("Pool 'orders'")
				.withMessageContaining(":" + this.ordersPort);
			cache.opsForValue().set("key", "value");
			assertThat(cache.opsForValue().get("key")).isEqualTo("value");
			context.getBean(StringRedisTemplate.class).hasKey("key");
			assertThat(status(context, "orders")).isEqualTo(Status.DOWN);
			assertThat(status(context, "cache")).isEqualTo(Status.UP);
			assertThat(status(context, "redis")).isEqualTo(Status.UP);
			try (RedisServer server = RedisServer.builder().port(this.ordersPort).start()) {
				await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> !orders.hasKey("key"));
				assertThat(status(context, "orders")).isEqualTo(Status.UP);
				assertThat(server.clients()).isNotEmpty();
			}
		});
	}

	@Test
	void theHealthOfAPoolThatNobodyUsesTellsThatItsServerIsDown() {
		this.application.run((context) -> {
			await().atMost(Duration.ofSeconds(30)).until(() -> status(context, "orders").equals(Status.DOWN));
			await().atMost(Duration.ofSeconds(30)).until(() -> status(context, "cache").equals(Status.UP));
		});
	}

	@Test
	void theApplicationDoesNotStartIfThePoolIsRequired() {
		this.application.withPropertyValues("lettuce.pools.orders.warm-up=required")
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("Pool 'orders' cannot connect to Redis")
				.hasStackTraceContaining(":" + this.ordersPort));
	}

	private static Status status(ApplicationContext context, String pool) {
		CompositeHealthContributor pools = context.getBean("redisPoolHealthContributor",
				CompositeHealthContributor.class);
		HealthIndicator indicator = (HealthIndicator) pools.getContributor(pool);
		assertThat(indicator).isNotNull();
		return indicator.health(false).getStatus();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
