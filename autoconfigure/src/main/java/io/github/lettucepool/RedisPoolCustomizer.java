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

import io.lettuce.core.ClientOptions;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;

/**
 * Changes pools in code, where keys are not enough. Declare a bean of this type; it is
 * called for each pool that is made from the application's configuration, with the pool's
 * name, so that it can tell which one it wants to change. The name of the pool that
 * {@code spring.data.redis} describes is {@code redis}.
 * <p>
 * Several are called in their order, each after all that the configuration says. For the
 * primary pool they come after Spring Boot's own customizers, which are called for no
 * other pool. Each method is called once a pool, in the order in which they stand here,
 * on the thread that makes the pool; one that is not implemented changes nothing.
 */
public interface RedisPoolCustomizer {

	/**
	 * Changes the options of the Lettuce client.
	 * @param pool the pool's name
	 * @param options have what the pool's keys say; for a cluster they are a
	 * {@link io.lettuce.core.cluster.ClusterClientOptions.Builder}
	 */
	default void customizeClientOptions(String pool, ClientOptions.Builder options) {
	}

	/**
	 * Changes how Lettuce connects: timeouts, name, credentials, from where it reads.
	 * @param pool the pool's name
	 * @param configuration has what the pool's keys say, and the client options as
	 * {@link #customizeClientOptions} left them
	 */
	default void customizeClientConfiguration(String pool, LettuceClientConfigurationBuilder configuration) {
	}

	/**
	 * Changes the settings of the pool.
	 * @param pool the pool's name
	 * @param settings have what the pool's keys say
	 */
	default void customizeSettings(String pool, PoolSettings.Builder settings) {
	}

}
