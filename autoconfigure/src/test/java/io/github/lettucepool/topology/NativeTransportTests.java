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

package io.github.lettucepool.topology;

import java.nio.file.Path;
import java.time.Duration;

import io.lettuce.core.SocketOptions;
import io.lettuce.core.resource.EpollProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.data.redis.connection.RedisSocketConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what there is only with Netty's native transport. The other tests run without
 * it.
 */
class NativeTransportTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@BeforeAll
	static void assumeNativeTransport() {
		Assumptions.assumeTrue(EpollProvider.isAvailable(), "there is no native transport for this platform");
	}

	@Test
	void aUnixDomainSocketIsAServerLikeAnother(@TempDir Path directory) {
		String socket = directory.resolve("redis.sock").toString();
		try (RedisServer server = RedisServer.builder().unixSocket(Path.of(socket)).start()) {
			RedisSocketConfiguration configuration = new RedisSocketConfiguration(socket);
			configuration.setDatabase(2);
			PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("socket", configuration,
					LettuceClientConfiguration.builder()
						.clientName("shop")
						.commandTimeout(Duration.ofSeconds(3))
						.build(),
					PoolSettings.builder().sharedConnections(1).build());
			factory.afterPropertiesSet();
			factory.start();
			try {
				StringRedisTemplate template = new StringRedisTemplate(factory);
				BothLanes.use(template);
				assertThat(factory.getPool().snapshot().connectionsByNode()).hasSize(1).allSatisfy((node, count) -> {
					assertThat(node).contains("redis.sock");
					assertThat(count).isEqualTo(2);
				});
				assertThat(server.clients()).filteredOn((client) -> client.contains("name=shop"))
					.hasSize(2)
					.allSatisfy((client) -> assertThat(client).contains(" db=2 ", "redis.sock"));
				server.kill();
				server.start();
				await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> BothLanes.use(template));
			}
			finally {
				factory.destroy();
			}
		}
	}

	@Test
	void theTcpUserTimeoutIsSet(@Redis RedisServer server) {
		PooledApplication.on(server.port()).run((context) -> {
			SocketOptions sockets = context.getBean(PooledLettuceConnectionFactory.class)
				.getClientConfiguration()
				.getClientOptions()
				.orElseThrow()
				.getSocketOptions();
			assertThat(sockets.isEnableTcpUserTimeout()).isTrue();
			assertThat(sockets.getTcpUserTimeout().getTcpUserTimeout()).hasSeconds(25);
			BothLanes.use(context.getBean(StringRedisTemplate.class));
		});
	}

}
