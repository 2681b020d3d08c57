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

import io.lettuce.core.api.StatefulConnection;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;

import io.github.lettucepool.PoolSettings;

/**
 * The {@code poolConfig} of Spring Data's pooling client configuration. A customizer that
 * was written for Spring Boot's pool may have replaced it; then its sizes and its waiting
 * time are those that the application was tuned to, and they win over the keys, as they
 * do in Spring Boot.
 */
final class CustomizedPoolConfig {

	private final PoolSettings settings;

	private final GenericObjectPoolConfig<StatefulConnection<?, ?>> initial;

	/**
	 * Creates the configuration that customizers may replace.
	 * @param settings the pool's settings before any customizer has been called
	 */
	CustomizedPoolConfig(PoolSettings settings) {
		this.settings = settings;
		this.initial = new GenericObjectPoolConfig<>();
		this.initial.setMaxTotal(settings.isMaxSizeAuto() ? settings.getMaxSizeLimit() : settings.getMaxSize());
		this.initial.setMaxIdle(settings.getMaxIdle());
		this.initial.setMinIdle(settings.getMinIdle());
		this.initial.setMaxWait(settings.getMaxWait());
	}

	GenericObjectPoolConfig<StatefulConnection<?, ?>> getInitial() {
		return this.initial;
	}

	/**
	 * The pool's settings after the customizers.
	 * @param result the configuration that they left
	 * @return the settings, with {@code max-size}, {@code max-idle}, {@code min-idle},
	 * {@code max-wait} and {@code fair} of the result if a customizer replaced it
	 * @throws io.github.lettucepool.InvalidPoolSettingException if the result has no
	 * limit
	 */
	PoolSettings apply(GenericObjectPoolConfig<?> result) {
		if (result == this.initial) {
			return this.settings;
		}
		int maxSize = result.getMaxTotal();
		int maxIdle = (result.getMaxIdle() >= 0) ? Math.min(result.getMaxIdle(), maxSize) : maxSize;
		return this.settings.mutate()
			.maxSize(maxSize)
			.maxIdle(maxIdle)
			.minIdle(Math.max(0, Math.min(result.getMinIdle(), maxIdle)))
			.maxWait(result.getBlockWhenExhausted() ? result.getMaxWaitDuration() : Duration.ZERO)
			.fair(result.getFairness())
			.build();
	}

}
