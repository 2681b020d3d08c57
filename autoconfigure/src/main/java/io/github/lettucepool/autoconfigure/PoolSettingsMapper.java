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

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.InvalidPoolSettingException;
import io.github.lettucepool.PoolSettings;

/**
 * Makes the settings of a pool from its keys. Where a key is not set, Spring Boot's twin
 * of it counts, if the user has set that one, and else the default.
 * <p>
 * A twin keeps the meaning that it has for Spring Boot's pool, as far as there is one
 * here: a {@code max-idle} or {@code min-idle} beyond the size means the size, and
 * {@code time-between-eviction-runs} of 0 or less switches the PINGs off. Only a
 * {@code max-active} of 0 or less, which is a pool without a limit there, is refused.
 */
final class PoolSettingsMapper {

	private static final PoolSettings DEFAULTS = PoolSettings.builder().build();

	private final LettucePoolProperties properties;

	private final String prefix;

	private final BootPoolProperties twins;

	private final PoolSettings.Builder builder = PoolSettings.builder();

	private final Map<String, String> keys = new HashMap<>();

	private PoolSettingsMapper(LettucePoolProperties properties, String prefix, BootPoolProperties twins) {
		this.properties = properties;
		this.prefix = prefix;
		this.twins = twins;
	}

	/**
	 * Makes the settings.
	 * @param properties the pool's keys
	 * @param prefix what these keys start with
	 * @param twins the keys of Spring Boot's pool
	 * @return the settings
	 * @throws InvalidPoolPropertyException if a key has a value that cannot work
	 */
	static PoolSettings map(LettucePoolProperties properties, String prefix, BootPoolProperties twins) {
		return new PoolSettingsMapper(properties, prefix, twins).map();
	}

	private PoolSettings map() {
		try {
			mapSharedLane();
			mapSizes();
			mapWaiting();
			mapLifecycle();
			return this.builder.build();
		}
		catch (InvalidPoolSettingException ex) {
			String key = this.keys.get(ex.getSetting());
			if (key == null) {
				throw ex;
			}
			throw new InvalidPoolPropertyException(key, this.prefix + "." + ex.getSetting(), ex);
		}
	}

	private void mapSharedLane() {
		own("shared-connections", this.properties.getSharedConnections(), (value) -> autoOr("shared-connections", value,
				DEFAULTS.getSharedConnections(), this.builder::sharedConnections));
		own("low-latency-callers", this.properties.getLowLatencyCallers(), (value) -> autoOr("low-latency-callers",
				value, DEFAULTS.getLowLatencyCallers(), this.builder::lowLatencyCallers));
		own("caller-driven", this.properties.getCallerDriven(), this.builder::callerDriven);
		own("replay", this.properties.getReplay(), this.builder::replay);
	}

	private static void autoOr(String setting, String value, int auto, IntConsumer number) {
		if (value.equalsIgnoreCase("auto")) {
			number.accept(auto);
			return;
		}
		try {
			number.accept(Integer.parseInt(value));
		}
		catch (NumberFormatException ex) {
			throw new InvalidPoolSettingException(setting, value, "'auto' or a number of at least 0");
		}
	}

	private void mapSizes() {
		Setting<Integer> maxSize = find("max-size", this.properties.getMaxSize(), "max-active", Integer.class);
		Setting<Integer> maxIdle = find("max-idle", this.properties.getMaxIdle(), "max-idle", Integer.class);
		Setting<Integer> minIdle = find("min-idle", this.properties.getMinIdle(), "min-idle", Integer.class);
		int limit = maxSize.orElse(DEFAULTS.getMaxSize());
		if (maxIdle.twin()) {
			int atMost = (maxIdle.orElse(-1) < 0) ? limit : Math.min(maxIdle.orElse(limit), limit);
			maxIdle = maxIdle.with(minIdle.twin() ? atMost : Math.max(atMost, minIdle.orElse(0)));
		}
		if (minIdle.twin()) {
			minIdle = minIdle.with(Math.max(0, Math.min(minIdle.orElse(0), maxIdle.orElse(limit))));
		}
		if (!maxIdle.twin() && maxIdle.orElse(0) < 0) {
			throw new InvalidPoolSettingException("max-idle", maxIdle.orElse(0),
					"a number from min-idle to max-size, which is " + limit);
		}
		maxSize.to(this.builder::maxSize);
		maxIdle.to(this.builder::maxIdle);
		minIdle.to(this.builder::minIdle);
	}

	private void mapWaiting() {
		find("max-wait", this.properties.getMaxWait(), "max-wait", Duration.class).to(this.builder::maxWait);
		own("max-pending", this.properties.getMaxPending(), this.builder::maxPending);
		own("fair", this.properties.getFair(), this.builder::fair);
		own("leak-detection-threshold", this.properties.getLeakDetectionThreshold(),
				this.builder::leakDetectionThreshold);
	}

	private void mapLifecycle() {
		own("idle-timeout", this.properties.getIdleTimeout(), this.builder::idleTimeout);
		own("max-lifetime", this.properties.getMaxLifetime(), this.builder::maxLifetime);
		Setting<Duration> keepaliveInterval = find("keepalive-interval", this.properties.getKeepaliveInterval(),
				"time-between-eviction-runs", Duration.class);
		if (keepaliveInterval.twin() && keepaliveInterval.orElse(Duration.ZERO).isNegative()) {
			keepaliveInterval = keepaliveInterval.with(Duration.ZERO);
		}
		keepaliveInterval.to(this.builder::keepaliveInterval);
		own("validate-after-idle", this.properties.getValidateAfterIdle(), this.builder::validateAfterIdle);
		own("validation-timeout", this.properties.getValidationTimeout(), this.builder::validationTimeout);
		own("max-concurrent-connects", this.properties.getMaxConcurrentConnects(), this.builder::maxConcurrentConnects);
		own("warm-up", this.properties.getWarmUp(), this.builder::warmUp);
	}

	private <T> void own(String name, @Nullable T value, Consumer<T> target) {
		if (value != null) {
			this.keys.put(name, this.prefix + "." + name);
			target.accept(value);
		}
	}

	private <T> Setting<T> find(String name, @Nullable T own, String twinName, Class<T> type) {
		if (own != null) {
			this.keys.put(name, this.prefix + "." + name);
			return new Setting<>(own, false);
		}
		T twin = this.twins.get(twinName, type);
		if (twin != null) {
			this.keys.put(name, this.twins.key(twinName));
		}
		return new Setting<>(twin, twin != null);
	}

	/**
	 * A setting that may have come from a twin.
	 *
	 * @param <T> the type of the value
	 * @param value the value, or {@code null} if neither key is set
	 * @param twin whether it came from the twin
	 */
	private record Setting<T>(@Nullable T value, boolean twin) {

		T orElse(T other) {
			return (this.value != null) ? this.value : other;
		}

		Setting<T> with(T newValue) {
			return new Setting<>(newValue, this.twin);
		}

		void to(Consumer<T> target) {
			if (this.value != null) {
				target.accept(this.value);
			}
		}

	}

}
