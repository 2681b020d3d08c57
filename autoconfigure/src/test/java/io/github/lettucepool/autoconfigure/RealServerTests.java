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
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.annotation.Id;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisHash;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;
import org.springframework.data.redis.repository.configuration.EnableRedisRepositories;
import org.springframework.data.repository.CrudRepository;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of an application as it is, on a real server.
 */
class RealServerTests {

	private static final int MAX_ACTIVE = 4;

	private static final int CALLERS = 12;

	@Redis
	private static RedisServer server;

	private final ApplicationContextRunner application = new ApplicationContextRunner()
		.withUserConfiguration(Application.class)
		.withPropertyValues("spring.data.redis.host=" + server.host(), "spring.data.redis.port=" + server.port(),
				"lettuce.pool.low-latency-callers=0");

	@BeforeEach
	void deleteData() {
		server.execute("FLUSHALL");
		await().until(() -> server.clients().isEmpty());
	}

	@Test
	void maxActiveOfSpringBootLimitsTheExclusiveConnections() {
		this.application
			.withPropertyValues("spring.data.redis.lettuce.pool.max-active=" + MAX_ACTIVE,
					"spring.data.redis.lettuce.pool.max-wait=1m", "spring.data.redis.timeout=1m")
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				RedisPool pool = context.getBean(RedisPool.class);
				// Opens the shared lane, which is beside the limit.
				template.opsForValue().set("key", "value");
				int shared = pool.snapshot().shared().size();
				await().until(() -> pool.snapshot().shared().connected() == shared);
				ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
				try {
					List<Future<String>> popped = new ArrayList<>();
					for (int i = 0; i < CALLERS; i++) {
						popped.add(callers.submit(() -> template.opsForList().leftPop("queue", Duration.ofMinutes(1))));
					}
					await().until(() -> pending(pool) == CALLERS - MAX_ACTIVE && blocked() == MAX_ACTIVE);
					assertThat(server.clients()).hasSize(shared + MAX_ACTIVE);
					for (int i = 0; i < CALLERS; i++) {
						server.execute("RPUSH", "queue", "element");
						assertThat(server.clients()).hasSizeLessThanOrEqualTo(shared + MAX_ACTIVE);
					}
					for (Future<String> future : popped) {
						assertThat(future.get(1, TimeUnit.MINUTES)).isEqualTo("element");
					}
					assertThat(server.clients()).hasSizeLessThanOrEqualTo(shared + MAX_ACTIVE);
				}
				finally {
					callers.shutdownNow();
				}
			});
	}

	@Test
	void ordinaryCommandsShareConnections() {
		this.application.withPropertyValues("lettuce.pool.shared-connections=2").run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			for (int i = 0; i < 100; i++) {
				template.opsForValue().increment("counter");
			}
			assertThat(template.opsForValue().get("counter")).isEqualTo("100");
			PoolSnapshot snapshot = context.getBean(RedisPool.class).snapshot();
			assertThat(snapshot.exclusive().total()).isZero();
			await().until(() -> server.clients().size() == 2);
		});
	}

	@Test
	void everyOperationBorrowsWithoutSharedConnections() {
		this.application.withPropertyValues("lettuce.pool.shared-connections=0").run((context) -> {
			context.getBean(StringRedisTemplate.class).opsForValue().set("key", "value");
			PoolSnapshot snapshot = context.getBean(RedisPool.class).snapshot();
			assertThat(snapshot.exclusive().total()).isOne();
			assertThat(snapshot.shared().opened()).isZero();
		});
	}

	@Test
	void reactiveTemplatesWork() {
		this.application.run((context) -> {
			ReactiveStringRedisTemplate template = context.getBean(ReactiveStringRedisTemplate.class);
			assertThat(template.opsForValue()
				.set("key", "value")
				.then(template.opsForValue().get("key"))
				.block(Duration.ofMinutes(1))).isEqualTo("value");
		});
	}

	@Test
	void repositoriesWork() {
		this.application.run((context) -> {
			CityRepository repository = context.getBean(CityRepository.class);
			repository.save(new City("1", "Basel"));
			assertThat(repository.findById("1"))
				.hasValueSatisfying((city) -> assertThat(city.name()).isEqualTo("Basel"));
		});
	}

	@Test
	void messageListenersWork() {
		this.application.withBean("messages", LinkedBlockingQueue.class)
			.withUserConfiguration(ListenerConfiguration.class)
			.run((context) -> {
				context.getBean(StringRedisTemplate.class).convertAndSend("news", "hello");
				assertThat(context.getBean(BlockingQueue.class).poll(1, TimeUnit.MINUTES)).isEqualTo("hello");
			});
	}

	@Test
	void theDatabaseAndTheClientNameAreThoseOfTheKeys() {
		this.application
			.withPropertyValues("spring.data.redis.database=3", "spring.data.redis.client-name=shop",
					"lettuce.pool.shared-connections=1")
			.run((context) -> {
				context.getBean(StringRedisTemplate.class).opsForValue().set("key", "value");
				assertThat(server.clients()).singleElement()
					.asString()
					.contains(" db=3 ")
					.contains(" name=shop-shared ");
			});
	}

	@Test
	void theUrlMayHoldThePassword(@Redis(password = "sesame") RedisServer locked) {
		this.application.withPropertyValues("spring.data.redis.url=redis://:sesame@127.0.0.1:" + locked.port())
			.run((context) -> {
				context.getBean(StringRedisTemplate.class).opsForValue().set("key", "value");
				assertThat(locked.execute("GET", "key")).isEqualTo("value");
			});
	}

	@Test
	void theApplicationLeavesNoConnectionBehind() {
		this.application.run((context) -> {
			context.getBean(StringRedisTemplate.class).opsForValue().set("key", "value");
			assertThat(server.clients()).isNotEmpty();
		});
		await().untilAsserted(() -> assertThat(server.clients()).isEmpty());
	}

	private int pending(RedisPool pool) {
		return pool.snapshot().exclusive().pending();
	}

	private long blocked() {
		return server.clients().stream().filter((client) -> client.contains(" cmd=blpop ")).count();
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@EnableRedisRepositories(considerNestedRepositories = true)
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	static class ListenerConfiguration {

		@Bean
		RedisMessageListenerContainer listenerContainer(RedisConnectionFactory connectionFactory,
				BlockingQueue<String> messages) {
			RedisMessageListenerContainer container = new RedisMessageListenerContainer();
			container.setConnectionFactory(connectionFactory);
			container.addMessageListener((message, pattern) -> messages.add(message.toString()),
					new ChannelTopic("news"));
			return container;
		}

	}

	@RedisHash("city")
	record City(@Id String id, String name) {

	}

	interface CityRepository extends CrudRepository<City, String> {

	}

}
