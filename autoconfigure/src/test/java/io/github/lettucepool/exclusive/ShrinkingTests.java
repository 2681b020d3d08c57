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

package io.github.lettucepool.exclusive;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Idle connections of a pool that is made smaller.
 */
class ShrinkingTests {

	@Test
	void onlyAsManyIdleConnectionsAreClosedAsAreTooMany() {
		List<CloseReason> closed = new CopyOnWriteArrayList<>();
		PoolSettings settings = PoolSettings.builder().sharedConnections(0).maxSize(4).build();
		try (RedisServer server = RedisServer.builder().start()) {
			PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("shrinking",
					new RedisStandaloneConfiguration(server.host(), server.port()),
					LettuceClientConfiguration.builder().shutdownTimeout(Duration.ofMillis(100)).build(), settings);
			factory.afterPropertiesSet();
			RedisPool pool = factory.getPool();
			pool.addListener(new PoolListener() {

				@Override
				public void closed(CloseReason reason) {
					closed.add(reason);
				}

			});
			List<RedisConnection> borrowers = Stream.generate(factory::getConnection).limit(4).toList();
			borrowers.forEach(RedisConnection::ping);
			borrowers.forEach(RedisConnection::close);
			assertThat(pool.snapshot().exclusive().idle()).isEqualTo(4);
			pool.resize(3, 0);
			await().untilAsserted(() -> assertThat(pool.snapshot().exclusive().total()).isLessThan(4));
			assertThat(closed).containsExactly(CloseReason.RETIRED);
			factory.destroy();
		}
	}

}
