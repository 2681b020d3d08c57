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

import io.micrometer.common.docs.KeyName;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Lazy;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.metrics.RedisPoolObservations;

/**
 * Auto-configuration for the observations of the pools, which tracing makes spans of.
 * Backs off if the application declares a {@link RedisPoolObservations} bean of its own.
 */
@AutoConfiguration(after = LettucePoolAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnClass({ ObservationRegistry.class, KeyName.class })
@ConditionalOnBean(ObservationRegistry.class)
@Conditional(OnRedisPoolCondition.class)
public final class LettucePoolObservationAutoConfiguration {

	@Bean
	@Lazy(false)
	@ConditionalOnMissingBean({ RedisPoolObservations.class, RedisPoolsObserver.class })
	RedisPoolsObserver redisPoolsObserver(ConfigurableListableBeanFactory beanFactory, ObservationRegistry registry) {
		return new RedisPoolsObserver(RedisPools.byName(beanFactory).values(), registry);
	}

	/**
	 * The observations of all pools, as one bean.
	 */
	static final class RedisPoolsObserver implements AutoCloseable {

		private final List<RedisPoolObservations> pools;

		RedisPoolsObserver(Collection<RedisPool> pools, ObservationRegistry registry) {
			this.pools = pools.stream().map((pool) -> new RedisPoolObservations(pool, registry)).toList();
		}

		@Override
		public void close() {
			this.pools.forEach(RedisPoolObservations::close);
		}

	}

}
