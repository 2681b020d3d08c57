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

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of an application that is stopped and started again, as it is for a checkpoint
 * and by Spring's cache of test contexts: no connection is open in between, and all work
 * afterwards.
 */
@Timeout(300)
class RestartedApplicationTests {

	private static final int ROUNDS = 3;

	@Redis
	private static RedisServer server;

	private final ApplicationContextRunner application = new ApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("spring.data.redis.port=" + server.port(), "lettuce.pool.min-idle=2",
				"lettuce.pool.warm-up=required", "lettuce.pools.orders.redis.host=127.0.0.1",
				"lettuce.pools.orders.redis.port=" + server.port());

	@Test
	void aStoppedApplicationHasNoConnectionAndOpensThemAgainWhenItStarts() {
		test(ConfigurableApplicationContext::stop, ConfigurableApplicationContext::start);
	}

	@Test
	void aPausedApplicationHasNoConnectionAndOpensThemAgainWhenItRestarts() {
		test(ConfigurableApplicationContext::pause, ConfigurableApplicationContext::restart);
	}

	private void test(Consumer<ConfigurableApplicationContext> stop, Consumer<ConfigurableApplicationContext> start) {
		this.application.run((context) -> {
			RedisPool pool = context.getBean("redisPool", RedisPool.class);
			for (int round = 0; round < ROUNDS; round++) {
				assertThat(pool.snapshot().exclusive().idle()).isGreaterThanOrEqualTo(2);
				assertThatEachKindOfConnectionWorks(context);
				stop.accept(context.getSourceApplicationContext());
				await().until(() -> server.clients().isEmpty());
				assertThat(pool.snapshot().state()).isEqualTo(PoolSnapshot.State.STOPPED);
				start.accept(context.getSourceApplicationContext());
				assertThat(pool.snapshot().state()).isEqualTo(PoolSnapshot.State.RUNNING);
			}
			assertThatEachKindOfConnectionWorks(context);
		});
		await().until(() -> server.clients().isEmpty());
	}

	private static void assertThatEachKindOfConnectionWorks(ConfigurableApplicationContext context)
			throws InterruptedException {
		StringRedisTemplate template = context.getBean("stringRedisTemplate", StringRedisTemplate.class);
		template.opsForValue().set("key", "value");
		assertThat(template.opsForValue().get("key")).isEqualTo("value");
		assertThat(template.executePipelined((RedisCallback<Object>) (connection) -> {
			connection.ping();
			return null;
		})).isEqualTo(List.of("PONG"));
		assertThat(context.getBean("reactiveStringRedisTemplate", ReactiveStringRedisTemplate.class)
			.opsForValue()
			.get("key")
			.block()).isEqualTo("value");
		assertThat(context.getBean("ordersStringRedisTemplate", StringRedisTemplate.class).opsForValue().get("key"))
			.isEqualTo("value");
		Messages messages = context.getBean(Messages.class);
		messages.received.clear();
		template.convertAndSend("news", "message");
		assertThat(messages.received.poll(20, TimeUnit.SECONDS)).isEqualTo("message");
	}

	private static final class Messages {

		private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Messages messages() {
			return new Messages();
		}

		@Bean
		RedisMessageListenerContainer listenerContainer(RedisConnectionFactory connectionFactory, Messages messages) {
			RedisMessageListenerContainer container = new RedisMessageListenerContainer();
			container.setConnectionFactory(connectionFactory);
			container.addMessageListener((message, pattern) -> messages.received.add(message.toString()),
					new ChannelTopic("news"));
			return container;
		}

	}

}
