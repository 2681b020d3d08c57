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
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties.ClientType;
import org.springframework.core.env.Environment;

import io.github.lettucepool.PoolSettings;

/**
 * The pools that {@code lettuce.pools} declares. They take over nothing from
 * {@code lettuce.pool} and from {@code spring.data.redis}: what a pool does not say for
 * itself has the default.
 *
 * @param pools the pools that are not switched off, in alphabetical order
 * @param primary the pool that takes the place of the one that {@code spring.data.redis}
 * describes, if the application has named one
 */
record NamedPools(List<NamedPool> pools, @Nullable NamedPool primary) {

	/** The name of the pool that {@code spring.data.redis} describes. */
	static final String DEFAULT_POOL = "redis";

	private static final List<String> WITHOUT_MEANING = List.of("jedis", "listener");

	/**
	 * Returns whether any pool is declared that is not switched off.
	 * @param environment where to look
	 * @return whether there is one
	 */
	static boolean areDeclared(Environment environment) {
		Binder binder = Binder.get(environment);
		return PoolNames.find(environment).stream().anyMatch((name) -> isEnabled(prefix(name), binder));
	}

	/**
	 * Reads the declarations.
	 * @param environment where to look
	 * @return the pools
	 * @throws UnusablePoolException if one cannot work
	 * @throws InvalidPoolPropertyException if a key has a value that cannot work
	 */
	static NamedPools read(Environment environment) {
		Binder binder = Binder.get(environment);
		NoBlankValues values = new NoBlankValues(environment);
		Stream.of(LettuceProperties.PREFIX, LettucePoolProperties.PREFIX, LettuceProperties.POOLS)
			.forEach(values::refuseGroup);
		List<NamedPool> pools = PoolNames.find(environment)
			.stream()
			.flatMap((name) -> Stream.ofNullable(read(name, environment, binder)))
			.toList();
		NamedPool primary = primary(pools, environment, binder);
		if (primary != null) {
			refuseKeysOfThePoolThatIsReplaced(primary, environment);
		}
		return new NamedPools(pools, primary);
	}

	private static @Nullable NamedPool read(String name, Environment environment, Binder binder) {
		String prefix = prefix(name);
		if (name.equals(DEFAULT_POOL)) {
			throw new UnusablePoolException(
					"'%s' declares a Redis pool with the name of the one that 'spring.data.redis' describes."
						.formatted(prefix),
					"Give the pool another name, or configure it by 'spring.data.redis' and 'lettuce.pool'.");
		}
		refuseKeysWithoutMeaning(prefix, environment);
		NamedPoolProperties properties = binder.bindOrCreate(prefix, Bindable.of(NamedPoolProperties.class),
				new NoBlankValues(environment,
						new NoUnboundElementsBindHandler(BindHandler.DEFAULT, new UnboundElementsSourceFilter())));
		if (properties.getRedis().getClientType() == ClientType.JEDIS) {
			throw new UnusablePoolException("'%s.redis.client-type' is 'jedis'.".formatted(prefix),
					"Remove it: a pool is made with Lettuce.");
		}
		if (!isEnabled(prefix, binder)) {
			return null;
		}
		PoolSettings settings = PoolSettingsMapper.map(new PoolKeys(binder, prefix), twins(prefix, binder));
		return new NamedPool(name, prefix, properties, settings);
	}

	private static boolean isEnabled(String prefix, Binder binder) {
		Boolean enabled = binder.bind(prefix + ".enabled", Boolean.class).orElse(null);
		if (enabled == null) {
			enabled = twins(prefix, binder).get("enabled", Boolean.class);
		}
		return enabled == null || enabled;
	}

	private static PoolKeys twins(String prefix, Binder binder) {
		return new PoolKeys(binder, prefix + ".redis.lettuce.pool");
	}

	private static void refuseKeysWithoutMeaning(String prefix, Environment environment) {
		for (String name : List.of("health", "metrics")) {
			if (isSet(prefix + "." + name, environment)) {
				throw new UnusablePoolException(
						"A key of '%s.%s' is set, but health and metrics are set for all pools at once."
							.formatted(prefix, name),
						"Set it under '%s.%s' instead.".formatted(LettucePoolProperties.PREFIX, name));
			}
		}
		for (String name : WITHOUT_MEANING) {
			String key = prefix + ".redis." + name;
			if (isSet(key, environment)) {
				throw new UnusablePoolException(
						"'%s' is set, but has no effect on a named pool: it uses Lettuce and gets no message listener "
							.formatted(key) + "container.",
						"Remove it. Make a listener container yourself, with the pool's connection factory.");
			}
		}
	}

	private static void refuseKeysOfThePoolThatIsReplaced(NamedPool primary, Environment environment) {
		for (String name : new TreeSet<>(PoolSettingsMapper.SETTINGS.keySet())) {
			String key = LettucePoolProperties.PREFIX + "." + name;
			if (isSet(key, environment)) {
				throw new UnusablePoolException(
						"'%s' is set, but belongs to the pool that '%s' replaces by '%s'.".formatted(key,
								LettuceProperties.PRIMARY_POOL, primary.name()),
						"Set '%s.%s' instead.".formatted(primary.prefix(), name));
			}
		}
	}

	private static boolean isSet(String key, Environment environment) {
		ConfigurationPropertyName name = ConfigurationPropertyName.of(key);
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
			if (source.getConfigurationProperty(name) != null
					|| source.containsDescendantOf(name) == ConfigurationPropertyState.PRESENT) {
				return true;
			}
		}
		return false;
	}

	private static @Nullable NamedPool primary(List<NamedPool> pools, Environment environment, Binder binder) {
		String name = binder
			.bind(LettuceProperties.PRIMARY_POOL, Bindable.of(String.class), new NoBlankValues(environment))
			.orElse(DEFAULT_POOL);
		if (name.equals(DEFAULT_POOL)) {
			return null;
		}
		return pools.stream()
			.filter((pool) -> pool.name().equals(name))
			.findFirst()
			.orElseThrow(() -> new UnusablePoolException(
					"'%s' is '%s', but there is no such pool.".formatted(LettuceProperties.PRIMARY_POOL, name),
					"Set it to the name of a pool: %s.".formatted(names(pools))));
	}

	private static String names(List<NamedPool> pools) {
		return pools.stream()
			.map(NamedPool::name)
			.collect(Collectors.joining(", ", DEFAULT_POOL + (pools.isEmpty() ? "" : ", "), ""));
	}

	/**
	 * The beginning of the keys of a pool.
	 * @param name the pool's name
	 * @return the start, without a dot at its end
	 */
	static String prefix(String name) {
		return LettuceProperties.POOLS + "." + name;
	}

}
