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
import org.springframework.core.env.Environment;

import io.github.lettucepool.InvalidPoolSettingException;

/**
 * Tells the user which key has a value that cannot work, where it was written, and what
 * is allowed.
 */
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
		return analyze(rootFailure, failure.getKey(), failure.getOwnKey(), cause);
	}

	private FailureAnalysis analyze(Throwable rootFailure, String key, String ownKey,
			InvalidPoolSettingException cause) {
		ConfigurationProperty property = WrittenKeys.find(this.environment, key);
		StringBuilder description = new StringBuilder();
		description.append("The key '%s' has the value '%s'".formatted(key, written(property, cause)));
		if (property != null && property.getOrigin() != null) {
			description.append(" (from %s)".formatted(property.getOrigin()));
		}
		description.append(", which must be %s.".formatted(cause.getAllowed()));
		if (!key.equals(ownKey)) {
			description.append(" It counts because '%s' is not set.".formatted(ownKey));
		}
		return new FailureAnalysis(description.toString(), "Set '%s' to %s.".formatted(key, cause.getAllowed()),
				rootFailure);
	}

	private String written(@Nullable ConfigurationProperty property, InvalidPoolSettingException cause) {
		String value = (property != null) ? Objects.toString(property.getValue(), "") : cause.getValue();
		return value.contains("${") ? cause.getValue() : value;
	}

}
