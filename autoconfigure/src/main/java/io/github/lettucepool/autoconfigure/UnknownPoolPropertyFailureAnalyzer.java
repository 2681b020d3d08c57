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
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.BeanUtils;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.annotation.Order;

/**
 * Tells the user which key of the pool does not exist, where it was written, and which
 * keys do. Comes before Spring Boot's analyzer for all such failures, which does not know
 * the last.
 */
@Order(0)
class UnknownPoolPropertyFailureAnalyzer extends AbstractFailureAnalyzer<UnboundConfigurationPropertiesException> {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(LettucePoolProperties.PREFIX);

	private static final Map<String, String> NAMES_IN_BOOT = Map.of("maxactive", "max-size", "timebetweenevictionruns",
			"keepalive-interval");

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, UnboundConfigurationPropertiesException cause) {
		Set<ConfigurationProperty> unknown = cause.getUnboundProperties();
		if (!unknown.stream().allMatch((property) -> PREFIX.isAncestorOf(property.getName()))) {
			return null;
		}
		StringBuilder description = new StringBuilder("The Redis pool has no such key:\n");
		for (ConfigurationProperty property : unknown) {
			description.append("\n    '%s' with the value '%s'".formatted(property.getName(), property.getValue()));
			if (property.getOrigin() != null) {
				description.append(" (from %s)".formatted(property.getOrigin()));
			}
			String name = NAMES_IN_BOOT.get(property.getName().getLastElement(ConfigurationPropertyName.Form.UNIFORM));
			if (name != null) {
				description.append(": here it is called '%s'".formatted(name));
			}
		}
		return new FailureAnalysis(description.toString(), "Correct or remove it. Below '%s' there are: %s."
			.formatted(LettucePoolProperties.PREFIX, String.join(", ", keys())), rootFailure);
	}

	private static List<String> keys() {
		return Arrays.stream(BeanUtils.getPropertyDescriptors(LettucePoolProperties.class))
			.filter((property) -> property.getWriteMethod() != null)
			.map((property) -> DataObjectPropertyName.toDashedForm(property.getName()))
			.sorted()
			.toList();
	}

}
