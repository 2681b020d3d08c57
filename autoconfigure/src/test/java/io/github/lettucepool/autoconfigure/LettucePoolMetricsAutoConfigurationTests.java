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

import java.util.concurrent.atomic.AtomicReference;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.InitializingBean;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.prometheus.PrometheusMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.github.lettucepool.FakeRedisPool;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.metrics.RedisPoolMetrics;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LettucePoolMetricsAutoConfiguration}.
 */
class LettucePoolMetricsAutoConfigurationTests {

	private static final String BINDER = "redisPoolsMeterBinder";

	private final FakeRedisPool pool = new FakeRedisPool("redis");

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withPropertyValues("management.metrics.use-global-registry=false")
		.withConfiguration(AutoConfigurations.of(LettucePoolMetricsAutoConfiguration.class,
				MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class));

	private final ApplicationContextRunner withPool = this.contextRunner.withBean("redisPool", RedisPool.class,
			() -> this.pool);

	@Test
	void thePoolsMetersAreInTheRegistry() {
		this.withPool.withConfiguration(AutoConfigurations.of(SimpleMetricsExportAutoConfiguration.class))
			.run((context) -> {
				MeterRegistry registry = context.getBean(MeterRegistry.class);
				assertThat(registry.get("lettuce.pool.max").tag("pool", "redis").gauge().value()).isEqualTo(16);
			});
	}

	@Test
	void eachPoolHasMetersAlsoIfItIsInjectedByQualifierOnly() {
		FakeRedisPool orders = new FakeRedisPool("orders");
		this.withPool.withConfiguration(AutoConfigurations.of(SimpleMetricsExportAutoConfiguration.class))
			.withBean("ordersPool", RedisPool.class, () -> orders,
					(definition) -> ((AbstractBeanDefinition) definition).setDefaultCandidate(false))
			.run((context) -> assertThat(context.getBean(MeterRegistry.class).get("lettuce.pool.max").gauges())
				.extracting((gauge) -> gauge.getId().getTag("pool"))
				.containsExactlyInAnyOrder("redis", "orders"));
	}

	@Test
	void theConventionOfOpenTelemetryIsASetting() {
		this.withPool.withConfiguration(AutoConfigurations.of(PrometheusMetricsExportAutoConfiguration.class))
			.withBean("anotherRegistry", SimpleMeterRegistry.class)
			.withPropertyValues("lettuce.pool.metrics.convention=opentelemetry")
			.run((context) -> {
				Meter max = context.getBean(SimpleMeterRegistry.class).get("db.client.connection.max").meter();
				assertThat(max.getId().getBaseUnit()).isEqualTo("{connection}");
				assertThat(context.getBean(PrometheusMeterRegistry.class).scrape())
					.contains("db_client_connection_max{db_client_connection_pool_name=\"redis\"} 16.0");
			});
	}

	@Test
	void anUnknownConventionIsRefused() {
		this.withPool.withBean(SimpleMeterRegistry.class)
			.withPropertyValues("lettuce.pool.metrics.convention=otel")
			.run((context) -> assertThat(context).hasFailed()
				.getFailure()
				.rootCause()
				.hasMessageContaining("MeterConvention.otel"));
	}

	@Test
	void bucketsAndPercentilesAreSetAsForAnyOtherTimer() {
		this.withPool.withConfiguration(AutoConfigurations.of(PrometheusMetricsExportAutoConfiguration.class))
			.withPropertyValues("management.metrics.distribution.percentiles-histogram.lettuce.pool.acquire=true",
					"management.metrics.distribution.slo.lettuce.pool.usage=100ms",
					"management.metrics.distribution.percentiles.lettuce.pool.creation=0.99")
			.run((context) -> assertThat(context.getBean(PrometheusMeterRegistry.class).scrape())
				.contains("lettuce_pool_acquire_seconds_bucket{pool=\"redis\",le=\"0.001\"}")
				.contains("lettuce_pool_usage_seconds_bucket{pool=\"redis\",le=\"0.1\"}")
				.contains("lettuce_pool_creation_seconds{pool=\"redis\",quantile=\"0.99\"}"));
	}

	@Test
	void whatHappensWhileTheApplicationStartsIsCounted() {
		this.withPool.withBean(SimpleMeterRegistry.class)
			.withBean("early", InitializingBean.class, () -> () -> this.pool.tell(PoolListener::timedOut),
					(definition) -> definition.setDependsOn("redisPool"))
			.run((context) -> assertThat(
					context.getBean(MeterRegistry.class).get("lettuce.pool.timeout").counter().count())
				.isEqualTo(1));
	}

	@Test
	void withSeveralRegistriesAnEventCountsOnceInEach() {
		this.withPool
			.withConfiguration(AutoConfigurations.of(SimpleMetricsExportAutoConfiguration.class,
					PrometheusMetricsExportAutoConfiguration.class))
			.withBean("anotherRegistry", SimpleMeterRegistry.class)
			.run((context) -> {
				this.pool.tell(PoolListener::timedOut);
				assertThat(context.getBeansOfType(MeterRegistry.class)).hasSizeGreaterThan(1)
					.allSatisfy((name, registry) -> assertThat(registry.get("lettuce.pool.timeout").counter().count())
						.isEqualTo(1));
				assertThat(this.pool.listeners()).hasSize(1);
			});
	}

	@Test
	void nothingIsLeftBehindWhenTheApplicationStops() {
		AtomicReference<MeterRegistry> registry = new AtomicReference<>();
		this.withPool.withBean(SimpleMeterRegistry.class).run((context) -> {
			registry.set(context.getBean(MeterRegistry.class));
			assertThat(this.pool.listeners()).isNotEmpty();
		});
		assertThat(this.pool.listeners()).isEmpty();
		assertThat(registry.get().find("lettuce.pool.max").gauge()).isNull();
	}

	@Test
	void theApplicationsOwnIsUsed() {
		this.withPool.withBean(SimpleMeterRegistry.class)
			.withBean(RedisPoolMetrics.class, () -> new RedisPoolMetrics(this.pool))
			.run((context) -> {
				assertThat(context).doesNotHaveBean(BINDER);
				assertThat(this.pool.listeners()).hasSize(1);
			});
	}

	@Test
	void withoutAPoolThereIsNone() {
		this.contextRunner.withBean(SimpleMeterRegistry.class)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(BINDER));
	}

	@Test
	void withoutARegistryThereIsNone() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(LettucePoolMetricsAutoConfiguration.class))
			.withBean("redisPool", RedisPool.class, () -> this.pool)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(BINDER));
	}

}
