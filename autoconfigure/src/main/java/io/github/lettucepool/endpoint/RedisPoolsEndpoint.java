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

import java.util.Collection;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

import io.github.lettucepool.RedisPool;

/**
 * Actuator {@link Endpoint} that shows the application's Redis pools: their settings, the
 * figures of both lanes, and who has connections at the moment. It asks Redis nothing and
 * never waits for a connection. No password is shown.
 */
@Endpoint(id = "redispools", defaultAccess = Access.READ_ONLY)
public class RedisPoolsEndpoint {

	private final List<RedisPool> pools;

	/**
	 * Creates the endpoint.
	 * @param pools the pools to show, each with a name of its own
	 */
	public RedisPoolsEndpoint(Collection<? extends RedisPool> pools) {
		this.pools = List.copyOf(pools);
	}

	/**
	 * All pools.
	 * @return the pools, in the order in which they were given
	 */
	@ReadOperation
	public RedisPoolsDescriptor pools() {
		return new RedisPoolsDescriptor(this.pools.stream().map(RedisPoolDescriptor::of).toList());
	}

	/**
	 * One pool.
	 * @param name the pool's name
	 * @return the pool, or {@code null} if there is none with this name, which is
	 * answered with 404 over HTTP
	 */
	@ReadOperation
	public @Nullable RedisPoolDescriptor pool(@Selector String name) {
		return this.pools.stream()
			.filter((pool) -> pool.getName().equals(name))
			.findFirst()
			.map(RedisPoolDescriptor::of)
			.orElse(null);
	}

	/**
	 * All pools of the application.
	 *
	 * @param pools the pools
	 */
	public record RedisPoolsDescriptor(List<RedisPoolDescriptor> pools) implements OperationResponseBody {

	}

}
