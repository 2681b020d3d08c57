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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.tracing.Tracing;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.AutoConfigurationPackage;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionEvaluationReport;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisRepositoriesAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientConfigurationBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettucePoolingClientConfiguration.LettucePoolingClientConfigurationBuilder;
import org.springframework.data.redis.core.ReactiveRedisTemplate;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisKeyValueAdapter;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link LettucePoolAutoConfiguration}.
 */
@ExtendWith(OutputCaptureExtension.class)
class LettucePoolAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = PooledApplication
		.runner(DataRedisReactiveAutoConfiguration.class, SslAutoConfiguration.class);

	@Test
	void theConnectionFactoryIsPooled() {
		this.contextRunner.run((context) -> {
			assertThat(context).hasSingleBean(RedisConnectionFactory.class);
			assertThat(context).hasSingleBean(ReactiveRedisConnectionFactory.class);
			assertThat(context).getBean("redisConnectionFactory").isInstanceOf(PooledLettuceConnectionFactory.class);
		});
	}

	@Test
	void theTemplatesOfSpringBootUseThePool() {
		this.contextRunner.run((context) -> {
			RedisConnectionFactory factory = context.getBean(PooledLettuceConnectionFactory.class);
			assertThat(context.getBean("redisTemplate", RedisTemplate.class).getConnectionFactory()).isSameAs(factory);
			assertThat(context.getBean(StringRedisTemplate.class).getConnectionFactory()).isSameAs(factory);
			assertThat(context.getBean("reactiveRedisTemplate", ReactiveRedisTemplate.class).getConnectionFactory())
				.isSameAs(factory);
			assertThat(context.getBean(ReactiveStringRedisTemplate.class).getConnectionFactory()).isSameAs(factory);
		});
	}

	@Test
	void theRepositoriesOfSpringBootUseThePool() {
		this.contextRunner.withConfiguration(AutoConfigurations.of(DataRedisRepositoriesAutoConfiguration.class))
			.withUserConfiguration(EmptyConfiguration.class)
			.run((context) -> assertThat(context).hasSingleBean(RedisKeyValueAdapter.class)
				.hasSingleBean(PooledLettuceConnectionFactory.class));
	}

	@Test
	void thePoolIsABean() {
		this.contextRunner.run((context) -> {
			assertThat(context).hasSingleBean(RedisPool.class);
			RedisPool pool = context.getBean(RedisPool.class);
			assertThat(pool).isSameAs(context.getBean(PooledLettuceConnectionFactory.class).getPool());
			assertThat(pool.getName()).isEqualTo("redis");
			assertThat(pool.getSettings()).usingRecursiveComparison().isEqualTo(PoolSettings.builder().build());
		});
	}

	@Test
	void theApplicationMayHaveAnotherBeanWithTheNameOfThePool() {
		this.contextRunner.withBean("redisPool", Object.class, Object::new)
			.run((context) -> assertThat(context).hasSingleBean(PooledLettuceConnectionFactory.class)
				.doesNotHaveBean(RedisPool.class));
	}

	@Test
	void theKeysOfThePoolAreUsed() {
		this.contextRunner.withPropertyValues("lettuce.pool.max-size=7", "lettuce.pool.shared-connections=0")
			.run((context) -> {
				assertThat(context.getBean(RedisPool.class).getSettings().getMaxSize()).isEqualTo(7);
				assertThat(context.getBean(RedisPool.class).getSettings().getSharedConnections()).isZero();
			});
	}

	@Test
	void theKeysOfSpringBootsPoolAreUsed() {
		this.contextRunner
			.withPropertyValues("spring.data.redis.lettuce.pool.max-active=4",
					"spring.data.redis.lettuce.pool.max-wait=250ms")
			.run((context) -> {
				assertThat(context.getBean(RedisPool.class).getSettings().getMaxSize()).isEqualTo(4);
				assertThat(context.getBean(RedisPool.class).getSettings().getMaxWait()).hasMillis(250);
			});
	}

	@Test
	void theKeysOfSpringBootsPoolAreUsedFromTheSystemEnvironment() {
		this.contextRunner
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
						new SystemEnvironmentPropertySource(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
								Map.of("SPRING_DATA_REDIS_LETTUCE_POOL_MAXACTIVE", "4", "LETTUCE_POOL_MINIDLE", "1"))))
			.run((context) -> {
				assertThat(context.getBean(RedisPool.class).getSettings().getMaxSize()).isEqualTo(4);
				assertThat(context.getBean(RedisPool.class).getSettings().getMinIdle()).isOne();
			});
	}

	@Test
	void waitingForEverIsWarnedOfOnce(CapturedOutput output) {
		this.contextRunner.withPropertyValues("spring.data.redis.lettuce.pool.max-wait=-1")
			.run((context) -> assertThat(context.getBean(RedisPool.class).getSettings().getMaxWait()).isNegative());
		assertThat(output).containsOnlyOnce("max-wait of pool 'redis' is negative");
	}

	@Test
	void nothingIsLoggedOnDefaults(CapturedOutput output) {
		this.contextRunner.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output).doesNotContain("io.github.lettucepool.autoconfigure");
	}

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void aBeanThatInjectsAProviderStartsWithAndWithoutThePool(boolean enabled) {
		this.contextRunner.withUserConfiguration(Figures.class)
			.withPropertyValues("lettuce.pool.enabled=" + enabled)
			.run((context) -> assertThat(context.getBean(Figures.class).pool.getIfAvailable() != null)
				.isEqualTo(enabled));
	}

	@Test
	void theConditionSaysHowToInjectThePoolThatMayBeSwitchedOff() {
		this.contextRunner.withPropertyValues("lettuce.pool.enabled=false")
			.run((context) -> assertThat(ConditionEvaluationReport.get(context.getBeanFactory())
				.getConditionAndOutcomesBySource()
				.get(LettucePoolAutoConfiguration.class.getName())
				.stream()
				.map((outcome) -> outcome.getOutcome().getMessage()))
				.anyMatch((message) -> message
					.contains("lettuce.pool.enabled is false; what is to start without the pool too injects an "
							+ "ObjectProvider<RedisPool>")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "lettuce.pool.enabled=false", "spring.data.redis.lettuce.pool.enabled=false" })
	void springBootMakesTheFactoryIfThePoolIsSwitchedOff(String pair) {
		this.contextRunner.withPropertyValues(pair).run((context) -> {
			assertThat(context).hasSingleBean(LettuceConnectionFactory.class)
				.doesNotHaveBean(PooledLettuceConnectionFactory.class)
				.doesNotHaveBean(RedisPool.class)
				.hasSingleBean(ClientResources.class)
				.hasSingleBean(StringRedisTemplate.class);
			assertThat(context.getBean(ClientResources.class)).isNotInstanceOf(PooledClientResources.class);
		});
	}

	@Test
	void theKeyOfThePoolDecidesWhetherItIsSwitchedOff() {
		this.contextRunner
			.withPropertyValues("lettuce.pool.enabled=true", "spring.data.redis.lettuce.pool.enabled=false")
			.run((context) -> assertThat(context).hasSingleBean(PooledLettuceConnectionFactory.class));
		this.contextRunner
			.withPropertyValues("lettuce.pool.enabled=false", "spring.data.redis.lettuce.pool.enabled=true")
			.run((context) -> assertThat(context).doesNotHaveBean(PooledLettuceConnectionFactory.class));
	}

	@Test
	void theApplicationsOwnFactoryWins() {
		RedisConnectionFactory own = mock(RedisConnectionFactory.class);
		this.contextRunner.withBean(RedisConnectionFactory.class, () -> own).run((context) -> {
			assertThat(context).getBean(RedisConnectionFactory.class).isSameAs(own);
			assertThat(context).doesNotHaveBean(RedisPool.class);
			assertThat(context.getBean(StringRedisTemplate.class).getConnectionFactory()).isSameAs(own);
		});
	}

	@Test
	void anotherClientTypeWins() {
		this.contextRunner.withPropertyValues("spring.data.redis.client-type=jedis")
			.run((context) -> assertThat(context).doesNotHaveBean(PooledLettuceConnectionFactory.class)
				.doesNotHaveBean(RedisPool.class));
	}

	@Test
	void theClientTypeMayBeNamed() {
		this.contextRunner.withPropertyValues("spring.data.redis.client-type=lettuce")
			.run((context) -> assertThat(context).hasSingleBean(PooledLettuceConnectionFactory.class));
	}

	@ParameterizedTest
	@ValueSource(classes = { RedisClient.class, GenericObjectPool.class })
	void nothingIsMadeWithoutTheLibraries(Class<?> library) {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(LettucePoolAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader(library))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(LettucePoolProperties.class));
	}

	@Test
	void nothingIsMadeIfTheApplicationExcludesRedis() {
		new ApplicationContextRunner().withUserConfiguration(WithoutRedis.class)
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(RedisConnectionFactory.class)
				.doesNotHaveBean(ClientResources.class));
		new ApplicationContextRunner().withUserConfiguration(WithRedis.class)
			.withPropertyValues("spring.autoconfigure.exclude=" + DataRedisAutoConfiguration.class.getName())
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(RedisConnectionFactory.class));
	}

	@Test
	void allIsMadeInAnApplication() {
		new ApplicationContextRunner().withUserConfiguration(WithRedis.class)
			.run((context) -> assertThat(context).hasSingleBean(PooledLettuceConnectionFactory.class)
				.hasSingleBean(StringRedisTemplate.class)
				.hasSingleBean(ReactiveStringRedisTemplate.class));
	}

	@Test
	void theClientResourcesAreCustomizedInOrder() {
		Tracing first = mock(Tracing.class);
		Tracing last = mock(Tracing.class);
		this.contextRunner.withBean("b", ClientResourcesBuilderCustomizer.class, () -> new Customizer(last))
			.withBean("a", ClientResourcesBuilderCustomizer.class, () -> new EarlyCustomizer(first))
			.run((context) -> {
				assertThat(context).hasSingleBean(ClientResources.class);
				assertThat(context.getBean("lettuceClientResources", DefaultClientResources.class).tracing())
					.isSameAs(last);
			});
	}

	@Test
	void theClientResourcesConsolidateFlushes() {
		this.contextRunner.run((context) -> assertThat(context.getBean(ClientResources.class).nettyCustomizer())
			.isInstanceOf(ConnectionHandlers.class));
	}

	@Test
	void theClientResourcesAreThoseOfTheFactory() {
		this.contextRunner.run((context) -> assertThat(
				context.getBean(LettuceConnectionFactory.class).getClientConfiguration().getClientResources())
			.hasValue(context.getBean(ClientResources.class)));
	}

	@Test
	void theApplicationsOwnClientResourcesWin(CapturedOutput output) {
		ClientResources own = DefaultClientResources.create();
		try {
			this.contextRunner
				.withBean("own", ClientResources.class, () -> own,
						(definition) -> definition.setDestroyMethodName(null))
				.run((context) -> {
					assertThat(context).getBean(ClientResources.class).isSameAs(own);
					assertThat(context.getBean(LettuceConnectionFactory.class)
						.getClientConfiguration()
						.getClientResources()).hasValue(own);
				});
			assertThat(output).containsOnlyOnce("Using the application's own ClientResources bean");
		}
		finally {
			own.shutdown(0, 0, TimeUnit.SECONDS);
		}
	}

	@Test
	void theClientConfigurationIsCustomizedInOrder() {
		List<String> called = new ArrayList<>();
		this.contextRunner
			.withBean("z", LettuceClientOptionsBuilderCustomizer.class, () -> (builder) -> called.add("options"))
			.withBean("a", LettuceClientConfigurationBuilderCustomizer.class,
					() -> (builder) -> called.add("configuration"))
			.withBean("m", LettuceClientConfigurationBuilderCustomizer.class, () -> new EarlyConfigurer(called))
			.run((context) -> assertThat(called).containsExactly("options", "early configuration", "configuration"));
	}

	@Test
	void aCustomizerMayReplaceThePoolConfiguration() {
		this.contextRunner.withPropertyValues("lettuce.pool.max-size=30", "lettuce.pool.idle-timeout=1m")
			.withBean(LettuceClientConfigurationBuilderCustomizer.class, () -> (builder) -> {
				GenericObjectPoolConfig<StatefulConnection<?, ?>> poolConfig = new GenericObjectPoolConfig<>();
				poolConfig.setMaxTotal(5);
				poolConfig.setMinIdle(2);
				poolConfig.setMaxWait(Duration.ofSeconds(1));
				((LettucePoolingClientConfigurationBuilder) builder).poolConfig(poolConfig);
			})
			.run((context) -> {
				PoolSettings settings = context.getBean(RedisPool.class).getSettings();
				assertThat(settings.getMaxSize()).isEqualTo(5);
				assertThat(settings.getMinIdle()).isEqualTo(2);
				assertThat(settings.getMaxIdle()).isEqualTo(5);
				assertThat(settings.getMaxWait()).hasSeconds(1);
				assertThat(settings.getIdleTimeout()).hasMinutes(1);
			});
	}

	@Test
	void theFactoryUsesPlatformThreadsByDefault() {
		this.contextRunner
			.run((context) -> assertThat(context.getBean(LettuceConnectionFactory.class)).extracting("executor")
				.isNull());
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void theFactoryUsesVirtualThreadsIfTheyAreEnabled() {
		this.contextRunner.withPropertyValues("spring.threads.virtual.enabled=true").run((context) -> {
			assertThat(context).hasSingleBean(RedisConnectionFactory.class);
			assertThat(context.getBean(LettuceConnectionFactory.class)).extracting("executor.virtualThreadDelegate")
				.isNotNull();
			assertThat(context.getBean("redisConnectionFactoryVirtualThreads"))
				.isSameAs(context.getBean(RedisConnectionFactory.class));
		});
	}

	@Configuration(proxyBeanMethods = false)
	static class Figures {

		@Autowired
		ObjectProvider<RedisPool> pool;

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class WithRedis {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration(exclude = DataRedisAutoConfiguration.class)
	static class WithoutRedis {

	}

	@Configuration(proxyBeanMethods = false)
	@AutoConfigurationPackage
	static class EmptyConfiguration {

	}

	static class Customizer implements ClientResourcesBuilderCustomizer {

		private final Tracing tracing;

		Customizer(Tracing tracing) {
			this.tracing = tracing;
		}

		@Override
		public void customize(ClientResources.Builder builder) {
			builder.tracing(this.tracing);
		}

	}

	@Order(-1)
	static class EarlyCustomizer extends Customizer {

		EarlyCustomizer(Tracing tracing) {
			super(tracing);
		}

	}

	@Order(-1)
	static class EarlyConfigurer implements LettuceClientConfigurationBuilderCustomizer {

		private final List<String> called;

		EarlyConfigurer(List<String> called) {
			this.called = called;
		}

		@Override
		public void customize(LettuceClientConfigurationBuilder builder) {
			this.called.add("early configuration");
		}

	}

}
