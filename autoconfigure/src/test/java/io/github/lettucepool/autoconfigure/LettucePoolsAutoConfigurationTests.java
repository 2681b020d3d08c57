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

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.BeanFactoryAnnotationUtils;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientConfigurationBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.RedisPoolCustomizer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LettucePoolsAutoConfiguration}.
 */
class LettucePoolsAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = PooledApplication.runner(LettucePoolsAutoConfiguration.class,
			DataRedisReactiveAutoConfiguration.class, SslAutoConfiguration.class);

	private final ApplicationContextRunner withOrders = this.contextRunner
		.withPropertyValues("lettuce.pools.orders.redis.host=orders.example", "lettuce.pools.orders.redis.port=7001");

	@Test
	void withoutNamedPoolsThereIsOnlyTheOne() {
		this.contextRunner.run((context) -> assertThat(context).hasSingleBean(PooledLettuceConnectionFactory.class)
			.hasSingleBean(RedisPool.class)
			.hasSingleBean(ClientResources.class));
	}

	@Test
	void aPoolHasItsBeans() {
		this.withOrders.run((context) -> {
			PooledLettuceConnectionFactory factory = context.getBean("ordersRedisConnectionFactory",
					PooledLettuceConnectionFactory.class);
			assertThat(factory.getHostName()).isEqualTo("orders.example");
			assertThat(factory.getPort()).isEqualTo(7001);
			assertThat(factory.isRunning()).isTrue();
			assertThat(context.getBean("ordersRedisPool", RedisPool.class)).isSameAs(factory.getPool());
			assertThat(factory.getPool().getName()).isEqualTo("orders");
			assertThat(context.getBean("ordersRedisTemplate", RedisTemplate.class).getConnectionFactory())
				.isSameAs(factory);
			assertThat(context.getBean("ordersStringRedisTemplate", StringRedisTemplate.class).getConnectionFactory())
				.isSameAs(factory);
			assertThat(context.getBean("ordersReactiveStringRedisTemplate", ReactiveStringRedisTemplate.class)
				.getConnectionFactory()).isSameAs(factory);
		});
	}

	@Test
	void aChildContextWithTheSameKeysUsesThePoolsOfItsParent() {
		ApplicationContextRunner both = this.withOrders.withPropertyValues("lettuce.primary-pool=orders",
				"lettuce.pools.carts.redis.host=carts.example");
		both.run((parent) -> both.withParent(parent).run((child) -> {
			assertThat(child).hasNotFailed();
			for (String name : List.of("ordersRedisConnectionFactory", "cartsRedisConnectionFactory")) {
				assertThat(child.getBean(name)).isSameAs(parent.getBean(name));
			}
			assertThat(child.getBean(PooledLettuceConnectionFactory.class))
				.isSameAs(parent.getBean("ordersRedisConnectionFactory"));
		}));
	}

	@Test
	void theBeansAreInjectedByTheirQualifier() {
		this.withOrders.withUserConfiguration(Qualified.class).run((context) -> {
			Qualified beans = context.getBean(Qualified.class);
			Object factory = context.getBean("ordersRedisConnectionFactory");
			assertThat(beans.connectionFactory).isSameAs(factory);
			assertThat(beans.reactiveConnectionFactory).isSameAs(factory);
			assertThat(beans.lettuceConnectionFactory).isSameAs(factory);
			assertThat(beans.pool).isSameAs(context.getBean("ordersRedisPool"));
			assertThat(beans.template).isSameAs(context.getBean("ordersRedisTemplate"));
			assertThat(beans.stringTemplate).isSameAs(context.getBean("ordersStringRedisTemplate"));
			assertThat(beans.reactiveTemplate).isSameAs(context.getBean("ordersReactiveStringRedisTemplate"));
		});
	}

	@ParameterizedTest
	@CsvSource({ "org.springframework.data.redis.connection.RedisConnectionFactory, ordersRedisConnectionFactory",
			"io.github.lettucepool.RedisPool, ordersRedisPool",
			"org.springframework.data.redis.core.StringRedisTemplate, ordersStringRedisTemplate",
			"org.springframework.data.redis.core.ReactiveStringRedisTemplate, ordersReactiveStringRedisTemplate" })
	void aBeanIsLookedUpByItsTypeAndTheQualifier(Class<?> type, String bean) {
		this.withOrders.withPropertyValues("lettuce.pools.carts.redis.host=carts.example")
			.run((context) -> assertThat(
					BeanFactoryAnnotationUtils.qualifiedBeanOfType(context.getBeanFactory(), type, "orders"))
				.isSameAs(context.getBean(bean)));
	}

	@Test
	void aTemplateIsLookedUpByTheQualifierAmongThoseThatAreNoStringTemplates() {
		this.withOrders.run((context) -> assertThat(BeanFactoryAnnotationUtils.isQualifierMatch("orders"::equals,
				"ordersRedisTemplate", context.getBeanFactory()))
			.isTrue());
	}

	@Test
	void anInjectionWithoutQualifierGetsTheOneOfSpringDataRedis() {
		this.withOrders.withPropertyValues("spring.data.redis.host=main.example")
			.withUserConfiguration(Unqualified.class)
			.run((context) -> {
				Unqualified beans = context.getBean(Unqualified.class);
				Object factory = context.getBean("redisConnectionFactory");
				assertThat(beans.connectionFactory).isSameAs(factory);
				assertThat(beans.allConnectionFactories).containsExactly(beans.connectionFactory);
				assertThat(beans.anyConnectionFactory.getObject()).isSameAs(factory);
				assertThat(beans.reactiveConnectionFactory).isSameAs(factory);
				assertThat(beans.pool).isSameAs(context.getBean("redisPool"));
				assertThat(beans.stringTemplate.getConnectionFactory()).isSameAs(factory);
				assertThat(beans.reactiveTemplate.getConnectionFactory()).isSameAs(factory);
				assertThat(context.getBean(RedisConnectionFactory.class)).isSameAs(factory);
				assertThat(context.getBean(LettuceConnectionFactory.class).getHostName()).isEqualTo("main.example");
			});
	}

	@Test
	void allPoolsShareTheirClientResources() {
		this.withOrders.withPropertyValues("lettuce.pools.cache.redis.host=cache.example")
			.run((context) -> assertThat(context.getBeansOfType(PooledLettuceConnectionFactory.class).values())
				.hasSize(3)
				.allSatisfy((factory) -> assertThat(factory.getClientConfiguration().getClientResources())
					.hasValue(context.getBean(ClientResources.class))));
	}

	@Test
	void aPoolTakesOverNothing() {
		this.withOrders.withPropertyValues("lettuce.pool.max-size=99", "lettuce.pool.warm-up=background",
				"spring.data.redis.lettuce.pool.max-wait=1ms", "spring.data.redis.password=secret",
				"spring.data.redis.database=3", "spring.data.redis.timeout=1s", "spring.data.redis.client-name=main")
			.run((context) -> {
				PooledLettuceConnectionFactory factory = context.getBean("ordersRedisConnectionFactory",
						PooledLettuceConnectionFactory.class);
				assertThat(factory.getPool().getSettings()).usingRecursiveComparison()
					.isEqualTo(PoolSettings.builder().build());
				assertThat(factory.getPassword()).isNull();
				assertThat(factory.getDatabase()).isZero();
				assertThat(factory.getClientConfiguration().getCommandTimeout()).hasSeconds(3);
				assertThat(factory.getClientConfiguration().getClientName()).isEmpty();
			});
	}

	@Test
	void aPoolHasItsOwnKeysAndThoseOfSpringDataRedis() {
		this.withOrders
			.withPropertyValues("lettuce.pools.orders.max-size=7", "lettuce.pools.orders.redis.username=clerk",
					"lettuce.pools.orders.redis.password=secret", "lettuce.pools.orders.redis.database=2",
					"lettuce.pools.orders.redis.timeout=250ms", "lettuce.pools.orders.redis.connect-timeout=100ms",
					"lettuce.pools.orders.redis.client-name=shop", "lettuce.pools.orders.redis.ssl.enabled=true",
					"lettuce.pools.orders.redis.lettuce.shutdown-timeout=5s",
					"lettuce.pools.orders.redis.lettuce.read-from=replica-preferred",
					"lettuce.pools.orders.redis.lettuce.pool.min-idle=3")
			.run((context) -> {
				PooledLettuceConnectionFactory factory = context.getBean("ordersRedisConnectionFactory",
						PooledLettuceConnectionFactory.class);
				assertThat(factory.getPool().getSettings().getMaxSize()).isEqualTo(7);
				assertThat(factory.getPool().getSettings().getMinIdle()).isEqualTo(3);
				assertThat(factory.getStandaloneConfiguration()).satisfies((server) -> {
					assertThat(server.getUsername()).isEqualTo("clerk");
					assertThat(server.getPassword()).isEqualTo(RedisPassword.of("secret"));
					assertThat(server.getDatabase()).isEqualTo(2);
				});
				assertThat(factory.getClientConfiguration()).satisfies((client) -> {
					assertThat(client.getCommandTimeout()).hasMillis(250);
					assertThat(client.getShutdownTimeout()).hasSeconds(5);
					assertThat(client.getClientName()).hasValue("shop");
					assertThat(client.isUseSsl()).isTrue();
					assertThat(client.getReadFrom()).isPresent();
					assertThat(client.getClientOptions().orElseThrow().getSocketOptions().getConnectTimeout())
						.hasMillis(100);
				});
			});
	}

	@Test
	void aPoolMayHaveAnyTopology() {
		this.contextRunner
			.withPropertyValues("lettuce.pools.a.redis.url=rediss://clerk:secret@a.example:7001/4",
					"lettuce.pools.b.redis.sentinel.master=main",
					"lettuce.pools.b.redis.sentinel.nodes=b1.example:7001,b2.example:7002",
					"lettuce.pools.b.redis.database=5", "lettuce.pools.c.redis.cluster.nodes=c1.example:7001",
					"lettuce.pools.c.redis.cluster.max-redirects=9",
					"lettuce.pools.d.redis.masterreplica.nodes=d1.example:7001,d2.example:7002")
			.run((context) -> {
				LettuceConnectionFactory a = context.getBean("aRedisConnectionFactory", LettuceConnectionFactory.class);
				assertThat(a.getHostName()).isEqualTo("a.example");
				assertThat(a.getDatabase()).isEqualTo(4);
				assertThat(a.getPassword()).isEqualTo("secret");
				assertThat(a.isUseSsl()).isTrue();
				LettuceConnectionFactory b = context.getBean("bRedisConnectionFactory", LettuceConnectionFactory.class);
				assertThat(b.getSentinelConfiguration().getSentinels()).hasSize(2);
				assertThat(b.getDatabase()).isEqualTo(5);
				LettuceConnectionFactory c = context.getBean("cRedisConnectionFactory", LettuceConnectionFactory.class);
				assertThat(c.getClusterConfiguration().getMaxRedirects()).isEqualTo(9);
				assertThat(context.getBean("dRedisPool", RedisPool.class).getName()).isEqualTo("d");
			});
	}

	@Test
	void aPoolMayBeSwitchedOff() {
		this.withOrders.withPropertyValues("lettuce.pools.orders.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("ordersRedisConnectionFactory"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "lettuce.pool.enabled=false", "spring.data.redis.client-type=jedis" })
	void namedPoolsAreMadeWhoeverMakesThePrimaryConnectionFactory(String pair) {
		this.withOrders.withPropertyValues(pair)
			.run((context) -> assertThat(context).hasSingleBean(PooledLettuceConnectionFactory.class)
				.hasBean("ordersStringRedisTemplate")
				.hasSingleBean(ClientResources.class));
	}

	@Test
	void namedPoolsAreMadeBesideTheApplicationsOwnConnectionFactory() {
		LettuceConnectionFactory own = new LettuceConnectionFactory();
		this.withOrders.withBean("own", LettuceConnectionFactory.class, () -> own).run((context) -> {
			assertThat(context).hasBean("ordersRedisConnectionFactory");
			assertThat(context.getBean("stringRedisTemplate", StringRedisTemplate.class).getConnectionFactory())
				.isSameAs(own);
		});
	}

	@Test
	void namedPoolsAreMadeWithoutSpringBootsAutoConfiguration() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(LettucePoolsAutoConfiguration.class))
			.withPropertyValues("lettuce.pools.orders.redis.host=orders.example")
			.run((context) -> assertThat(context).hasBean("ordersRedisConnectionFactory")
				.hasSingleBean(DefaultClientResources.class));
	}

	@ParameterizedTest
	@ValueSource(classes = { RedisClient.class, GenericObjectPool.class })
	void nothingIsMadeWithoutTheLibraries(Class<?> library) {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(LettucePoolsAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader(library))
			.withPropertyValues("lettuce.pools.orders.redis.host=orders.example")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(NamedConnectionFactories.class));
	}

	@Test
	void variablesMayWriteTheHyphenOfANameInEitherWay() {
		this.contextRunner
			.withPropertyValues("lettuce.pools.user-sessions.redis.host=sessions.example",
					"lettuce.pools.user-sessions.max-size=5")
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.replace(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
						new SystemEnvironmentPropertySource(StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
								Map.of("LETTUCE_POOLS_USERSESSIONS_MINIDLE", "2",
										"LETTUCE_POOLS_USER_SESSIONS_MAX_PENDING", "8"))))
			.run((context) -> {
				PoolSettings settings = context.getBean("userSessionsRedisPool", RedisPool.class).getSettings();
				assertThat(settings.getMaxSize()).isEqualTo(5);
				assertThat(settings.getMinIdle()).isEqualTo(2);
				assertThat(settings.getMaxPending()).isEqualTo(8);
				assertThat(context.getBeansOfType(RedisPool.class)).hasSize(2);
			});
	}

	@Test
	void anotherPoolMayBeThePrimaryOne() {
		this.withOrders
			.withPropertyValues("lettuce.primary-pool=orders", "spring.data.redis.host=unused.example",
					"lettuce.pools.cache.redis.host=cache.example")
			.withUserConfiguration(Unqualified.class, Qualified.class, QualifiedByBeanName.class)
			.run((context) -> {
				PooledLettuceConnectionFactory factory = context.getBean("redisConnectionFactory",
						PooledLettuceConnectionFactory.class);
				assertThat(factory.getHostName()).isEqualTo("orders.example");
				assertThat(factory.getPool().getName()).isEqualTo("orders");
				assertThat(context.getBean(RedisConnectionFactory.class)).isSameAs(factory);
				assertThat(context.getBean("ordersRedisConnectionFactory")).isSameAs(factory);
				assertThat(context.getBean("ordersStringRedisTemplate"))
					.isSameAs(context.getBean("stringRedisTemplate"));
				assertThat(context.getBean(Unqualified.class).connectionFactory).isSameAs(factory);
				assertThat(context.getBean(Unqualified.class).stringTemplate.getConnectionFactory()).isSameAs(factory);
				assertThat(context.getBean(Qualified.class).connectionFactory).isSameAs(factory);
				assertThat(context.getBean(Qualified.class).pool).isSameAs(factory.getPool());
				assertThat(context.getBean(Qualified.class).template).isSameAs(context.getBean("redisTemplate"));
				assertThat(context.getBean(QualifiedByBeanName.class).pool).isSameAs(factory.getPool());
				assertThat(context.getBeansOfType(PooledLettuceConnectionFactory.class)).hasSize(2);
			});
	}

	@Test
	void theOrderOfPropertySourcesDoesNotChangeThePrimaryOne() {
		Map<String, Object> cache = new LinkedHashMap<>(Map.of("lettuce.pools.a-cache.redis.host", "cache.example"));
		this.withOrders
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new MapPropertySource("first", cache)))
			.run((context) -> assertThat(context.getBean(LettuceConnectionFactory.class).getHostName())
				.isEqualTo("localhost"));
	}

	@Test
	void connectionDetailsWithThePoolsQualifierWin() {
		this.withOrders.withUserConfiguration(OrdersConnectionDetails.class).run((context) -> {
			assertThat(context.getBean("ordersRedisConnectionFactory", LettuceConnectionFactory.class).getHostName())
				.isEqualTo("details.example");
			assertThat(context.getBean("redisConnectionFactory", LettuceConnectionFactory.class).getHostName())
				.isEqualTo("localhost");
		});
	}

	@Test
	void connectionDetailsAreAddressEnough() {
		this.contextRunner.withPropertyValues("lettuce.pools.orders.max-size=3")
			.withUserConfiguration(OrdersConnectionDetails.class)
			.run((context) -> assertThat(
					context.getBean("ordersRedisConnectionFactory", LettuceConnectionFactory.class).getHostName())
				.isEqualTo("details.example"));
	}

	@Test
	void theCustomizersOfSpringBootAreCalledForThePrimaryPoolOnly() {
		List<String> called = new ArrayList<>();
		this.withOrders.withBean(LettuceClientOptionsBuilderCustomizer.class, () -> (builder) -> called.add("options"))
			.withBean(LettuceClientConfigurationBuilderCustomizer.class, () -> (builder) -> called.add("configuration"))
			.withBean(RedisPoolCustomizer.class, () -> new Recorder(called))
			.run((context) -> assertThat(called)
				.containsExactlyInAnyOrder("options", "configuration", "options of redis", "configuration of redis",
						"settings of redis", "options of orders", "configuration of orders", "settings of orders")
				.containsSubsequence("options", "options of redis", "configuration", "configuration of redis",
						"settings of redis"));
	}

	@Test
	void aCustomizerChangesOnePool() {
		this.withOrders.withBean(RedisPoolCustomizer.class, OrdersCustomizer::new).run((context) -> {
			PooledLettuceConnectionFactory orders = context.getBean("ordersRedisConnectionFactory",
					PooledLettuceConnectionFactory.class);
			PooledLettuceConnectionFactory redis = context.getBean("redisConnectionFactory",
					PooledLettuceConnectionFactory.class);
			assertThat(orders.getPool().getSettings().getMaxSize()).isEqualTo(3);
			assertThat(redis.getPool().getSettings().getMaxSize()).isEqualTo(16);
			assertThat(orders.getClientConfiguration().getClientName()).hasValue("customized");
			assertThat(redis.getClientConfiguration().getClientName()).isEmpty();
			assertThat(
					orders.getClientConfiguration().getClientOptions().orElseThrow().isPingBeforeActivateConnection())
				.isFalse();
			assertThat(redis.getClientConfiguration().getClientOptions().orElseThrow().isPingBeforeActivateConnection())
				.isTrue();
		});
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void theFactoriesUseVirtualThreadsIfTheyAreEnabled() {
		this.withOrders.withPropertyValues("spring.threads.virtual.enabled=true")
			.run((context) -> assertThat(context.getBean("ordersRedisConnectionFactory"))
				.extracting("executor.virtualThreadDelegate")
				.isNotNull());
	}

	@Configuration(proxyBeanMethods = false)
	static class Qualified {

		@Autowired
		@Qualifier("orders")
		RedisConnectionFactory connectionFactory;

		@Autowired
		@Qualifier("orders")
		ReactiveRedisConnectionFactory reactiveConnectionFactory;

		@Autowired
		@Qualifier("orders")
		LettuceConnectionFactory lettuceConnectionFactory;

		@Autowired
		@Qualifier("orders")
		RedisPool pool;

		@Autowired
		@Qualifier("orders")
		RedisTemplate<Object, Object> template;

		@Autowired
		@Qualifier("orders")
		StringRedisTemplate stringTemplate;

		@Autowired
		@Qualifier("orders")
		ReactiveStringRedisTemplate reactiveTemplate;

	}

	@Configuration(proxyBeanMethods = false)
	static class QualifiedByBeanName {

		@Autowired
		@Qualifier("ordersRedisPool")
		RedisPool pool;

	}

	@Configuration(proxyBeanMethods = false)
	static class Unqualified {

		@Autowired
		RedisConnectionFactory connectionFactory;

		@Autowired
		List<RedisConnectionFactory> allConnectionFactories;

		@Autowired
		ObjectProvider<RedisConnectionFactory> anyConnectionFactory;

		@Autowired
		ReactiveRedisConnectionFactory reactiveConnectionFactory;

		@Autowired
		RedisPool pool;

		@Autowired
		StringRedisTemplate stringTemplate;

		@Autowired
		ReactiveStringRedisTemplate reactiveTemplate;

	}

	@Configuration(proxyBeanMethods = false)
	static class OrdersConnectionDetails {

		@Bean(defaultCandidate = false)
		@Qualifier("orders")
		DataRedisConnectionDetails ordersDetails() {
			return new DataRedisConnectionDetails() {

				@Override
				public Standalone getStandalone() {
					return Standalone.of("details.example", 7007);
				}

			};
		}

	}

	/**
	 * Writes down what is called.
	 */
	static final class Recorder implements RedisPoolCustomizer {

		private final List<String> called;

		Recorder(List<String> called) {
			this.called = called;
		}

		@Override
		public void customizeSettings(String pool, PoolSettings.Builder settings) {
			this.called.add("settings of " + pool);
		}

		@Override
		public void customizeClientOptions(String pool, ClientOptions.Builder options) {
			this.called.add("options of " + pool);
		}

		@Override
		public void customizeClientConfiguration(String pool, LettuceClientConfigurationBuilder configuration) {
			this.called.add("configuration of " + pool);
		}

	}

	/**
	 * Changes the pool {@code orders}.
	 */
	static final class OrdersCustomizer implements RedisPoolCustomizer {

		@Override
		public void customizeSettings(String pool, PoolSettings.Builder settings) {
			if (pool.equals("orders")) {
				settings.maxSize(3);
			}
		}

		@Override
		public void customizeClientOptions(String pool, ClientOptions.Builder options) {
			if (pool.equals("orders")) {
				options.pingBeforeActivateConnection(false);
			}
		}

		@Override
		public void customizeClientConfiguration(String pool, LettuceClientConfigurationBuilder configuration) {
			if (pool.equals("orders")) {
				configuration.clientName("customized");
			}
		}

	}

}
