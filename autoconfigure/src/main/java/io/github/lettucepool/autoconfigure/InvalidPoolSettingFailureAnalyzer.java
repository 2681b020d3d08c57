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

import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

import io.github.lettucepool.InvalidPoolSettingException;

/**
 * Tells the user which key has a value that cannot work, where it was written, and what
 * is allowed. Comes before Spring Boot's analyzer for all failures of binding.
 */
@Order(0)
class InvalidPoolSettingFailureAnalyzer extends AbstractFailureAnalyzer<InvalidPoolSettingException> {

	private final Environment environment;

	InvalidPoolSettingFailureAnalyzer(Environment environment) {
		this.environment = environment;
	}

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, InvalidPoolSettingException cause) {
		InvalidPoolPropertyException failure = findCause(rootFailure, InvalidPoolPropertyException.class);
		if (failure == null) {
			return new FailureAnalysis(
					"The setting '%s' of a Redis pool has the value '%s', which must be %s."
						.formatted(cause.getSetting(), cause.getValue(), cause.getAllowed()),
					"Correct the code that sets it: it is not set by a configuration key.", rootFailure);
		}
		ConfigurationProperty property = WrittenKeys.find(this.environment, failure.getKey());
		String value = failure.isShownAsWritten() ? written(property, cause) : cause.getValue();
		StringBuilder description = new StringBuilder("The key '%s' ".formatted(failure.getKey()));
		description.append(value.isBlank() ? "is empty" : "has the value '%s'".formatted(value));
		if (property != null && property.getOrigin() != null) {
			description.append(" (from %s)".formatted(property.getOrigin()));
		}
		description.append(", %s must be %s.".formatted(value.isBlank() ? "but" : "which", cause.getAllowed()));
		if (!failure.getKey().equals(failure.getOwnKey())) {
			description.append(" It counts because '%s' is not set.".formatted(failure.getOwnKey()));
		}
		return new FailureAnalysis(description.toString(),
				"Set '%s' to %s.".formatted(failure.getKey(), cause.getAllowed()), rootFailure);
	}

	private String written(@Nullable ConfigurationProperty property, InvalidPoolSettingException cause) {
		String value = (property != null) ? Objects.toString(property.getValue(), "") : cause.getValue();
		return value.contains("${") ? cause.getValue() : value;
	}

}
