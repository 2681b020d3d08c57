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

package io.github.lettucepool.endpoint;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.jmx.annotation.EndpointJmxExtension;

/**
 * {@link EndpointJmxExtension} of the {@link RedisPoolsEndpoint}, which changes pools.
 */
@EndpointJmxExtension(endpoint = RedisPoolsEndpoint.class)
public class RedisPoolsEndpointJmxExtension {

	private final RedisPoolsEndpoint delegate;

	/**
	 * Creates the extension.
	 * @param delegate the endpoint
	 */
	public RedisPoolsEndpointJmxExtension(RedisPoolsEndpoint delegate) {
		this.delegate = delegate;
	}

	/**
	 * Changes a pool, as {@link RedisPoolsEndpoint#change} does.
	 * @param name the pool's name
	 * @param action what to do
	 * @param maxSize the new {@code max-size}; optional
	 * @param minIdle the new {@code min-idle}; optional
	 * @return the pool after the change
	 */
	@WriteOperation
	public RedisPoolDescriptor change(@Selector String name, @Selector String action, @Nullable String maxSize,
			@Nullable String minIdle) {
		return this.delegate.change(name, action, maxSize, minIdle);
	}

}
