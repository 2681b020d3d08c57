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
import java.util.Map;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.Mockito;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.redis.health.DataRedisHealthIndicator;
import org.springframework.boot.data.redis.health.DataRedisReactiveHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.CompositeReactiveHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthContributors;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.boot.health.registry.ReactiveHealthContributorRegistry;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.RedisPoolCustomizer;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.health.UnpooledRedisHealthIndicator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link LettucePoolServerHealthContributorAutoConfiguration}, and for Spring
 * Boot's own health component {@code redis} beside the pool.
 */
@Timeout(300)
class LettucePoolServerHealthContributorAutoConfigurationTests {

	@Redis
	private static RedisServer server;

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("spring.data.redis.host=" + server.host(), "spring.data.redis.port=" + server.port(),
				"spring.data.redis.timeout=10s", "lettuce.pool.max-size=1", "lettuce.pool.max-wait=-1ms");

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

	@ParameterizedTest
	@ValueSource(ints = { 0, 2 })
	void aClusterThatHasFailedIsDown(int sharedConnections,
			@Redis(own = true, masters = 1, replicas = 0) RedisCluster cluster) {
		new ApplicationContextRunner().withUserConfiguration(Application.class)
			.withPropertyValues("spring.data.redis.cluster.nodes=" + cluster.nodes().get(0).host() + ":"
					+ cluster.nodes().get(0).port(), "lettuce.pool.shared-connections=" + sharedConnections)
			.run((context) -> {
				assertThat(redis(context).getStatus()).isEqualTo(Status.UP);
				assertThat(redis(context).getDetails()).contains(entry("cluster_size", 1L), entry("slots_up", 16384L),
						entry("slots_fail", 0L));
				cluster.nodes().get(0).execute("CLUSTER", "DELSLOTS", "0");
				await().untilAsserted(() -> assertThat(redis(context).getStatus()).isEqualTo(Status.DOWN));
				assertThat(redis(context).getDetails()).containsEntry("slots_up", 16383L);
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
	void withTheSharedLaneTheIndicatorIsSpringBootsOwn() {
		this.contextRunner.run((context) -> assertThat(context).hasSingleBean(DataRedisReactiveHealthIndicator.class));
	}

	@Test
	void aSharedLaneThatACustomizerSwitchesOffIsNone() {
		this.contextRunner.withBean(RedisPoolCustomizer.class, WithoutSharedLane::new).run((context) -> {
			assertThat(context).hasSingleBean(UnpooledRedisHealthIndicator.class);
			assertThat(redis(context).getStatus()).isEqualTo(Status.UP);
			assertThat(context.getBean(RedisPool.class).snapshot().exclusive().total()).isZero();
		});
	}

	@Test
	void aConnectionFactoryWithoutAPoolIsShownBesideThePool() {
		this.contextRunner.withPropertyValues("lettuce.pool.shared-connections=0")
			.withBean("plain", LettuceConnectionFactory.class,
					() -> new LettuceConnectionFactory(server.host(), server.port()),
					(definition) -> ((AbstractBeanDefinition) definition).setDefaultCandidate(false))
			.run((context) -> assertThat(components(context)).containsOnly(entry("redisConnectionFactory", Status.UP),
					entry("plain", Status.UP)));
	}

	@Test
	void aNamedPoolWithoutTheSharedLaneIsNotBorrowedFromThoughItIsTheOnlyPool() {
		this.contextRunner.withPropertyValues("lettuce.pool.enabled=false")
			.withPropertyValues(jobsWithoutSharedLane())
			.run((context) -> {
				assertThat(components(context)).containsOnly(entry("redisConnectionFactory", Status.UP),
						entry("jobsRedisConnectionFactory", Status.UP));
				assertThat(jobs(context).snapshot().exclusive().total()).isZero();
			});
	}

	@Test
	void aNamedPoolWithoutTheSharedLaneIsNotBorrowedFromBesideAFactoryThatIsNotReactive() {
		this.contextRunner
			.withBean("jedis", RedisConnectionFactory.class, () -> Mockito.mock(RedisConnectionFactory.class))
			.withPropertyValues(jobsWithoutSharedLane())
			.run((context) -> {
				CompositeHealthContributor redis = (CompositeHealthContributor) context
					.getBean(HealthContributorRegistry.class)
					.getContributor("redis");
				assertThat(redis.getContributor("jedis")).isInstanceOf(DataRedisHealthIndicator.class);
				HealthIndicator jobs = (HealthIndicator) redis.getContributor("jobsRedisConnectionFactory");
				assertThat(jobs.health().getStatus()).isEqualTo(Status.UP);
				assertThat(jobs(context).snapshot().exclusive().total()).isZero();
			});
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

	private static String[] jobsWithoutSharedLane() {
		return new String[] { "lettuce.pools.jobs.shared-connections=0",
				"lettuce.pools.jobs.redis.host=" + server.host(), "lettuce.pools.jobs.redis.port=" + server.port() };
	}

	private static RedisPool jobs(ApplicationContext context) {
		return context.getBean("jobsRedisPool", RedisPool.class);
	}

	private static Map<String, Status> components(ApplicationContext context) {
		CompositeReactiveHealthContributor redis = (CompositeReactiveHealthContributor) context
			.getBean(ReactiveHealthContributorRegistry.class)
			.getContributor("redis");
		return redis.stream()
			.collect(Collectors.toMap(ReactiveHealthContributors.Entry::name,
					(entry) -> ask((ReactiveHealthIndicator) entry.contributor()).getStatus()));
	}

	private static Health redis(ApplicationContext context) {
		return ask((ReactiveHealthIndicator) context.getBean(ReactiveHealthContributorRegistry.class)
			.getContributor("redis"));
	}

	private static Health ask(ReactiveHealthIndicator indicator) {
		return indicator.health().block(Duration.ofSeconds(30));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	private static final class WithoutSharedLane implements RedisPoolCustomizer {

		@Override
		public void customizeSettings(String pool, PoolSettings.Builder settings) {
			settings.sharedConnections(0);
		}

	}

}
