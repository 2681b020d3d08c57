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

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.micrometer.metrics.autoconfigure.MeterRegistryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.metrics.AnnotationUnitFilter;
import io.github.lettucepool.metrics.MeterConvention;
import io.github.lettucepool.metrics.OpenTelemetryFilter;
import io.github.lettucepool.metrics.RedisPoolMetrics;

/**
 * Auto-configuration for the meters of the pools. Backs off if the application declares a
 * {@link RedisPoolMetrics} bean of its own.
 */
@AutoConfiguration(after = LettucePoolAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass({ MeterRegistry.class, MeterRegistryCustomizer.class })
@ConditionalOnBean(MeterRegistry.class)
@Conditional(OnRedisPoolCondition.class)
@EnableConfigurationProperties(LettucePoolProperties.class)
public final class LettucePoolMetricsAutoConfiguration {

	private static final String PROMETHEUS = "io.micrometer.prometheusmetrics.PrometheusMeterRegistry";

	@Bean
	@ConditionalOnMissingBean(RedisPoolMetrics.class)
	RedisPoolsMeterBinder redisPoolsMeterBinder(ConfigurableListableBeanFactory beanFactory) {
		return new RedisPoolsMeterBinder(beanFactory);
	}

	@Bean
	static EarlyPools redisPoolsMeterBinderEarlyPools(ObjectProvider<RedisPoolsMeterBinder> binder) {
		return new EarlyPools((pool) -> binder.ifAvailable((available) -> available.watch(pool)));
	}

	/*
	 * First, since the filters of the application look for the names that it has chosen.
	 */
	@Bean
	@Order(Ordered.HIGHEST_PRECEDENCE)
	MeterRegistryCustomizer<MeterRegistry> redisPoolsConventionCustomizer(LettucePoolProperties properties) {
		MeterConvention convention = properties.getMetrics().getConvention();
		return (registry) -> {
			if (convention == MeterConvention.OPENTELEMETRY) {
				registry.config().meterFilter(new OpenTelemetryFilter());
				if (registry.getClass().getName().equals(PROMETHEUS)) {
					registry.config().meterFilter(new AnnotationUnitFilter());
				}
			}
		};
	}

	/**
	 * The meters of all pools, as one bean.
	 */
	static final class RedisPoolsMeterBinder implements MeterBinder, AutoCloseable {

		private final ConfigurableListableBeanFactory beanFactory;

		private final Map<RedisPool, RedisPoolMetrics> metrics = new LinkedHashMap<>();

		RedisPoolsMeterBinder(ConfigurableListableBeanFactory beanFactory) {
			this.beanFactory = beanFactory;
		}

		synchronized void watch(RedisPool pool) {
			this.metrics.computeIfAbsent(pool, RedisPoolMetrics::new);
		}

		@Override
		public synchronized void bindTo(MeterRegistry registry) {
			RedisPools.byName(this.beanFactory).values().forEach(this::watch);
			this.metrics.values().forEach((pool) -> pool.bindTo(registry));
		}

		@Override
		public synchronized void close() {
			this.metrics.values().forEach(RedisPoolMetrics::close);
		}

	}

}
