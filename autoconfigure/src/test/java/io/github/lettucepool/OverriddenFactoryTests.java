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

package io.github.lettucepool;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.RedisCodec;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.mockito.Mockito.mock;

/**
 * Tests for subclasses of {@link PooledLettuceConnectionFactory} that leave the pool out.
 */
class OverriddenFactoryTests {

	@Test
	void aSubclassThatMakesItsOwnClientIsRefused() {
		assertThatStartIsRefused(new Subclass() {

			@Override
			protected AbstractRedisClient createClient() {
				return RedisClient.create("redis://127.0.0.1:1");
			}

		});
	}

	@Test
	void aSubclassThatMakesItsOwnConnectionProviderIsRefused() {
		assertThatStartIsRefused(new Subclass() {

			@Override
			protected LettuceConnectionProvider doCreateConnectionProvider(AbstractRedisClient client,
					RedisCodec<?, ?> codec) {
				return mock(LettuceConnectionProvider.class);
			}

		});
	}

	private static void assertThatStartIsRefused(PooledLettuceConnectionFactory factory) {
		try {
			assertThatIllegalStateException().isThrownBy(factory::afterPropertiesSet)
				.withMessage(factory.getClass().getName()
						+ " overrides createClient() or doCreateConnectionProvider() without calling super, which pool"
						+ " 'own' does not support: change how it connects by its client configuration");
			assertThat(factory.isRunning()).isFalse();
		}
		finally {
			factory.destroy();
		}
	}

	private static class Subclass extends PooledLettuceConnectionFactory {

		Subclass() {
			super("own", new RedisStandaloneConfiguration("127.0.0.1", 1),
					LettuceClientConfiguration.defaultConfiguration(), PoolSettings.builder().build());
		}

	}

}
