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
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.cache.RedisCacheManager;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.stream.MapRecord;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;
import org.springframework.data.redis.stream.StreamMessageListenerContainer;
import org.springframework.data.redis.stream.StreamMessageListenerContainer.StreamMessageListenerContainerOptions;
import org.springframework.data.redis.stream.StreamMessageListenerContainer.StreamReadRequest;
import org.springframework.session.Session;
import org.springframework.session.SessionRepository;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what else of Spring uses the connection factory, and what becomes of it when
 * the server is killed and comes back.
 */
class FactoryUsersTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@Redis(own = true)
	private static RedisServer server;

	private final WebApplicationContextRunner application = new WebApplicationContextRunner().withPropertyValues(
			"spring.data.redis.host=" + server.host(), "spring.data.redis.port=" + server.port(),
			"management.metrics.use-global-registry=false");

	@Test
	void aMessageListenerContainerSubscribesAgain() {
		this.application.withUserConfiguration(Listeners.class).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			Queue<String> received = context.getBean(Listeners.class).received;
			awaitMessage(template, received);
			assertThat(context.getBean(RedisPool.class).snapshot().subscriptions()).isOne();
			restart();
			received.clear();
			awaitMessage(template, received);
		});
	}

	private static void awaitMessage(StringRedisTemplate template, Queue<String> received) {
		await().atMost(PATIENCE).ignoreExceptions().until(() -> {
			template.convertAndSend("news", "hello");
			return received.contains("hello");
		});
	}

	@Test
	void aStreamListenerContainerReadsOnBlocking() {
		this.application.withUserConfiguration(Streams.class).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			Queue<String> received = context.getBean(Streams.class).received;
			template.opsForStream().add("orders", Map.of("id", "1"));
			await().atMost(PATIENCE).until(() -> received.contains("1"));
			await().atMost(PATIENCE).until(() -> context.getBean(RedisPool.class).snapshot().exclusive().active() == 1);
			restart();
			await().atMost(PATIENCE).ignoreExceptions().until(() -> {
				template.opsForStream().add("orders", Map.of("id", "2"));
				return received.contains("2");
			});
		});
	}

	@Test
	void aRedisCacheManagerKeepsWhatIsCached() {
		this.application.withUserConfiguration(Caching.class).run((context) -> {
			Prices prices = context.getBean(Prices.class);
			assertThat(prices.of("apple")).isEqualTo("1 for apple");
			await().atMost(PATIENCE).until(() -> server.execute("EXISTS", "prices::apple").equals(1L));
			assertThat(prices.of("apple")).isEqualTo("1 for apple");
			restart();
			await().atMost(PATIENCE)
				.ignoreExceptions()
				.untilAsserted(() -> assertThat(prices.of("pear")).endsWith("for pear"));
		});
	}

	@Test
	void springSessionKeepsSessions() {
		this.application.withUserConfiguration(Sessions.class).run((context) -> {
			SessionRepository<?> repository = context.getBean(SessionRepository.class);
			String id = save(repository);
			assertThat(repository.findById(id).<String>getAttribute("cart")).isEqualTo("apples");
			repository.deleteById(id);
			assertThat(repository.findById(id)).isNull();
			restart();
			await().atMost(PATIENCE).ignoreExceptions().until(() -> repository.findById(save(repository)) != null);
		});
	}

	private static <S extends Session> String save(SessionRepository<S> repository) {
		S session = repository.createSession();
		session.setAttribute("cart", "apples");
		repository.save(session);
		return session.getId();
	}

	private void restart() {
		server.kill();
		server.start();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Sessions {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Listeners {

		private final Queue<String> received = new ConcurrentLinkedQueue<>();

		@Bean
		RedisMessageListenerContainer listenerContainer(RedisConnectionFactory connectionFactory) {
			RedisMessageListenerContainer container = new RedisMessageListenerContainer();
			container.setConnectionFactory(connectionFactory);
			container.addMessageListener((message, pattern) -> this.received.add(message.toString()),
					new ChannelTopic("news"));
			return container;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Streams {

		private final Queue<String> received = new ConcurrentLinkedQueue<>();

		@Bean
		StreamMessageListenerContainer<String, MapRecord<String, String, String>> streamContainer(
				RedisConnectionFactory connectionFactory) {
			var container = StreamMessageListenerContainer.create(connectionFactory,
					StreamMessageListenerContainerOptions.builder().pollTimeout(Duration.ofSeconds(5)).build());
			container.register(StreamReadRequest.builder(StreamOffset.fromStart("orders"))
				.cancelOnError((error) -> false)
				.errorHandler((error) -> pause())
				.build(), (record) -> this.received.add(record.getValue().get("id")));
			return container;
		}

		/**
		 * While Redis is down, reading fails at once, again and again.
		 */
		private static void pause() {
			try {
				Thread.sleep(100);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableCaching
	static class Caching {

		@Bean
		RedisCacheManager cacheManager(RedisConnectionFactory connectionFactory) {
			return RedisCacheManager.create(connectionFactory);
		}

		@Bean
		Prices prices() {
			return new Prices.Counting();
		}

	}

}
