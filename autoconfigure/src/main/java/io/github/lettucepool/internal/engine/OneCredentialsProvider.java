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

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.lettuce.core.RedisCredentialsProvider;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;

/**
 * Has the application's factory make its providers of credentials once. The clients of
 * both lanes and each node of a cluster ask for one, and a provider may well hold a
 * thread or a connection of its own.
 */
final class OneCredentialsProvider implements RedisCredentialsProviderFactory {

	private final RedisCredentialsProviderFactory delegate;

	private final Map<String, RedisCredentialsProvider> made = new ConcurrentHashMap<>();

	/**
	 * Creates a factory for one configuration of Redis.
	 * @param delegate the application's factory
	 */
	OneCredentialsProvider(RedisCredentialsProviderFactory delegate) {
		this.delegate = delegate;
	}

	@Override
	public @Nullable RedisCredentialsProvider createCredentialsProvider(RedisConfiguration configuration) {
		return this.made.computeIfAbsent("servers",
				(servers) -> this.delegate.createCredentialsProvider(configuration));
	}

	@Override
	public RedisCredentialsProvider createSentinelCredentialsProvider(RedisSentinelConfiguration configuration) {
		return this.made.computeIfAbsent("sentinels",
				(sentinels) -> this.delegate.createSentinelCredentialsProvider(configuration));
	}

}
