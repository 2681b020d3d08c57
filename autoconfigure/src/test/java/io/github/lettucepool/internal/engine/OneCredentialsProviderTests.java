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
package io.github.lettucepool.internal.engine;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OneCredentialsProvider}.
 */
@Tag("unit")
class OneCredentialsProviderTests {

	private final RedisSentinelConfiguration configuration = new RedisSentinelConfiguration();

	private final OneCredentialsProvider factory = new OneCredentialsProvider(new RedisCredentialsProviderFactory() {

		@Override
		public RedisCredentialsProvider createCredentialsProvider(RedisConfiguration configuration) {
			return provider();
		}

		@Override
		public RedisCredentialsProvider createSentinelCredentialsProvider(RedisSentinelConfiguration configuration) {
			return provider();
		}

	});

	@Test
	void allServersHaveOneProviderAndAllSentinelsAnother() {
		RedisCredentialsProvider forServers = this.factory.createCredentialsProvider(this.configuration);
		RedisCredentialsProvider forSentinels = this.factory.createSentinelCredentialsProvider(this.configuration);
		assertThat(forServers).isNotNull().isNotSameAs(forSentinels);
		assertThat(this.factory.createCredentialsProvider(this.configuration)).isSameAs(forServers);
		assertThat(this.factory.createSentinelCredentialsProvider(this.configuration)).isSameAs(forSentinels);
	}

	private static RedisCredentialsProvider provider() {
		return new RedisCredentialsProvider() {

			@Override
			public Mono<RedisCredentials> resolveCredentials() {
				return Mono.just(RedisCredentials.just("user", "password"));
			}

		};
	}

}
