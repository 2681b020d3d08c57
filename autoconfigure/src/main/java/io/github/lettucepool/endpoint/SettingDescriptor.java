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

import java.beans.PropertyDescriptor;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.util.ReflectionUtils;

import io.github.lettucepool.PoolSettings;

/**
 * One setting of a pool, as the {@link RedisPoolsEndpoint} shows it.
 *
 * @param value the value in force: a number, a truth value, or a text as it would be
 * written in the application's configuration, durations in ISO-8601
 * @param origin where it came from, or {@code null} for a default and for what was
 * changed while the application runs
 */
public record SettingDescriptor(@Nullable Object value, @Nullable String origin) {

	/**
	 * All settings of a pool.
	 * @param settings the settings
	 * @return each value by its name under {@code lettuce.pool}
	 */
	public static Map<String, Object> valuesOf(PoolSettings settings) {
		Map<String, Object> result = new LinkedHashMap<>();
		for (PropertyDescriptor setting : BeanUtils.getPropertyDescriptors(PoolSettings.class)) {
			Object value = ReflectionUtils.invokeMethod(setting.getReadMethod(), settings);
			if (value != null && !setting.getName().equals("class")) {
				result.put(setting.getName().replaceAll("[A-Z]", "-$0").toLowerCase(Locale.ROOT), simple(value));
			}
		}
		result.remove("max-size-auto");
		if (settings.isMaxSizeAuto()) {
			result.put("max-size", "auto");
		}
		if (settings.getMaxPending() == Integer.MAX_VALUE) {
			result.put("max-pending", "unlimited");
		}
		return result;
	}

	private static Object simple(Object value) {
		if (value instanceof Enum<?> constant) {
			return constant.name().toLowerCase(Locale.ROOT);
		}
		return (value instanceof Duration) ? value.toString() : value;
	}

}
