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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.Sanitizer;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.advice.PoolAdvisor;

/**
 * Actuator {@link Endpoint} that shows the application's Redis pools: their settings, the
 * figures of both lanes, who has connections at the moment, and advice. It asks Redis
 * nothing and never waits for a connection. No password is shown.
 * <p>
 * It changes pools as well, with unrestricted access only.
 */
@Endpoint(id = "redispools", defaultAccess = Access.READ_ONLY)
public class RedisPoolsEndpoint {

	private final List<RedisPool> pools;

	private final PoolAdvisor advisor;

	private final SettingOrigins origins;

	private final Sanitizer sanitizer;

	private final Show showValues;

	/**
	 * Creates the endpoint.
	 * @param pools the pools to show, each with a name of its own
	 * @param advisor watches the pools
	 * @param origins knows where settings came from
	 * @param sanitizingFunctions are asked before the value of a setting is shown
	 * @param showValues whether to show values of settings at all
	 */
	public RedisPoolsEndpoint(Collection<? extends RedisPool> pools, PoolAdvisor advisor, SettingOrigins origins,
			Iterable<SanitizingFunction> sanitizingFunctions, Show showValues) {
		this.pools = List.copyOf(pools);
		this.advisor = advisor;
		this.origins = origins;
		this.sanitizer = new Sanitizer(sanitizingFunctions);
		this.showValues = showValues;
	}

	/**
	 * All pools.
	 * @return the pools, in the order in which they were given
	 */
	@ReadOperation
	public RedisPoolsDescriptor pools() {
		return pools(this.showValues.isShown(true));
	}

	RedisPoolsDescriptor pools(boolean showValues) {
		return new RedisPoolsDescriptor(this.pools.stream().map((pool) -> describe(pool, showValues)).toList());
	}

	/**
	 * One pool.
	 * @param name the pool's name
	 * @return the pool, or {@code null} if there is none with this name, which is
	 * answered with 404 over HTTP
	 */
	@ReadOperation
	public @Nullable RedisPoolDescriptor pool(@Selector String name) {
		return pool(name, this.showValues.isShown(true));
	}

	@Nullable RedisPoolDescriptor pool(String name, boolean showValues) {
		RedisPool pool = find(name);
		return (pool != null) ? describe(pool, showValues) : null;
	}

	/**
	 * Changes a pool.
	 * @param name the pool's name
	 * @param action what to do: {@code resize}, {@code retire} all connections,
	 * {@code suspend} or {@code resume} lending
	 * @param maxSize the new {@code max-size}, for {@code resize}; optional
	 * @param minIdle the new {@code min-idle}, for {@code resize}; optional
	 * @return the pool after the change
	 * @throws IllegalArgumentException if there is no such pool or action, or a number is
	 * none or out of its range; the message says what is allowed
	 */
	public RedisPoolDescriptor change(String name, String action, @Nullable String maxSize, @Nullable String minIdle) {
		RedisPool pool = find(name);
		if (pool == null) {
			throw new IllegalArgumentException("There is no pool %s, but these: %s.".formatted(Quoted.of(name),
					String.join(", ", this.pools.stream().map(RedisPool::getName).toList())));
		}
		PoolAction.perform(action, pool, maxSize, minIdle);
		return describe(pool, this.showValues.isShown(true));
	}

	boolean has(String name) {
		return find(name) != null;
	}

	private @Nullable RedisPool find(String name) {
		return this.pools.stream().filter((pool) -> pool.getName().equals(name)).findFirst().orElse(null);
	}

	private RedisPoolDescriptor describe(RedisPool pool, boolean showValues) {
		Map<String, SettingDescriptor> settings = new LinkedHashMap<>();
		SettingDescriptor.valuesOf(pool.getSettings())
			.forEach((name, value) -> settings.put(name,
					new SettingDescriptor(this.sanitizer.sanitize(new SanitizableData(null, name, value), showValues),
							this.origins.originOf(pool.getName(), name, value))));
		return RedisPoolDescriptor.of(pool, this.advisor, settings);
	}

	/**
	 * All pools of the application.
	 *
	 * @param pools the pools
	 */
	public record RedisPoolsDescriptor(List<RedisPoolDescriptor> pools) implements OperationResponseBody {

	}

}
