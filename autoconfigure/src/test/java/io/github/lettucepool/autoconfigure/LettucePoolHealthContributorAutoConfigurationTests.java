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
import java.util.LinkedHashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.CompositeReactiveHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthContributors;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.PingHealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthContributors;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.FakeRedisPool;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.health.ReactiveRedisPoolHealthIndicator;
import io.github.lettucepool.health.RedisPoolHealthIndicator;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LettucePoolHealthContributorAutoConfiguration}.
 */
class LettucePoolHealthContributorAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(LettucePoolHealthContributorAutoConfiguration.class,
				HealthContributorAutoConfiguration.class, HealthContributorRegistryAutoConfiguration.class));

	private final ApplicationContextRunner withPool = this.contextRunner.withBean("redisPool", RedisPool.class,
			() -> new FakeRedisPool("redis"));

	@Test
	void aPoolHasAHealthIndicator() {
		this.withPool
			.run((context) -> assertThat(context.getBean(HealthContributorRegistry.class).getContributor("redisPool"))
				.isInstanceOf(RedisPoolHealthIndicator.class));
	}

	@Test
	void severalPoolsAreComponentsByTheirNames() {
		this.withPool.withBean("ordersPool", RedisPool.class, () -> new FakeRedisPool("orders"))
			.run((context) -> assertThat(context.getBean("redisPoolHealthContributor")).isInstanceOfSatisfying(
					CompositeHealthContributor.class,
					(composite) -> assertThat(composite.stream().map(HealthContributors.Entry::name))
						.containsExactly("redis", "orders")));
	}

	@Test
	void aPoolThatIsInjectedByQualifierOnlyIsSeen() {
		this.contextRunner
			.withBean("ordersPool", RedisPool.class, () -> new FakeRedisPool("orders"),
					(definition) -> ((AbstractBeanDefinition) definition).setDefaultCandidate(false))
			.run((context) -> assertThat(context).hasSingleBean(RedisPoolHealthIndicator.class));
	}

	@Test
	void thePoolOfTheApplicationsOwnConnectionFactoryIsSeen() {
		this.contextRunner
			.withBean(PooledLettuceConnectionFactory.class,
					() -> new PooledLettuceConnectionFactory("own", new RedisStandaloneConfiguration(),
							LettuceClientConfiguration.defaultConfiguration(), PoolSettings.builder().build()))
			.run((context) -> assertThat(context.getBean(RedisPoolHealthIndicator.class).health().getDetails())
				.containsEntry("state", "RUNNING"));
	}

	@Test
	void aPoolThatIsABeanTwiceIsShownOnce() {
		FakeRedisPool pool = new FakeRedisPool("redis");
		this.contextRunner.withBean("one", RedisPool.class, () -> pool)
			.withBean("two", RedisPool.class, () -> pool)
			.run((context) -> assertThat(context.getBean("redisPoolHealthContributor"))
				.isInstanceOf(HealthIndicator.class));
	}

	@Test
	void twoPoolsWithTheSameNameAreRefused() {
		this.withPool.withBean("another", RedisPool.class, () -> new FakeRedisPool("redis"))
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.hasRootCauseMessage("There are two Redis pools with the name 'redis', one of them the bean 'another': "
						+ "give each pool a name of its own"));
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "lettuce.pools.orders.enabled=false", "lettuce.pools.orders.redis.lettuce.pool.enabled=false" })
	void poolsThatAreSwitchedOffAreNotShown(String pair) {
		this.contextRunner.withPropertyValues(pair)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("redisPoolHealthContributor"));
	}

	@Test
	void whatSaturationMeansIsASetting() {
		FakeRedisPool saturated = new FakeRedisPool("redis").exclusive(4, 0, 4, 0, 1).queuedFor(Duration.ofSeconds(5));
		ApplicationContextRunner runner = this.contextRunner.withBean("redisPool", RedisPool.class, () -> saturated);
		runner.run((context) -> assertThat(status(context)).isEqualTo(Status.UP));
		runner.withPropertyValues("lettuce.pool.health.saturation=out-of-service")
			.run((context) -> assertThat(status(context)).isEqualTo(Status.UP));
		runner
			.withPropertyValues("lettuce.pool.health.saturation=out-of-service",
					"lettuce.pool.health.saturation-after=5s")
			.run((context) -> assertThat(status(context)).isEqualTo(Status.OUT_OF_SERVICE));
		runner.withPropertyValues("lettuce.pool.health.saturation=down", "lettuce.pool.health.saturation-after=0")
			.run((context) -> assertThat(status(context)).isEqualTo(Status.DOWN));
	}

	@Test
	void aNegativeTimeIsRefused() {
		this.withPool.withPropertyValues("lettuce.pool.health.saturation-after=-1s")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class,
						(ex) -> assertThat(ex.getName()).isEqualTo("lettuce.pool.health.saturation-after")));
	}

	@Test
	void aSaturationThatDoesNotExistIsRefused() {
		this.withPool.withPropertyValues("lettuce.pool.health.saturation=degraded")
			.run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void aReactiveApplicationAsksEachPoolWithoutAThreadThatMayBlock() {
		RedisPoolHealthIndicator redis = new RedisPoolHealthIndicator(new FakeRedisPool("redis"));
		RedisPoolHealthIndicator orders = new RedisPoolHealthIndicator(new FakeRedisPool("orders"));
		LettucePoolHealthContributorAutoConfiguration.ReactiveConfiguration configuration = new LettucePoolHealthContributorAutoConfiguration.ReactiveConfiguration();
		assertThat(configuration.redisPoolHealthIndicator(redis)).isInstanceOf(ReactiveRedisPoolHealthIndicator.class);
		Map<String, HealthContributor> pools = new LinkedHashMap<>();
		pools.put("redis", redis);
		pools.put("orders", orders);
		assertThat(configuration.redisPoolHealthIndicator(CompositeHealthContributor.fromMap(pools)))
			.isInstanceOfSatisfying(CompositeReactiveHealthContributor.class, (composite) -> {
				assertThat(composite.stream().map(ReactiveHealthContributors.Entry::name)).containsExactly("redis",
						"orders");
				assertThat(composite.stream().map(ReactiveHealthContributors.Entry::contributor))
					.hasOnlyElementsOfType(ReactiveRedisPoolHealthIndicator.class);
			});
	}

	private static Status status(ApplicationContext context) {
		return context.getBean(RedisPoolHealthIndicator.class).health().getStatus();
	}

	@Test
	void withoutAPoolThereIsNone() {
		this.contextRunner
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("redisPoolHealthContributor"));
	}

	@Test
	void itCanBeSwitchedOff() {
		this.withPool.withPropertyValues("management.health.redispool.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean("redisPoolHealthContributor"));
	}

	@Test
	void theApplicationsOwnIsUsed() {
		this.withPool.withBean("redisPoolHealthIndicator", HealthIndicator.class, PingHealthIndicator::new)
			.run((context) -> assertThat(context).doesNotHaveBean("redisPoolHealthContributor")
				.doesNotHaveBean(RedisPoolHealthIndicator.class));
	}

}
