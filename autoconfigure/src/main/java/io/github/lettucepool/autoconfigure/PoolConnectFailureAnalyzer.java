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

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.Environment;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolSettings.WarmUp;

/**
 * Tells the user what to do when an application does not start because a pool cannot
 * connect: with {@code warm-up: required}, or because a bean uses Redis while it starts.
 */
class PoolConnectFailureAnalyzer extends AbstractFailureAnalyzer<PoolConnectException> {

	private static final Pattern FAILED_BEAN = Pattern.compile("bean (with name )?'(?<bean>[^']+)'");

	private final Environment environment;

	PoolConnectFailureAnalyzer(Environment environment) {
		this.environment = environment;
	}

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, PoolConnectException cause) {
		return new FailureAnalysis(cause.getMessage() + ".", action(rootFailure, cause), rootFailure);
	}

	private String action(Throwable rootFailure, PoolConnectException failure) {
		boolean named = PoolNames.find(this.environment).contains(failure.getPool());
		String pool = named ? NamedPools.prefix(failure.getPool()) : LettucePoolProperties.PREFIX;
		String redis = named ? pool + ".redis" : "spring.data.redis";
		String upperCase = String.valueOf(failure.getMessage()).toUpperCase(Locale.ROOT);
		if (upperCase.contains("WRONGPASS") || upperCase.contains("NOAUTH") || upperCase.contains("INVALID PASSWORD")) {
			return "Check '%1$s.username' and '%1$s.password': the server refused them.".formatted(redis);
		}
		String check = "Check that Redis runs at this address and accepts connections, and that '%s.*' names it. "
			.formatted(redis);
		String warmUp = pool + ".warm-up";
		if (Binder.get(this.environment).bind(warmUp, WarmUp.class).orElse(WarmUp.NONE) == WarmUp.REQUIRED) {
			return check + "To start without Redis, set '%s' to 'background' or 'none'.".formatted(warmUp);
		}
		return check
				+ ("%s needs Redis while the application starts, whatever '%s' is. To start without Redis, have it "
						+ "connect later: a listener container with setAutoStartup(false), and start() when Redis is there.")
					.formatted(bean(rootFailure), warmUp);
	}

	private static String bean(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			Matcher matcher = FAILED_BEAN.matcher(String.valueOf(cause.getMessage()));
			if (matcher.find()) {
				return "The bean '%s'".formatted(matcher.group("bean"));
			}
		}
		return "A bean";
	}

}
