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

import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;

/**
 * The keys of a named pool: those that every pool has, and how to connect.
 */
public class NamedPoolProperties extends LettucePoolProperties {

	/**
	 * Where Redis is and how to connect: the keys of "spring.data.redis".
	 */
	@NestedConfigurationProperty
	private final DataRedisProperties redis = new DataRedisProperties();

	public DataRedisProperties getRedis() {
		return this.redis;
	}

}
