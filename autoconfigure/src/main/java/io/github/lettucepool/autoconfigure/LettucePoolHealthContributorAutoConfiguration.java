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

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.health.autoconfigure.contributor.CompositeHealthContributorConfiguration;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.CompositeReactiveHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthContributors;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthContributor;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.health.ReactiveRedisPoolHealthIndicator;
import io.github.lettucepool.health.RedisPoolHealthIndicator;

/**
 * Auto-configuration for the health of the pools. One pool is shown directly under
 * {@code redisPool}, several as components of it, each under its name.
 */
@AutoConfiguration(after = LettucePoolAutoConfiguration.class)
@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
@Conditional(OnRedisPoolCondition.class)
@ConditionalOnMissingBean(
		name = { LettucePoolHealthContributorAutoConfiguration.CONTRIBUTOR, "redisPoolHealthIndicator" })
@ConditionalOnEnabledHealthIndicator("redispool")
@EnableConfigurationProperties(LettucePoolProperties.class)
public final class LettucePoolHealthContributorAutoConfiguration
		extends CompositeHealthContributorConfiguration<RedisPoolHealthIndicator, RedisPool> {

	static final String CONTRIBUTOR = "redisPoolHealthContributor";

	private static final String SATURATION_AFTER = LettucePoolProperties.PREFIX + ".health.saturation-after";

	LettucePoolHealthContributorAutoConfiguration(LettucePoolProperties properties) {
		super(indicator(properties.getHealth()));
	}

	private static Function<RedisPool, RedisPoolHealthIndicator> indicator(LettucePoolProperties.Health properties) {
		if (properties.getSaturationAfter().isNegative()) {
			throw new InvalidConfigurationPropertyValueException(SATURATION_AFTER, properties.getSaturationAfter(),
					"It must not be negative.");
		}
		Status status = new Status(properties.getSaturation().name());
		return (pool) -> new RedisPoolHealthIndicator(pool, status, properties.getSaturationAfter());
	}

	@Bean(CONTRIBUTOR)
	HealthContributor redisPoolHealthContributor(ConfigurableListableBeanFactory beanFactory) {
		return createContributor(RedisPools.byName(beanFactory));
	}

	/**
	 * A reactive application would ask the pools on a thread that may block, for which it
	 * may have to wait. It asks the bean below first, whose name is the same without its
	 * suffix.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ReactiveHealthIndicator.class)
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
	static class ReactiveConfiguration {

		@Bean
		ReactiveHealthContributor redisPoolHealthIndicator(@Qualifier(CONTRIBUTOR) HealthContributor contributor) {
			return adapt(contributor);
		}

		private static ReactiveHealthContributor adapt(HealthContributor contributor) {
			if (contributor instanceof CompositeHealthContributor composite) {
				Map<String, ReactiveHealthContributor> pools = new LinkedHashMap<>();
				for (HealthContributors.Entry entry : composite) {
					pools.put(entry.name(), adapt(entry.contributor()));
				}
				return CompositeReactiveHealthContributor.fromMap(pools);
			}
			return new ReactiveRedisPoolHealthIndicator((RedisPoolHealthIndicator) contributor);
		}

	}

}
