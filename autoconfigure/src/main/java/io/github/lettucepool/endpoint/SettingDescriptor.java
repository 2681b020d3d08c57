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

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

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

	private static final String UNLIMITED = "unlimited";

	/**
	 * All settings of a pool.
	 * @param settings the settings
	 * @return each value by its name under {@code lettuce.pool}
	 */
	static Map<String, Object> valuesOf(PoolSettings settings) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("shared-connections", settings.getSharedConnections());
		result.put("caller-driven", settings.isCallerDriven());
		result.put("low-latency-callers", settings.getLowLatencyCallers());
		result.put("max-size", settings.getMaxSize());
		result.put("min-idle", settings.getMinIdle());
		result.put("max-idle", settings.getMaxIdle());
		result.put("max-wait", settings.getMaxWait());
		result.put("max-pending",
				(settings.getMaxPending() != Integer.MAX_VALUE) ? settings.getMaxPending() : UNLIMITED);
		result.put("fair", settings.isFair());
		result.put("idle-timeout", settings.getIdleTimeout());
		result.put("max-lifetime", settings.getMaxLifetime());
		result.put("keepalive-interval", settings.getKeepaliveInterval());
		result.put("validate-after-idle", settings.getValidateAfterIdle());
		result.put("validation-timeout", settings.getValidationTimeout());
		result.put("max-concurrent-connects", settings.getMaxConcurrentConnects());
		result.put("leak-detection-threshold", settings.getLeakDetectionThreshold());
		result.put("warm-up", settings.getWarmUp());
		result.put("replay", settings.getReplay());
		result.replaceAll((name, value) -> simple(value));
		return result;
	}

	private static Object simple(Object value) {
		if (value instanceof Enum<?> constant) {
			return constant.name().toLowerCase(Locale.ROOT);
		}
		return (value instanceof Duration) ? value.toString() : value;
	}

}
