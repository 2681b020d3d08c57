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
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.boot.context.properties.ConfigurationPropertiesBindHandlerAdvisor;
import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.Environment;

/**
 * Refuses keys of pools that are written without a value, and values where a group of
 * keys belongs. Spring Boot takes an empty text for no value: it would say that there is
 * no such key, or nothing at all.
 */
final class NoBlankValues extends AbstractBindHandler {

	/**
	 * Other keys below {@value LettuceProperties#PREFIX} may be the application's own.
	 */
	private static final List<ConfigurationPropertyName> ROOTS = Stream
		.of(LettucePoolProperties.PREFIX, LettuceProperties.POOLS, LettuceProperties.PRIMARY_POOL)
		.map(ConfigurationPropertyName::of)
		.toList();

	/**
	 * The last parts of keys that say nothing when they are empty, as an optional secret
	 * is in {@code ${PASSWORD:}}.
	 */
	private static final Set<String> MAY_BE_EMPTY = Set.of("username", "password", "client-name", "bundle");

	private final Environment environment;

	NoBlankValues(Environment environment) {
		this(environment, BindHandler.DEFAULT);
	}

	NoBlankValues(Environment environment, BindHandler parent) {
		super(parent);
		this.environment = environment;
	}

	@Override
	public <T> @Nullable Bindable<T> onStart(ConfigurationPropertyName name, Bindable<T> target, BindContext context) {
		if (ROOTS.stream().anyMatch((root) -> root.equals(name) || root.isAncestorOf(name))) {
			Class<?> type = target.getType().resolve(Object.class);
			String value = value(name);
			if (value != null && isGroup(type)) {
				refuseGroup(name, value, context.getDepth() == 0);
			}
			else if (value != null && value.isBlank() && !mayBeEmpty(name)) {
				throw new InvalidPoolPropertyException(name.toString(), "", allowed(name, type));
			}
		}
		return super.onStart(name, target, context);
	}

	private static boolean mayBeEmpty(ConfigurationPropertyName name) {
		return MAY_BE_EMPTY.contains(name.getLastElement(ConfigurationPropertyName.Form.DASHED));
	}

	/**
	 * Refuses a value where a group of keys belongs.
	 * @param key the key that the keys of the group start with
	 */
	void refuseGroup(String key) {
		ConfigurationPropertyName name = ConfigurationPropertyName.of(key);
		String value = value(name);
		if (value != null) {
			refuseGroup(name, value, true);
		}
	}

	private static void refuseGroup(ConfigurationPropertyName name, String value, boolean mayBeEmpty) {
		// A bare `lettuce.pool:` is no mistake; an empty group below it is.
		if (!value.isBlank() || !mayBeEmpty) {
			// The value stays out of the message: it may be a URL with a password.
			throw new InvalidPoolPropertyException(name.toString(), value.isBlank() ? "" : "***",
					"left out, with the keys that belong below it");
		}
	}

	private @Nullable String value(ConfigurationPropertyName name) {
		ConfigurationProperty property = WrittenKeys.find(this.environment, name.toString());
		return (property != null && property.getValue() instanceof CharSequence value)
				? this.environment.resolvePlaceholders(value.toString()) : null;
	}

	private static boolean isGroup(Class<?> type) {
		return !BeanUtils.isSimpleValueType(type) && type != Duration.class && !Collection.class.isAssignableFrom(type);
	}

	private static String allowed(ConfigurationPropertyName name, Class<?> type) {
		String numberOrAuto = PoolSettingsMapper
			.numberOrAuto(name.getLastElement(ConfigurationPropertyName.Form.DASHED));
		if (numberOrAuto != null) {
			return numberOrAuto;
		}
		if (type.isEnum()) {
			return Arrays.stream(type.getEnumConstants())
				.map((constant) -> constant.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
				.collect(Collectors.joining(", ", "one of ", ""));
		}
		if (type == Duration.class) {
			return "a duration such as 500ms, 10s or 5m";
		}
		if (type == Boolean.class || type == boolean.class) {
			return "true or false";
		}
		if (Collection.class.isAssignableFrom(type)) {
			return "a list";
		}
		return (type == String.class) ? "a text" : "a number";
	}

	/**
	 * Has Spring Boot refuse them when it binds the keys of the default pool.
	 *
	 * @param environment where the values stand
	 */
	record Advisor(Environment environment) implements ConfigurationPropertiesBindHandlerAdvisor {

		@Override
		public BindHandler apply(BindHandler bindHandler) {
			return new NoBlankValues(this.environment, bindHandler);
		}

	}

}
