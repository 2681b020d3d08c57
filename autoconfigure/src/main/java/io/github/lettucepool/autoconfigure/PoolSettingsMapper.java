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

import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.util.ReflectionUtils;

import io.github.lettucepool.InvalidPoolSettingException;
import io.github.lettucepool.PoolSettings;

/**
 * Makes the settings of a pool from its keys, one for each method of the settings'
 * builder. Where a key is not set, Spring Boot's twin of it counts, if the user has set
 * that one, and else the default.
 * <p>
 * A twin keeps the meaning that it has for Spring Boot's pool, as far as there is one
 * here: a {@code max-idle} or {@code min-idle} beyond the size means the size, and
 * {@code time-between-eviction-runs} of 0 or less switches the PINGs off. Only a
 * {@code max-active} of 0 or less, which is a pool without a limit there, is refused.
 */
final class PoolSettingsMapper {

	/**
	 * The settings by their names under {@code lettuce.pool}.
	 */
	static final Map<String, Method> SETTINGS = Arrays.stream(PoolSettings.Builder.class.getMethods())
		.filter((method) -> method.getReturnType() == PoolSettings.Builder.class && method.getParameterCount() == 1)
		.collect(Collectors.toMap((method) -> DataObjectPropertyName.toDashedForm(method.getName()),
				Function.identity()));

	/**
	 * The settings that may be {@code auto}, with the least number that they may be.
	 */
	private static final Map<String, Integer> NUMBER_OR_AUTO = Map.of("max-size", 1, "shared-connections", 0,
			"low-latency-callers", 0);

	private static final String MAX_SIZE = "max-size";

	/**
	 * The settings that have a twin, with its name under
	 * {@code spring.data.redis.lettuce.pool}.
	 */
	static final Map<String, String> TWINS = Map.of("max-size", "max-active", "min-idle", "min-idle", "max-idle",
			"max-idle", "max-wait", "max-wait", "keepalive-interval", "time-between-eviction-runs");

	private final PoolKeys own;

	private final PoolKeys twins;

	private final Map<String, Object> values = new HashMap<>();

	private final Map<String, String> keys = new HashMap<>();

	private PoolSettingsMapper(PoolKeys own, PoolKeys twins) {
		this.own = own;
		this.twins = twins;
	}

	/**
	 * Makes the settings.
	 * @param own the pool's keys
	 * @param twins the keys of Spring Boot's pool
	 * @return the settings
	 * @throws InvalidPoolPropertyException if a key has a value that cannot work
	 */
	static PoolSettings map(PoolKeys own, PoolKeys twins) {
		return new PoolSettingsMapper(own, twins).map();
	}

	private PoolSettings map() {
		try {
			SETTINGS.forEach((name, method) -> read(name, method.getParameterTypes()[0]));
			// `max-active` wins over `auto`, unless `max-size-limit` is set.
			boolean auto = isAuto(MAX_SIZE) && !this.values.containsKey(MAX_SIZE);
			fitTwins(auto ? "max-size-limit" : MAX_SIZE);
			PoolSettings.Builder builder = auto ? PoolSettings.builder().maxSizeAuto() : PoolSettings.builder();
			SETTINGS.forEach((name, method) -> {
				Object value = this.values.get(name);
				if (value != null) {
					ReflectionUtils.invokeMethod(method, builder, value);
				}
			});
			return builder.build();
		}
		catch (InvalidPoolSettingException ex) {
			String key = this.keys.get(ex.getSetting());
			if (key == null) {
				throw ex;
			}
			throw new InvalidPoolPropertyException(key, this.own.key(ex.getSetting()), ex);
		}
	}

	private void read(String name, Class<?> type) {
		String twin = TWINS.get(name);
		Object value = NUMBER_OR_AUTO.containsKey(name) ? numberUnlessAuto(name) : this.own.get(name, type);
		if (value != null) {
			put(name, value, this.own.key(name));
		}
		else if (twin != null && !(isAuto(name) && this.own.get("max-size-limit", Integer.class) != null)) {
			value = this.twins.get(twin, type);
			if (value != null) {
				put(name, value, this.twins.key(twin));
			}
		}
	}

	private void put(String name, Object value, String key) {
		this.values.put(name, value);
		this.keys.put(name, key);
	}

	private @Nullable Integer numberUnlessAuto(String name) {
		String value = this.own.get(name, String.class);
		if (value == null || isAuto(name)) {
			return null;
		}
		try {
			return Integer.valueOf(value.trim());
		}
		catch (NumberFormatException ex) {
			this.keys.put(name, this.own.key(name));
			throw new InvalidPoolSettingException(name, value, Objects.requireNonNull(numberOrAuto(name)));
		}
	}

	/**
	 * The values of a setting that may be {@code auto}.
	 * @param name the setting
	 * @return a phrase to stand after "must be"; {@code null} for any other setting
	 */
	static @Nullable String numberOrAuto(String name) {
		Integer least = NUMBER_OR_AUTO.get(name);
		return (least != null) ? "'auto' or a number of at least " + least : null;
	}

	private boolean isAuto(String name) {
		String value = NUMBER_OR_AUTO.containsKey(name) ? this.own.get(name, String.class) : null;
		return value != null && "auto".equalsIgnoreCase(value.trim());
	}

	private void fitTwins(String largest) {
		PoolSettings defaults = PoolSettings.builder().build();
		int maxSize = number(largest, largest.equals(MAX_SIZE) ? defaults.getMaxSize() : defaults.getMaxSizeLimit());
		int maxIdle = number("max-idle", maxSize);
		int minIdle = number("min-idle", 0);
		if (isTwin("max-idle")) {
			maxIdle = (maxIdle < 0) ? maxSize : Math.min(maxIdle, maxSize);
			maxIdle = isTwin("min-idle") ? maxIdle : Math.max(maxIdle, minIdle);
			this.values.put("max-idle", maxIdle);
		}
		else if (number("max-idle", 0) < 0) {
			throw new InvalidPoolSettingException("max-idle", maxIdle,
					"a number from min-idle to %s, which is %d".formatted(largest, maxSize));
		}
		if (isTwin("min-idle")) {
			this.values.put("min-idle", Math.max(0, Math.min(minIdle, maxIdle)));
		}
		if (isTwin("keepalive-interval") && this.values.get("keepalive-interval") instanceof Duration interval
				&& interval.isNegative()) {
			this.values.put("keepalive-interval", Duration.ZERO);
		}
	}

	private boolean isTwin(String name) {
		return this.twins.key(TWINS.getOrDefault(name, name)).equals(this.keys.get(name));
	}

	private int number(String name, int other) {
		return (this.values.get(name) instanceof Integer number) ? number : other;
	}

}
