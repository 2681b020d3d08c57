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
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.StringUtils;

/**
 * Finds the names of the pools that {@code lettuce.pools} declares.
 * <p>
 * One pool may be written in several ways: {@code user-sessions} and
 * {@code userSessions}, or {@code USERSESSIONS} in the environment. All of them are the
 * pool {@code userSessions}: where a name is written in several ways, the way that tells
 * most words apart counts, and not the one that happens to be read first.
 * <p>
 * Names are looked at as they were written, since Spring Boot drops characters that
 * cannot stand in a key: it reads {@code über.max-size} as {@code ber.max-size}.
 */
final class PoolNames {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(LettuceProperties.POOLS);

	private static final Pattern ALLOWED = Pattern.compile("[A-Za-z][A-Za-z0-9_-]*");

	private static final Comparator<String> BY_WORDS = Comparator.comparingLong(PoolNames::words)
		.reversed()
		.thenComparing(Comparator.naturalOrder());

	private final Map<String, String> names = new HashMap<>();

	private final List<ConfigurationPropertyName> inEnvironment = new ArrayList<>();

	private PoolNames() {
	}

	/**
	 * Finds the names.
	 * @param environment where to look
	 * @return the names as they are used for beans, in alphabetical order
	 * @throws InvalidPoolDeclarationException if a name has other characters than letters
	 * and digits of ASCII, hyphens and underscores, or does not start with a letter
	 */
	static SortedSet<String> find(Environment environment) {
		PoolNames names = new PoolNames();
		ConfigurationPropertySources.get(environment).forEach(names::add);
		names.addThoseOfTheEnvironment();
		return new TreeSet<>(names.names.values());
	}

	/**
	 * The name of a pool, however it was written.
	 * @param written the name as it was written
	 * @return the name as it is used for beans
	 */
	static String canonical(String written) {
		StringBuilder name = new StringBuilder();
		String spelled = written.equals(written.toUpperCase(Locale.ROOT)) ? written.toLowerCase(Locale.ROOT) : written;
		for (String word : spelled.split("[-_]+", -1)) {
			name.append(name.isEmpty() ? StringUtils.uncapitalize(word) : StringUtils.capitalize(word));
		}
		return name.toString();
	}

	private void add(ConfigurationPropertySource source) {
		Object underlying = source.getUnderlyingSource();
		if (underlying instanceof SystemEnvironmentPropertySource) {
			keys(source).forEach(this.inEnvironment::add);
		}
		else if (underlying instanceof EnumerablePropertySource<?> enumerable) {
			for (String key : enumerable.getPropertyNames()) {
				add(key);
			}
		}
		else {
			keys(source).forEach((key) -> addName(key.getElement(PREFIX.getNumberOfElements(), Form.ORIGINAL)));
		}
	}

	private static List<ConfigurationPropertyName> keys(ConfigurationPropertySource source) {
		return (source instanceof IterableConfigurationPropertySource iterable)
				? iterable.stream().filter(PREFIX::isAncestorOf).toList() : List.of();
	}

	private void add(String key) {
		String prefix = LettuceProperties.POOLS;
		if (key.length() <= prefix.length() || !key.regionMatches(true, 0, prefix, 0, prefix.length())) {
			return;
		}
		String rest = key.substring(prefix.length());
		if (rest.startsWith("[")) {
			throw invalid(rest.substring(0, rest.indexOf(']') + 1), key);
		}
		if (!rest.startsWith(".")) {
			return;
		}
		String name = rest.substring(1).split("[.\\[]", 2)[0];
		if (!ALLOWED.matcher(name).matches()) {
			throw invalid(name, key);
		}
		addName(name);
	}

	private static InvalidPoolDeclarationException invalid(String name, String key) {
		return new InvalidPoolDeclarationException(
				"The key '%s' declares a Redis pool with the name '%s', from which no names of beans can be made."
					.formatted(key, name),
				"Give the pool a name of ASCII letters, digits, hyphens and underscores that starts with a letter.");
	}

	private void addName(String written) {
		String name = canonical(written);
		this.names.merge(uniform(name), name, (one, other) -> (BY_WORDS.compare(one, other) <= 0) ? one : other);
	}

	/*
	 * A variable has no hyphens: USER_SESSIONS_MAX_SIZE may be about a pool 'user' as
	 * well as 'user-sessions'. It is about the latter if that one is declared elsewhere.
	 */
	private void addThoseOfTheEnvironment() {
		Set<String> declared = new HashSet<>(this.names.keySet());
		for (ConfigurationPropertyName key : this.inEnvironment) {
			String name = key.getElement(PREFIX.getNumberOfElements(), Form.UNIFORM);
			if (!declared.contains(name) && declaredPoolOf(key, declared) == null) {
				addName(name);
			}
		}
	}

	private static @Nullable String declaredPoolOf(ConfigurationPropertyName key, Set<String> declared) {
		StringBuilder words = new StringBuilder();
		for (int i = PREFIX.getNumberOfElements(); i < key.getNumberOfElements(); i++) {
			words.append(key.getElement(i, Form.UNIFORM));
			if (declared.contains(words.toString())) {
				return words.toString();
			}
		}
		return null;
	}

	private static String uniform(String name) {
		return name.toLowerCase(Locale.ROOT);
	}

	private static long words(String name) {
		return name.chars().filter(Character::isUpperCase).count();
	}

}
