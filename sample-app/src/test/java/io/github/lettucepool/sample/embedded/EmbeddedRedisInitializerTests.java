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

package io.github.lettucepool.sample.embedded;

import java.util.Map;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.context.support.GenericApplicationContext;

import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EmbeddedRedisInitializer}.
 */
class EmbeddedRedisInitializerTests {

	private final GenericApplicationContext context = new GenericApplicationContext();

	@AfterEach
	void close() {
		this.context.close();
	}

	@Test
	void startsAServerThatEndsWithTheContext() {
		initialize();
		RedisServer server = this.context.getBean(RedisServer.class);
		assertThat(server.execute("PING")).isEqualTo("PONG");
		assertThat(this.context.getEnvironment().getProperty("spring.data.redis.host")).isEqualTo(server.host());
		assertThat(this.context.getEnvironment().getProperty("spring.data.redis.port", Integer.class))
			.isEqualTo(server.port());
		this.context.close();
		assertThat(server.isRunning()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "host=localhost", "port=6379", "url=redis://localhost", "username=u", "password=p",
			"ssl.enabled=true", "ssl.bundle=b", "sentinel.nodes=localhost:26379", "sentinel.nodes[0]=localhost:26379",
			"cluster.nodes=localhost:7000", "masterreplica.nodes=localhost:6379,localhost:6380" })
	void startsNoServerWhenAKeyPointsToAnother(String key) {
		TestPropertyValues.of("spring.data.redis." + key).applyTo(this.context);
		initialize();
		assertThat(this.context.getBeansOfType(RedisServer.class)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "HOST", "URL", "SENTINEL_NODES", "CLUSTER_NODES_0", "SSL_ENABLED" })
	void startsNoServerWhenAnEnvironmentVariablePointsToAnother(String name) {
		TestPropertyValues.of(Map.of("SPRING_DATA_REDIS_" + name, "localhost"))
			.applyTo(this.context.getEnvironment(), TestPropertyValues.Type.SYSTEM_ENVIRONMENT);
		initialize();
		assertThat(this.context.getBeansOfType(RedisServer.class)).isEmpty();
	}

	@Test
	void startsAServerWhenOtherKeysOnlyTune() {
		TestPropertyValues
			.of("spring.data.redis.timeout=1s", "spring.data.redis.client-name=c",
					"spring.data.redis.lettuce.pool.max-active=4")
			.applyTo(this.context);
		initialize();
		assertThat(this.context.getBeansOfType(RedisServer.class)).hasSize(1);
	}

	private void initialize() {
		new EmbeddedRedisInitializer().initialize(this.context);
		this.context.refresh();
	}

}
