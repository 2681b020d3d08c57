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

import java.io.UnsupportedEncodingException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import com.jayway.jsonpath.JsonPath;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.cache.RedisCacheManager;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.session.Session;
import org.springframework.session.SessionRepository;
import org.springframework.session.data.redis.config.annotation.SpringSessionRedisConnectionFactory;
import org.springframework.test.web.servlet.assertj.MockMvcTester;
import org.springframework.web.context.WebApplicationContext;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what the documents say about several Redis servers, on real ones.
 */
@Timeout(300)
class NamedPoolRecipesTests {

	@Redis
	private static RedisServer main;

	@Redis("cache")
	private static RedisServer cache;

	@Redis("sessions")
	private static RedisServer sessions;

	private final WebApplicationContextRunner application = new WebApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("management.endpoint.health.show-details=always",
				"management.endpoints.web.exposure.include=*", "management.metrics.use-global-registry=false")
		.withInitializer(new Yaml("""
				spring:
				  data:
				    redis:
				      host: 127.0.0.1
				      port: %d
				lettuce:
				  pools:
				    cache:
				      max-size: 4
				      redis:
				        host: 127.0.0.1
				        port: %d
				    user-sessions:
				      redis:
				        url: redis://127.0.0.1:%d
				""".formatted(main.port(), cache.port(), sessions.port())));

	@BeforeEach
	void deleteData() {
		main.execute("FLUSHALL");
		cache.execute("FLUSHALL");
		sessions.execute("FLUSHALL");
	}

	@Test
	void eachTemplateTalksToItsServer() {
		this.application.withUserConfiguration(Templates.class).run((context) -> {
			Templates templates = context.getBean(Templates.class);
			templates.redis.opsForValue().set("key", "main");
			templates.cache.opsForValue().set("key", "cache");
			templates.sessions.opsForValue().set("key", "sessions").block(Duration.ofSeconds(30));
			assertThat(main.execute("GET", "key")).isEqualTo("main");
			assertThat(cache.execute("GET", "key")).isEqualTo("cache");
			assertThat(sessions.execute("GET", "key")).isEqualTo("sessions");
		});
	}

	@Test
	void springCacheIsOnOnePoolAndSpringSessionOnAnother() {
		this.application.withUserConfiguration(CacheConfiguration.class, SessionConfiguration.class).run((context) -> {
			Prices prices = context.getBean(Prices.class);
			assertThat(prices.of("apple")).isEqualTo("1 for apple");
			// Spring Data's cache writer does not wait for what it writes.
			await().untilAsserted(() -> assertThat(keys(cache)).containsExactly("prices::apple"));
			assertThat(prices.of("apple")).isEqualTo("1 for apple");
			SessionRepository<?> repository = context.getBean(SessionRepository.class);
			assertThat(save(repository)).isNotBlank();
			assertThat(keys(cache)).containsExactly("prices::apple");
			assertThat(keys(sessions)).singleElement().asString().startsWith("spring:session:");
			assertThat(keys(main)).isEmpty();
			// The bean that Spring Session is given is the pool's factory, not a pool
			// more.
			assertThat(RedisPools.byName(context.getSourceApplicationContext().getBeanFactory()))
				.containsOnlyKeys("redis", "cache", "user-sessions");
		});
		await().untilAsserted(() -> assertThat(sessions.clients()).isEmpty());
	}

	@Test
	void aListenerContainerIsOnOnePool() {
		this.application.withUserConfiguration(ListenerConfiguration.class)
			.withBean("messages", LinkedBlockingQueue.class)
			.run((context) -> {
				context.getBean("cacheStringRedisTemplate", StringRedisTemplate.class)
					.convertAndSend("prices", "changed");
				assertThat(context.getBean(BlockingQueue.class).poll(1, TimeUnit.MINUTES)).isEqualTo("changed");
				assertThat(context.getBean("cacheRedisPool", RedisPool.class).snapshot().subscriptions()).isOne();
				assertThat(context.getBean("redisPool", RedisPool.class).snapshot().subscriptions()).isZero();
			});
	}

	@Test
	void aPoolHasAHealthGroupOfItsOwn() {
		this.application
			.withPropertyValues("management.endpoint.health.group.sessions.include=redisPool/user-sessions",
					"management.endpoint.health.group.sessions.show-details=always")
			.run((context) -> {
				context.getBean("userSessionsStringRedisTemplate", StringRedisTemplate.class).hasKey("key");
				String health = get(context, "/actuator/health/sessions");
				assertThat(JsonPath.<String>read(health, "$.status")).isEqualTo("UP");
				assertThat(JsonPath.<Object>read(health, "$.components.redisPool.components['user-sessions'].status"))
					.isEqualTo("UP");
				assertThat(health).doesNotContain("cache");
			});
	}

	@Test
	void allPoolsAreSeenByName() {
		this.application.run((context) -> {
			context.getBean("cacheStringRedisTemplate", StringRedisTemplate.class).opsForValue().set("key", "value");
			String health = get(context, "/actuator/health/redisPool");
			assertThat(JsonPath.<Object>read(health, "$.components.cache.status")).isEqualTo("UP");
			assertThat(JsonPath.<Object>read(health, "$.components['user-sessions'].status")).isEqualTo("UNKNOWN");
			assertThat(JsonPath.<Object>read(health, "$.components.redis.status")).isEqualTo("UNKNOWN");
			String pools = get(context, "/actuator/redispools");
			assertThat(JsonPath.<Iterable<Object>>read(pools, "$.pools[*].name")).containsExactly("redis", "cache",
					"user-sessions");
			assertThat(
					JsonPath.<Object>read(get(context, "/actuator/redispools/cache"), "$.settings['max-size'].value"))
				.isEqualTo(4);
			assertThat(get(context, "/actuator/prometheus"))
				.contains("lettuce_pool_connections{lane=\"shared\",pool=\"cache\",state=\"connected\"}")
				.contains("lettuce_pool_max{pool=\"user-sessions\"} 16.0")
				.contains("lettuce_pool_max{pool=\"redis\"} 16.0");
		});
	}

	@Test
	void twoDatabasesOfOneServerAreTwoPools() {
		new WebApplicationContextRunner().withUserConfiguration(Application.class).withInitializer(new Yaml("""
				lettuce:
				  pools:
				    orders:
				      redis: &server
				        host: 127.0.0.1
				        port: %d
				    invoices:
				      redis:
				        <<: *server
				        database: 1
				""".formatted(main.port()))).run((context) -> {
			context.getBean("ordersStringRedisTemplate", StringRedisTemplate.class).opsForValue().set("key", "order");
			context.getBean("invoicesStringRedisTemplate", StringRedisTemplate.class)
				.opsForValue()
				.set("key", "invoice");
			assertThat(context.getBean("ordersStringRedisTemplate", StringRedisTemplate.class).opsForValue().get("key"))
				.isEqualTo("order");
			assertThat(main.execute("GET", "key")).isEqualTo("order");
			assertThat(main.clients()).anyMatch((client) -> client.contains(" db=1 "));
		});
	}

	@Test
	void poolsMayShareSettingsInYaml() {
		new WebApplicationContextRunner().withUserConfiguration(Application.class).withInitializer(new Yaml("""
				lettuce:
				  pool: &settings
				    max-wait: 500ms
				    leak-detection-threshold: 10s
				  pools:
				    orders:
				      <<: *settings
				      max-size: 3
				      redis:
				        host: 127.0.0.1
				""")).run((context) -> {
			RedisPool pool = context.getBean("ordersRedisPool", RedisPool.class);
			assertThat(pool.getSettings().getMaxWait()).hasMillis(500);
			assertThat(pool.getSettings().getLeakDetectionThreshold()).hasSeconds(10);
			assertThat(pool.getSettings().getMaxSize()).isEqualTo(3);
		});
	}

	@Test
	void aJobThatEndsDuringShutdownReachesANamedPoolsServer() {
		RedisPool[] pool = new RedisPool[1];
		this.application.withBean(ThreadPoolTaskScheduler.class, ThreadPoolTaskScheduler::new).run((context) -> {
			StringRedisTemplate template = context.getBean("cacheStringRedisTemplate", StringRedisTemplate.class);
			pool[0] = context.getBean("cacheRedisPool", RedisPool.class);
			LateJob.start(context.getBean(ThreadPoolTaskScheduler.class), template);
		});
		assertThat(cache.execute("GET", "shared")).isEqualTo("done");
		assertThat(cache.execute("GET", "exclusive")).isEqualTo("done");
		assertThat(pool[0].snapshot().state()).isEqualTo(PoolSnapshot.State.STOPPED);
		assertThat(cache.clients()).isEmpty();
	}

	private static <S extends Session> String save(SessionRepository<S> repository) {
		S session = repository.createSession();
		repository.save(session);
		return session.getId();
	}

	private static List<String> keys(RedisServer server) {
		return ((List<?>) server.execute("KEYS", "*")).stream().map(Object::toString).toList();
	}

	private static String get(ApplicationContext context, String uri) throws UnsupportedEncodingException {
		return MockMvcTester.from((WebApplicationContext) context)
			.get()
			.uri(uri)
			.exchange()
			.getResponse()
			.getContentAsString();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	static class Templates {

		private final StringRedisTemplate redis;

		private final StringRedisTemplate cache;

		private final ReactiveStringRedisTemplate sessions;

		Templates(StringRedisTemplate redis, @Qualifier("cache") StringRedisTemplate cache,
				@Qualifier("user-sessions") ReactiveStringRedisTemplate sessions) {
			this.redis = redis;
			this.cache = cache;
			this.sessions = sessions;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableCaching
	static class CacheConfiguration {

		@Bean
		RedisCacheManager cacheManager(@Qualifier("cache") RedisConnectionFactory connectionFactory) {
			return RedisCacheManager.create(connectionFactory);
		}

		@Bean
		Prices prices() {
			return new Prices.Counting();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SessionConfiguration {

		@Bean(defaultCandidate = false)
		@SpringSessionRedisConnectionFactory
		RedisConnectionFactory sessionConnectionFactory(
				@Qualifier("user-sessions") RedisConnectionFactory connectionFactory) {
			return connectionFactory;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class ListenerConfiguration {

		@Bean
		RedisMessageListenerContainer listenerContainer(@Qualifier("cache") RedisConnectionFactory connectionFactory,
				BlockingQueue<String> messages) {
			RedisMessageListenerContainer container = new RedisMessageListenerContainer();
			container.setConnectionFactory(connectionFactory);
			container.addMessageListener((message, pattern) -> messages.add(message.toString()),
					new ChannelTopic("prices"));
			return container;
		}

	}

}
