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

import java.util.List;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.core.task.SimpleAsyncTaskExecutor;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettucePoolingClientConfiguration;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPoolCustomizer;

/**
 * Makes the connection factory of any pool, once its settings, keys and place are known.
 *
 * @param topology knows where Redis is
 * @param clientConfigurations know how to connect
 * @param customizers change each pool by its name, after all others
 * @param virtualThreads whether the factories run their own tasks on virtual threads
 */
record PooledConnectionFactories(RedisTopology topology, LettuceClientConfigurations clientConfigurations,
		List<RedisPoolCustomizer> customizers, boolean virtualThreads) {

	private static final Log logger = LogFactory.getLog(PooledConnectionFactories.class);

	/**
	 * Makes a connection factory.
	 * @param name the pool's name
	 * @param settings the pool's settings, of which a customizer may change some
	 * @param keys say how to connect
	 * @param details where Redis is
	 * @return a new factory, not started
	 */
	PooledLettuceConnectionFactory create(String name, PoolSettings settings, RedisKeys keys,
			DataRedisConnectionDetails details) {
		RedisConfiguration configuration = this.topology.resolve(details, keys);
		CustomizedPoolConfig poolConfig = new CustomizedPoolConfig(settings);
		LettucePoolingClientConfiguration clientConfiguration = this.clientConfigurations.with(name, this.customizers)
			.create(keys, details, poolConfig.getInitial());
		PoolSettings customized = customize(name, poolConfig.apply(clientConfiguration.getPoolConfig()));
		if (customized.getMaxWait().isNegative()) {
			logger.warn(("max-wait of pool '%s' is negative: when all connections are borrowed, a borrower waits "
					+ "for ever. Set it to the longest time that a caller should wait")
				.formatted(name));
		}
		PooledLettuceConnectionFactory factory = create(name, configuration, clientConfiguration, customized);
		if (this.virtualThreads) {
			SimpleAsyncTaskExecutor executor = new SimpleAsyncTaskExecutor(name + "-");
			executor.setVirtualThreads(true);
			factory.setExecutor(executor);
		}
		return factory;
	}

	private PoolSettings customize(String name, PoolSettings settings) {
		PoolSettings.Builder builder = settings.mutate();
		this.customizers.forEach((customizer) -> customizer.customizeSettings(name, builder));
		return builder.build();
	}

	private PooledLettuceConnectionFactory create(String name, RedisConfiguration configuration,
			LettuceClientConfiguration clientConfiguration, PoolSettings settings) {
		if (configuration instanceof RedisStandaloneConfiguration standalone) {
			return new PooledLettuceConnectionFactory(name, standalone, clientConfiguration, settings);
		}
		return new PooledLettuceConnectionFactory(name, configuration, clientConfiguration, settings);
	}

}
