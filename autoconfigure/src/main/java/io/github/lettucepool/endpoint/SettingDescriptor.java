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

import io.github.lettucepool.PoolSettings;

/**
 * One setting of a pool, as the {@link RedisPoolsEndpoint} shows it.
 *
 * @param value the value in force: a number, a truth value, or a text as it would be
 * written in the application's configuration, durations in ISO-8601
 */
public record SettingDescriptor(Object value) {

	private static final String UNLIMITED = "unlimited";

	/**
	 * All settings of a pool.
	 * @param settings the settings
	 * @return each setting by its name under {@code lettuce.pool}
	 */
	static Map<String, SettingDescriptor> of(PoolSettings settings) {
		Map<String, SettingDescriptor> result = new LinkedHashMap<>();
		result.put("shared-connections", of(settings.getSharedConnections()));
		result.put("flush-consolidation", of(settings.isFlushConsolidation()));
		result.put("max-size", of(settings.getMaxSize()));
		result.put("min-idle", of(settings.getMinIdle()));
		result.put("max-idle", of(settings.getMaxIdle()));
		result.put("max-wait", of(settings.getMaxWait()));
		result.put("max-pending",
				of((settings.getMaxPending() != Integer.MAX_VALUE) ? settings.getMaxPending() : UNLIMITED));
		result.put("fair", of(settings.isFair()));
		result.put("idle-timeout", of(settings.getIdleTimeout()));
		result.put("max-lifetime", of(settings.getMaxLifetime()));
		result.put("keepalive-interval", of(settings.getKeepaliveInterval()));
		result.put("validate-after-idle", of(settings.getValidateAfterIdle()));
		result.put("validation-timeout", of(settings.getValidationTimeout()));
		result.put("max-concurrent-connects", of(settings.getMaxConcurrentConnects()));
		result.put("leak-detection-threshold", of(settings.getLeakDetectionThreshold()));
		result.put("warm-up", of(settings.getWarmUp()));
		result.put("replay", of(settings.getReplay()));
		return result;
	}

	private static SettingDescriptor of(Object value) {
		if (value instanceof Duration || value instanceof Enum<?>) {
			return new SettingDescriptor(text(value));
		}
		return new SettingDescriptor(value);
	}

	private static String text(Object value) {
		return (value instanceof Enum<?> constant) ? constant.name().toLowerCase(Locale.ROOT) : value.toString();
	}

}
