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

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.redis.health.DataRedisReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.health.registry.ReactiveHealthContributorRegistry;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.health.UnpooledRedisHealthIndicator;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LettucePoolServerHealthContributorAutoConfiguration}, and for Spring
 * Boot's own health component {@code redis} beside the pool.
 */
@Timeout(60)
class LettucePoolServerHealthContributorAutoConfigurationTests {

	private static RedisServer server;

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("spring.data.redis.host=" + server.host(), "spring.data.redis.port=" + server.port(),
				"spring.data.redis.timeout=10s", "lettuce.pool.max-size=1", "lettuce.pool.max-wait=-1ms");

	@BeforeAll
	static void startServer() {
		server = RedisServer.builder().start();
	}

	@AfterAll
	static void stopServer() {
		server.close();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 2 })
	void theRedisComponentAnswersWhileThePoolIsExhaustedAndItsBorrowersWaitForEver(int sharedConnections) {
		this.contextRunner.withPropertyValues("lettuce.pool.shared-connections=" + sharedConnections).run((context) -> {
			RedisConnection last = borrow(context);
			assertThat(redis(context).getStatus()).isEqualTo(Status.UP);
			assertThat(redis(context).getDetails()).containsKey("version");
			assertThat(context.getBean(RedisPool.class).snapshot().exclusive().pending()).isZero();
			last.close();
		});
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 2 })
	void theRedisComponentTakesNoConnectionOfThePool(int sharedConnections) {
		this.contextRunner.withPropertyValues("lettuce.pool.shared-connections=" + sharedConnections).run((context) -> {
			assertThat(redis(context).getStatus()).isEqualTo(Status.UP);
			assertThat(context.getBean(RedisPool.class).snapshot().exclusive().total()).isZero();
		});
	}

	@Test
	void withoutTheSharedLaneAServerThatCannotBeReachedIsDown() {
		this.contextRunner.withPropertyValues("lettuce.pool.shared-connections=0", "spring.data.redis.port=1")
			.run((context) -> {
				assertThat(redis(context).getStatus()).isEqualTo(Status.DOWN);
				assertThat(redis(context).getDetails()).containsKey("error");
			});
	}

	@Test
	void withTheSharedLaneSpringBootsOwnIsLeftAsItIs() {
		this.contextRunner.run((context) -> assertThat(context).hasSingleBean(DataRedisReactiveHealthIndicator.class)
			.doesNotHaveBean(LettucePoolServerHealthContributorAutoConfiguration.class));
	}

	@Test
	void aNamedPoolWithoutTheSharedLaneCounts() {
		new ApplicationContextRunner().withPropertyValues("lettuce.pools.jobs.shared-connections=0")
			.withUserConfiguration(WithoutSharedLane.class)
			.run((context) -> assertThat(context).hasSingleBean(WithoutSharedLane.class));
		new ApplicationContextRunner().withPropertyValues("lettuce.pools.jobs.shared-connections=1")
			.withUserConfiguration(WithoutSharedLane.class)
			.run((context) -> assertThat(context).doesNotHaveBean(WithoutSharedLane.class));
	}

	@Test
	void whereAllPoolsAreSwitchedOffSpringBootsOwnIsLeftAlone() {
		this.contextRunner
			.withPropertyValues("lettuce.pool.enabled=false", "lettuce.pools.orders.enabled=false",
					"management.endpoints.jmx.exposure.include=*")
			.run((context) -> {
				assertThat(context).hasNotFailed()
					.hasSingleBean(DataRedisReactiveHealthIndicator.class)
					.doesNotHaveBean(LettucePoolServerHealthContributorAutoConfiguration.class)
					.doesNotHaveBean(LettucePoolHealthContributorAutoConfiguration.class)
					.doesNotHaveBean(LettucePoolMetricsAutoConfiguration.class)
					.doesNotHaveBean(LettucePoolObservationAutoConfiguration.class)
					.doesNotHaveBean(LettucePoolEndpointAutoConfiguration.class);
				assertThat(redis(context).getStatus()).isEqualTo(Status.UP);
			});
	}

	@Test
	void theApplicationsOwnIsUsed() {
		this.contextRunner.withPropertyValues("lettuce.pool.shared-connections=0")
			.withBean("redisHealthIndicator", HealthIndicator.class, () -> () -> Health.up().build())
			.run((context) -> assertThat(context).doesNotHaveBean(UnpooledRedisHealthIndicator.class));
	}

	@Test
	void itCanBeSwitchedOff() {
		this.contextRunner
			.withPropertyValues("lettuce.pool.shared-connections=0", "management.health.redis.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean("redisHealthContributor"));
	}

	@SuppressWarnings("deprecation") // The connection is to be borrowed.
	private static RedisConnection borrow(ApplicationContext context) {
		RedisConnection connection = context.getBean(RedisConnectionFactory.class).getConnection();
		connection.getNativeConnection();
		connection.multi();
		assertThat(context.getBean(RedisPool.class).snapshot().exclusive().active()).isOne();
		return connection;
	}

	private static Health redis(ApplicationContext context) {
		ReactiveHealthIndicator indicator = (ReactiveHealthIndicator) context
			.getBean(ReactiveHealthContributorRegistry.class)
			.getContributor("redis");
		return indicator.health().block(Duration.ofSeconds(30));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	@Conditional(OnPoolWithoutSharedLaneCondition.class)
	static class WithoutSharedLane {

	}

}
