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

import org.springframework.core.Conventions;

import io.github.lettucepool.PoolSettings;

/**
 * A pool as {@code lettuce.pools} declares it.
 *
 * @param name the name of the pool and of its qualifier
 * @param prefix what its keys start with
 * @param properties its keys
 * @param settings what these say about the pool
 */
record NamedPool(String name, String prefix, NamedPoolProperties properties, PoolSettings settings) {

	/**
	 * The name of one of its beans.
	 * @param suffix what the name ends with
	 * @return the pool's name in camel case with the suffix
	 */
	String bean(String suffix) {
		return Conventions.attributeNameToPropertyName(this.name) + suffix;
	}

	RedisKeys redis() {
		return new RedisKeys(this.prefix + ".redis", this.properties.getRedis());
	}

}
