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

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.core.env.Environment;

import io.github.lettucepool.endpoint.SettingDescriptor;
import io.github.lettucepool.endpoint.SettingOrigins;

/**
 * Finds the key that a setting came from, and where that is written.
 */
final class PropertyOrigins implements SettingOrigins {

	private final Environment environment;

	private final Map<String, Map<String, Object>> written = new ConcurrentHashMap<>();

	PropertyOrigins(Environment environment) {
		this.environment = environment;
	}

	@Override
	public @Nullable String originOf(String pool, String setting, Object value) {
		boolean named = PoolNames.find(this.environment).contains(pool);
		String prefix = named ? NamedPools.prefix(pool) : LettucePoolProperties.PREFIX;
		String twins = named ? prefix + ".redis.lettuce.pool" : PoolKeys.BOOT_PREFIX;
		String twin = PoolSettingsMapper.TWINS.get(setting);
		ConfigurationProperty property = WrittenKeys.find(this.environment, prefix + "." + setting);
		if (property == null && twin != null) {
			property = WrittenKeys.find(this.environment, twins + "." + twin);
		}
		// A value that differs was changed since, by a customizer or while it runs.
		if (property == null || !value
			.equals(this.written.computeIfAbsent(pool, (ignored) -> written(prefix, twins)).get(setting))) {
			return null;
		}
		return (property.getOrigin() != null) ? "%s from %s".formatted(property.getName(), property.getOrigin())
				: property.getName().toString();
	}

	private Map<String, Object> written(String prefix, String twins) {
		Binder binder = Binder.get(this.environment);
		return SettingDescriptor
			.valuesOf(PoolSettingsMapper.map(new PoolKeys(binder, prefix), new PoolKeys(binder, twins)));
	}

}
