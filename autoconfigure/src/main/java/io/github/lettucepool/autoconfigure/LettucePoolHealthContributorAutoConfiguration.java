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

import java.util.function.Function;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.health.autoconfigure.contributor.CompositeHealthContributorConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.health.RedisPoolHealthIndicator;

/**
 * Auto-configuration for the health of the pools. One pool is shown directly under
 * {@code redisPool}, several as components of it, each under its name.
 */
@AutoConfiguration(after = LettucePoolAutoConfiguration.class)
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@Conditional(OnRedisPoolCondition.class)
@ConditionalOnEnabledHealthIndicator("redispool")
@EnableConfigurationProperties(LettucePoolProperties.class)
public final class LettucePoolHealthContributorAutoConfiguration
		extends CompositeHealthContributorConfiguration<RedisPoolHealthIndicator, RedisPool> {

	private static final String SATURATION_AFTER = LettucePoolProperties.PREFIX + ".health.saturation-after";

	LettucePoolHealthContributorAutoConfiguration(LettucePoolProperties properties) {
		super(indicator(properties.getHealth()));
	}

	private static Function<RedisPool, RedisPoolHealthIndicator> indicator(LettucePoolProperties.Health properties) {
		if (properties.getSaturationAfter().isNegative()) {
			throw new InvalidConfigurationPropertyValueException(SATURATION_AFTER, properties.getSaturationAfter(),
					"It must not be negative.");
		}
		Status status = switch (properties.getSaturation()) {
			case UP -> Status.UP;
			case OUT_OF_SERVICE -> Status.OUT_OF_SERVICE;
			case DOWN -> Status.DOWN;
		};
		return (pool) -> new RedisPoolHealthIndicator(pool, status, properties.getSaturationAfter());
	}

	@Bean
	@ConditionalOnMissingBean(name = { "redisPoolHealthIndicator", "redisPoolHealthContributor" })
	HealthContributor redisPoolHealthContributor(ConfigurableListableBeanFactory beanFactory) {
		return createContributor(RedisPools.byName(beanFactory));
	}

}
