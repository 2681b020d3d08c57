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
package io.github.lettucepool.benchmarks;

import org.junit.jupiter.api.Test;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.StringCodec;
import org.redisson.config.Config;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.jedis.JedisConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import redis.clients.jedis.RedisClient;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that an application starts which has Jedis or Redisson beside the pool.
 */
class NeighboursTests {

	@Redis
	private static RedisServer server;

	private final ApplicationContextRunner application = new ApplicationContextRunner().withPropertyValues(
			"spring.data.redis.host=" + server.host(), "spring.data.redis.port=" + server.port(),
			"management.metrics.use-global-registry=false");

	@Test
	void jedisAndRedissonReadWhatThePoolWrites() {
		this.application.withUserConfiguration(Neighbours.class).run((context) -> {
			assertThat(context).getBean(RedisConnectionFactory.class)
				.isInstanceOf(PooledLettuceConnectionFactory.class);
			context.getBean(StringRedisTemplate.class).opsForValue().set("key", "value");
			assertThat(context.getBean(RedisClient.class).get("key")).isEqualTo("value");
			assertThat(context.getBean(RedissonClient.class).<String>getBucket("key").get()).isEqualTo("value");
		});
	}

	@Test
	void whoAsksForJedisGetsIt() {
		this.application.withUserConfiguration(Neighbours.class)
			.withPropertyValues("spring.data.redis.client-type=jedis")
			.run((context) -> {
				assertThat(context).getBean(RedisConnectionFactory.class).isInstanceOf(JedisConnectionFactory.class);
				assertThat(context).doesNotHaveBean(RedisPool.class);
				assertThat(context.getBean(StringRedisTemplate.class).hasKey("no such key")).isFalse();
			});
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Neighbours {

		@Bean
		RedisClient jedis() {
			return RedisClient.create(server.host(), server.port());
		}

		@Bean(destroyMethod = "shutdown")
		RedissonClient redisson() {
			Config config = new Config().setCodec(StringCodec.INSTANCE);
			config.useSingleServer()
				.setAddress("redis://%s:%d".formatted(server.host(), server.port()))
				.setConnectionPoolSize(2)
				.setConnectionMinimumIdleSize(1);
			return Redisson.create(config);
		}

	}

}
