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

import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.redis.test.autoconfigure.DataRedisTest;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that an application's {@link DataRedisTest} slices use the pool too.
 */
@DataRedisTest
@DirtiesContext
class DataRedisTestSliceTests {

	@Redis
	private static RedisServer server;

	@Autowired
	private StringRedisTemplate template;

	@DynamicPropertySource
	static void address(DynamicPropertyRegistry registry) {
		registry.add("spring.data.redis.host", server::host);
		registry.add("spring.data.redis.port", server::port);
	}

	@Test
	void theTemplateOfASliceUsesThePool() {
		this.template.opsForValue().set("key", "value");
		assertThat(this.template.opsForValue().get("key")).isEqualTo("value");
		assertThat(this.template.getConnectionFactory()).isInstanceOf(PooledLettuceConnectionFactory.class);
	}

	@SpringBootConfiguration
	@EnableAutoConfiguration
	static class Application {

	}

}
