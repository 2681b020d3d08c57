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
import org.springframework.boot.data.redis.health.DataRedisReactiveHealthIndicator;
import org.springframework.boot.health.autoconfigure.contributor.CompositeReactiveHealthContributorConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthContributor;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.health.UnpooledRedisHealthIndicator;

/**
 * Auto-configuration for Spring Boot's health component {@code redis} where a pool has no
 * shared lane: it must not wait for the pool, nor take its last connection. With a shared
 * lane it does neither, and is left as it is.
 */
@AutoConfiguration(after = LettucePoolAutoConfiguration.class, beforeName = {
		"org.springframework.boot.data.redis.autoconfigure.health.DataRedisHealthContributorAutoConfiguration",
		"org.springframework.boot.data.redis.autoconfigure.health.DataRedisReactiveHealthContributorAutoConfiguration" })
@ConditionalOnClass({ ReactiveHealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean(PooledLettuceConnectionFactory.class)
@Conditional(OnPoolWithoutSharedLaneCondition.class)
@ConditionalOnEnabledHealthIndicator("redis")
public final class LettucePoolServerHealthContributorAutoConfiguration extends
		CompositeReactiveHealthContributorConfiguration<ReactiveHealthIndicator, PooledLettuceConnectionFactory> {

	LettucePoolServerHealthContributorAutoConfiguration() {
		super((factory) -> factory.getShareNativeConnection() ? new DataRedisReactiveHealthIndicator(factory)
				: new UnpooledRedisHealthIndicator(factory.getPool()));
	}

	@Bean
	@ConditionalOnMissingBean(name = { "redisHealthIndicator", "redisHealthContributor" })
	ReactiveHealthContributor redisHealthContributor(ConfigurableListableBeanFactory beanFactory) {
		return createContributor(beanFactory, PooledLettuceConnectionFactory.class);
	}

}
