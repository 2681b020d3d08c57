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

import java.util.Collection;
import java.util.List;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.metrics.RedisPoolMetrics;

/**
 * Auto-configuration for the meters of the pools. Backs off if the application declares a
 * {@link RedisPoolMetrics} bean of its own.
 */
@AutoConfiguration(after = LettucePoolAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean(MeterRegistry.class)
@Conditional(OnRedisPoolCondition.class)
public final class LettucePoolMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(RedisPoolMetrics.class)
	RedisPoolsMeterBinder redisPoolsMeterBinder(ConfigurableListableBeanFactory beanFactory) {
		return new RedisPoolsMeterBinder(RedisPools.byName(beanFactory).values());
	}

	/**
	 * The meters of all pools, as one bean.
	 */
	static final class RedisPoolsMeterBinder implements MeterBinder, AutoCloseable {

		private final List<RedisPoolMetrics> pools;

		RedisPoolsMeterBinder(Collection<RedisPool> pools) {
			this.pools = pools.stream().map(RedisPoolMetrics::new).toList();
		}

		@Override
		public void bindTo(MeterRegistry registry) {
			this.pools.forEach((pool) -> pool.bindTo(registry));
		}

		@Override
		public void close() {
			this.pools.forEach(RedisPoolMetrics::close);
		}

	}

}
