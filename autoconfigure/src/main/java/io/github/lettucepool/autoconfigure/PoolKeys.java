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

import java.util.Objects;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * Keys that say how a pool is: its own, or those of Spring Boot's pool, of which some
 * have a twin here. They are read one by one and not from a properties object, since that
 * has defaults, and only what the user wrote counts here.
 *
 * @param binder what the keys are read with
 * @param prefix what the keys start with
 */
record PoolKeys(Binder binder, String prefix) {

	/**
	 * The beginning of the keys of Spring Boot's pool.
	 */
	static final String BOOT_PREFIX = "spring.data.redis.lettuce.pool";

	/**
	 * Returns whether there is to be a pool: the default one, unless its key or Spring
	 * Boot's twin of it says no, or a named one.
	 * @param environment where the keys stand
	 * @return whether there is to be any
	 */
	static boolean isAnyPoolWanted(Environment environment) {
		Binder binder = Binder.get(environment);
		return Stream.of(LettucePoolProperties.PREFIX, BOOT_PREFIX)
			.map((prefix) -> new PoolKeys(binder, prefix).get("enabled", Boolean.class))
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(true) || binder.bind(LettuceProperties.POOLS, Bindable.mapOf(String.class, Object.class)).isBound();
	}

	/**
	 * The value of a key.
	 * @param <T> the type of the value
	 * @param name the key without the prefix
	 * @param type the type of the value
	 * @return the value, or {@code null} if the user has not set it
	 */
	<T> @Nullable T get(String name, Class<T> type) {
		return this.binder.bind(key(name), type).orElse(null);
	}

	/**
	 * The full key.
	 * @param name the key without the prefix
	 * @return the key with the prefix
	 */
	String key(String name) {
		return this.prefix + "." + name;
	}

}
