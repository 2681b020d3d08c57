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

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.data.redis.health.DataRedisHealthIndicator;
import org.springframework.boot.data.redis.health.DataRedisReactiveHealthIndicator;
import org.springframework.boot.health.autoconfigure.contributor.CompositeHealthContributorConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.CompositeReactiveHealthContributorConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthContributor;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.RedisConnectionFactory;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.health.UnpooledRedisHealthIndicator;

/**
 * Auto-configuration for Spring Boot's health component {@code redis} where there is a
 * pool: a pool without a shared lane is asked so that nobody waits for it, and its last
 * connection is not taken. All other connection factories have Spring Boot's own
 * indicator.
 * <p>
 * It takes Spring Boot's place with a shared lane too, since whether there is one is not
 * known before the connection factory is made: a customizer has the last word.
 */
@AutoConfiguration(after = { LettucePoolAutoConfiguration.class, DataRedisReactiveAutoConfiguration.class },
		beforeName = {
				"org.springframework.boot.data.redis.autoconfigure.health.DataRedisHealthContributorAutoConfiguration",
				"org.springframework.boot.data.redis.autoconfigure.health.DataRedisReactiveHealthContributorAutoConfiguration" })
@ConditionalOnClass({ ReactiveHealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@Conditional(OnRedisPoolCondition.class)
@ConditionalOnEnabledHealthIndicator("redis")
public final class LettucePoolServerHealthContributorAutoConfiguration {

	/**
	 * As Spring Boot's for reactive connection factories.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(ReactiveRedisConnectionFactory.class)
	static class ReactiveConfiguration extends
			CompositeReactiveHealthContributorConfiguration<ReactiveHealthIndicator, ReactiveRedisConnectionFactory> {

		ReactiveConfiguration() {
			super((factory) -> (factory instanceof PooledLettuceConnectionFactory pooled
					&& !pooled.getShareNativeConnection()) ? new UnpooledRedisHealthIndicator(pooled.getPool())
							: new DataRedisReactiveHealthIndicator(factory));
		}

		@Bean
		@ConditionalOnMissingBean(name = { "redisHealthIndicator", "redisHealthContributor" })
		ReactiveHealthContributor redisHealthContributor(ConfigurableListableBeanFactory beanFactory) {
			return createContributor(beanFactory, ReactiveRedisConnectionFactory.class);
		}

	}

	/**
	 * As Spring Boot's where the primary connection factory is not reactive: named pools
	 * can be there all the same, though not yet when the conditions are asked.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBean(RedisConnectionFactory.class)
	@ConditionalOnMissingBean(ReactiveRedisConnectionFactory.class)
	static class BlockingConfiguration
			extends CompositeHealthContributorConfiguration<HealthIndicator, RedisConnectionFactory> {

		BlockingConfiguration() {
			super((factory) -> (factory instanceof PooledLettuceConnectionFactory pooled
					&& !pooled.getShareNativeConnection())
							? new UnpooledRedisHealthIndicator(pooled.getPool()).asHealthContributor()
							: new DataRedisHealthIndicator(factory));
		}

		@Bean
		@ConditionalOnMissingBean(name = { "redisHealthIndicator", "redisHealthContributor" })
		HealthContributor redisHealthContributor(ConfigurableListableBeanFactory beanFactory) {
			return createContributor(beanFactory, RedisConnectionFactory.class);
		}

	}

}
