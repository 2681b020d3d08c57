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

package io.github.lettucepool.benchmarks.client;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.redisson.spring.data.connection.RedissonConnectionFactory;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisStringCommands;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.serializer.RedisSerializer;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;

/**
 * The {@code StringRedisTemplate} of a small Spring Boot application that is configured
 * by properties alone.
 */
final class SpringClient implements Client {

	private static final Map<String, String> WITHOUT_LETTUCE_POOL = Map.of("lettuce.pool.enabled", "false");

	private final ConfigurableApplicationContext context;

	private final StringRedisTemplate template;

	private SpringClient(Class<?> application, Class<? extends RedisConnectionFactory> factory,
			Map<String, Object> properties) {
		this(application, factory, properties, (context) -> {
		});
	}

	private SpringClient(Class<?> application, Class<? extends RedisConnectionFactory> factory,
			Map<String, Object> properties, ApplicationContextInitializer<GenericApplicationContext> initializer) {
		this.context = new SpringApplicationBuilder(application).web(WebApplicationType.NONE)
			.properties(properties)
			.initializers(initializer)
			.run();
		this.template = this.context.getBean(StringRedisTemplate.class);
		Class<?> actual = this.template.getRequiredConnectionFactory().getClass();
		if (actual != factory) {
			this.context.close();
			throw new IllegalStateException("The template uses %s, not %s: the figures would be somebody else's"
				.formatted(actual.getName(), factory.getName()));
		}
	}

	static Client ofLettucePool(Target target) {
		return ofLettucePool(target, Map.of());
	}

	static Client ofLettucePoolExclusive(Target target) {
		return ofLettucePool(target, Map.of("lettuce.pool.shared-connections", "0"));
	}

	static Client ofLettucePoolShared(Target target) {
		return ofLettucePool(target, Map.of("lettuce.pool.low-latency-callers", "0"));
	}

	static Client ofLettucePool(Target target, Map<String, String> settings) {
		Map<String, Object> properties = properties(target, settings);
		properties.putIfAbsent("lettuce.pool.max-size", target.poolSize());
		return new SpringClient(Application.class, PooledLettuceConnectionFactory.class, properties);
	}

	static Client ofBootShared(Target target) {
		Map<String, Object> properties = properties(target, WITHOUT_LETTUCE_POOL);
		properties.put("spring.data.redis.lettuce.pool.enabled", false);
		return new SpringClient(Application.class, LettuceConnectionFactory.class, properties);
	}

	static Client ofBootPool(Target target) {
		Map<String, Object> properties = properties(target, WITHOUT_LETTUCE_POOL);
		pool(properties, "lettuce", target.poolSize());
		return new SpringClient(UnsharedApplication.class, LettuceConnectionFactory.class, properties);
	}

	static Client ofJedis(Target target) {
		Map<String, Object> properties = properties(target, WITHOUT_LETTUCE_POOL);
		properties.put("spring.data.redis.client-type", "jedis");
		pool(properties, "jedis", target.poolSize());
		return new SpringClient(Application.class, JedisConnectionFactory.class, properties);
	}

	static Client ofRedisson(Target target) {
		return new SpringClient(Application.class, RedissonConnectionFactory.class,
				properties(target, WITHOUT_LETTUCE_POOL),
				(context) -> context.registerBean(RedissonConnectionFactory.class,
						() -> new RedissonConnectionFactory(RedissonCalls.config(target))));
	}

	private static Map<String, Object> properties(Target target, Map<String, String> settings) {
		Map<String, Object> properties = new HashMap<>(settings);
		properties.put("spring.main.banner-mode", "off");
		properties.put("spring.main.log-startup-info", false);
		properties.put("spring.data.redis.repositories.enabled", false);
		properties.put("spring.data.redis.timeout", "10s");
		switch (target.topology()) {
			case STANDALONE -> {
				properties.put("spring.data.redis.host", Target.HOST);
				properties.put("spring.data.redis.port", target.ports().get(0));
			}
			case CLUSTER -> properties.put("spring.data.redis.cluster.nodes", String.join(",", target.nodes()));
		}
		return properties;
	}

	private static void pool(Map<String, Object> properties, String client, int size) {
		String prefix = "spring.data.redis." + client + ".pool.";
		properties.put(prefix + "enabled", true);
		properties.put(prefix + "max-active", size);
		// Boot's default of 8 would close the other half on every return.
		properties.put(prefix + "max-idle", size);
	}

	RedisPool pool() {
		return this.context.getBean(RedisPool.class);
	}

	@Override
	public @Nullable String get(String key) {
		return this.template.opsForValue().get(key);
	}

	@Override
	public void set(String key, String value) {
		this.template.opsForValue().set(key, value);
	}

	@Override
	public long increment(String key) {
		return Objects.requireNonNull(this.template.opsForValue().increment(key));
	}

	@Override
	public List<?> transaction(String key, String value, String counter) {
		List<?> replies = this.template.execute(new SessionCallback<List<?>>() {

			@Override
			@SuppressWarnings("unchecked")
			public <K, V> List<?> execute(RedisOperations<K, V> operations) {
				RedisOperations<String, String> bound = (RedisOperations<String, String>) operations;
				bound.multi();
				bound.opsForValue().set(key, value);
				bound.opsForValue().increment(counter);
				bound.opsForValue().get(key);
				return bound.exec();
			}

		});
		return replies.subList(1, replies.size());
	}

	// NullAway does not read the callback's type argument, and null is what it must
	// return.
	@Override
	@SuppressWarnings("NullAway")
	public List<?> pipeline(List<String> keys, List<@Nullable String> values) {
		return this.template.executePipelined((RedisCallback<@Nullable Object>) (connection) -> {
			RedisSerializer<String> serializer = this.template.getStringSerializer();
			RedisStringCommands commands = connection.stringCommands();
			for (int i = 0; i < keys.size(); i++) {
				byte[] key = serializer.serialize(keys.get(i));
				String value = values.get(i);
				if (value != null) {
					commands.set(key, serializer.serialize(value));
				}
				else {
					commands.get(key);
				}
			}
			return null;
		});
	}

	@Override
	public void push(String list, String element) {
		this.template.opsForList().rightPush(list, element);
	}

	@Override
	public @Nullable String blockingPop(String list, Duration timeout) {
		return this.template.opsForList().leftPop(list, timeout);
	}

	@Override
	public void close() {
		this.context.close();
	}

	/**
	 * An application that leaves everything to auto-configuration.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	/**
	 * An application whose commands all borrow. Boot has no property for that.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class UnsharedApplication {

		@Bean
		static BeanPostProcessor unshareNativeConnection() {
			return new BeanPostProcessor() {

				@Override
				public Object postProcessBeforeInitialization(Object bean, String name) {
					if (bean instanceof LettuceConnectionFactory factory) {
						factory.setShareNativeConnection(false);
					}
					return bean;
				}

			};
		}

	}

}
