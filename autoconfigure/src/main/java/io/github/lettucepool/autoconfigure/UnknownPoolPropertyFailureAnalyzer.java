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

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.annotation.Order;

/**
 * Tells the user which key of the pool does not exist, where it was written, and which
 * keys do. Comes before Spring Boot's analyzer for all such failures, which does not know
 * the last, and shows the value: of a key that is misspelled or misplaced that may be a
 * password.
 */
@Order(0)
class UnknownPoolPropertyFailureAnalyzer extends AbstractFailureAnalyzer<UnboundConfigurationPropertiesException> {

	private static final ConfigurationPropertyName POOL = ConfigurationPropertyName.of(LettucePoolProperties.PREFIX);

	private static final ConfigurationPropertyName POOLS = ConfigurationPropertyName.of(LettuceProperties.POOLS);

	private static final Set<String> NOT_OF_A_NAMED_POOL = Set.of("health", "jedis", "listener", "metrics");

	private static final Map<String, String> NAMES_IN_BOOT = Map.of("maxactive", "max-size", "timebetweenevictionruns",
			"keepalive-interval");

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, UnboundConfigurationPropertiesException cause) {
		Set<ConfigurationProperty> unknown = cause.getUnboundProperties();
		if (!unknown.stream().allMatch((property) -> isOfAPool(property.getName()))) {
			return null;
		}
		StringBuilder description = new StringBuilder("The Redis pool has no such key:\n");
		for (ConfigurationProperty property : unknown) {
			description.append("\n    '%s'".formatted(property.getName()));
			if (property.getOrigin() != null) {
				description.append(" (from %s)".formatted(property.getOrigin()));
			}
			String name = NAMES_IN_BOOT.get(property.getName().getLastElement(ConfigurationPropertyName.Form.UNIFORM));
			if (name != null) {
				description.append(": here it is called '%s'".formatted(name));
			}
		}
		return new FailureAnalysis(description.toString(),
				"Correct or remove it. " + known(unknown.iterator().next().getName()), rootFailure);
	}

	private static boolean isOfAPool(ConfigurationPropertyName key) {
		return POOL.isAncestorOf(key) || POOLS.isAncestorOf(key);
	}

	private static String known(ConfigurationPropertyName key) {
		if (POOL.isAncestorOf(key)) {
			return "Below '%s' there are: %s.".formatted(POOL,
					keys(LettucePoolProperties.class).collect(Collectors.joining(", ")));
		}
		ConfigurationPropertyName pool = key.chop(POOLS.getNumberOfElements() + 1);
		ConfigurationPropertyName redis = pool.append("redis");
		boolean aboutRedis = redis.isAncestorOf(key);
		return "Below '%s' there are: %s.".formatted(aboutRedis ? redis : pool,
				keys(aboutRedis ? DataRedisProperties.class : NamedPoolProperties.class)
					.filter((name) -> !NOT_OF_A_NAMED_POOL.contains(name))
					.collect(Collectors.joining(", ")));
	}

	private static Stream<String> keys(Class<?> type) {
		return Arrays.stream(BeanUtils.getPropertyDescriptors(type))
			.filter((property) -> !property.getName().equals("class"))
			.map((property) -> DataObjectPropertyName.toDashedForm(property.getName()))
			.sorted();
	}

}
