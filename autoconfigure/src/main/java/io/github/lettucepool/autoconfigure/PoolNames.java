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

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.PropertySourceInfo;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Finds the names of the pools that {@code lettuce.pools} declares. There is one way to
 * write a name: {@code user-sessions}.
 * <p>
 * Names are looked at as they were written, since Spring Boot drops characters that
 * cannot stand in a key: it reads {@code über.max-size} as {@code ber.max-size}.
 */
final class PoolNames {

	private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");

	private static final Pattern KEY = Pattern.compile("(?i:lettuce\\.pools)\\.?(?<name>(?<=\\.)[^.\\[]*|\\[[^]]*]?)");

	private static final Pattern VARIABLE = Pattern.compile("(?i:LETTUCE_POOLS)_(?<name>[^_]*)");

	private PoolNames() {
	}

	/**
	 * Finds the names.
	 * @param environment where to look
	 * @return the names in alphabetical order
	 * @throws UnusablePoolException if a name has other characters than lower-case ASCII
	 * letters, digits and hyphens, does not start with a letter, or differs from another
	 * one in hyphens only
	 */
	static SortedSet<String> find(Environment environment) {
		SortedSet<String> names = new TreeSet<>();
		List<String> variables = new ArrayList<>();
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
			if (source.getUnderlyingSource() instanceof EnumerablePropertySource<?> enumerable) {
				for (String written : enumerable.getPropertyNames()) {
					String key = withoutPrefix(written, enumerable);
					Matcher matcher = KEY.matcher(key);
					if (matcher.lookingAt()) {
						names.add(checked(matcher.group("name"), key));
					}
					else if (enumerable instanceof SystemEnvironmentPropertySource) {
						variables.add(key);
					}
				}
			}
		}
		variables.forEach((variable) -> addUnlessDeclared(variable, names));
		refuseNamesThatAreTheSameToSpringBoot(names);
		return names;
	}

	/**
	 * An application may have a prefix for its variables; then others are not its own.
	 * @return the key, empty if it is not the application's own
	 */
	private static String withoutPrefix(String key, PropertySource<?> source) {
		String prefix = (source instanceof PropertySourceInfo info) ? info.getPrefix() : null;
		if (prefix == null) {
			return key;
		}
		Matcher matcher = Pattern.compile("(?i:%s)[._]".formatted(prefix.replaceAll("\\W", "[._-]?"))).matcher(key);
		return matcher.lookingAt() ? key.substring(matcher.end()) : "";
	}

	/*
	 * A variable has no hyphens: USER_SESSIONS_MAX_SIZE may be about a pool 'user' as
	 * well as 'user-sessions'. It is about the latter if that one is declared elsewhere.
	 */
	private static void addUnlessDeclared(String variable, SortedSet<String> names) {
		Matcher matcher = VARIABLE.matcher(variable);
		if (matcher.lookingAt() && names.stream()
			.noneMatch((name) -> variable.matches("(?i)LETTUCE_POOLS_" + name.replace("-", "_?") + "_.*"))) {
			names.add(checked(matcher.group("name").toLowerCase(Locale.ROOT), variable));
		}
	}

	private static String checked(String name, String key) {
		if (!NAME.matcher(name).matches()) {
			throw new UnusablePoolException(
					"The key '%s' declares a Redis pool with the name '%s', which is not allowed.".formatted(key, name),
					"Give the pool a name of lower-case ASCII letters, digits and hyphens that starts with a letter, "
							+ "such as 'user-sessions'.");
		}
		return name;
	}

	private static void refuseNamesThatAreTheSameToSpringBoot(SortedSet<String> names) {
		Map<String, String> known = new HashMap<>();
		for (String name : names) {
			String other = known.put(name.replace("-", ""), name);
			if (other != null) {
				throw new UnusablePoolException(
						"The Redis pools '%s' and '%s' have the same keys, since hyphens do not count in keys."
							.formatted(other, name),
						"Write the name in one way, or give one of the pools another name.");
			}
		}
	}

}
