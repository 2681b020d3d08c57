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

import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

/**
 * A Redis connection factory with a pool.
 */
public class PooledLettuceConnectionFactory extends LettuceConnectionFactory {

	/**
	 * Creates a factory for one server.
	 * @param name the pool's name
	 * @param configuration where Redis is
	 * @param clientConfiguration how Lettuce connects
	 * @param settings the pool's settings
	 */
	public PooledLettuceConnectionFactory(String name, RedisStandaloneConfiguration configuration,
			LettuceClientConfiguration clientConfiguration, PoolSettings settings) {
		super(configuration, clientConfiguration);
	}

	/**
	 * Creates a factory for a server that sentinels look after.
	 * @param name the pool's name
	 * @param configuration where Redis is
	 * @param clientConfiguration how Lettuce connects
	 * @param settings the pool's settings
	 */
	public PooledLettuceConnectionFactory(String name, RedisSentinelConfiguration configuration,
			LettuceClientConfiguration clientConfiguration, PoolSettings settings) {
		super(configuration, clientConfiguration);
	}

	/**
	 * Creates a factory for a cluster.
	 * @param name the pool's name
	 * @param configuration where Redis is
	 * @param clientConfiguration how Lettuce connects
	 * @param settings the pool's settings
	 */
	public PooledLettuceConnectionFactory(String name, RedisClusterConfiguration configuration,
			LettuceClientConfiguration clientConfiguration, PoolSettings settings) {
		super(configuration, clientConfiguration);
	}

	/**
	 * Creates a factory for any other kind of configuration: a static master with
	 * replicas, or a Unix domain socket.
	 * @param name the pool's name
	 * @param configuration where Redis is
	 * @param clientConfiguration how Lettuce connects
	 * @param settings the pool's settings
	 */
	public PooledLettuceConnectionFactory(String name, RedisConfiguration configuration,
			LettuceClientConfiguration clientConfiguration, PoolSettings settings) {
		super(configuration, clientConfiguration);
	}

	/**
	 * The pool behind this factory: its figures, and what can be changed while it runs.
	 * The same object for the whole life of the factory.
	 * @return the pool
	 */
	public RedisPool getPool() {
		throw new UnsupportedOperationException();
	}

}
