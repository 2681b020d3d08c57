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

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.env.Environment;

import io.github.lettucepool.PoolConnectException;

/**
 * Tells the user what to do when an application does not start because a pool cannot
 * connect: with {@code warm-up: required}, or because a bean uses Redis while it starts.
 */
class PoolConnectFailureAnalyzer extends AbstractFailureAnalyzer<PoolConnectException> {

	private final Environment environment;

	PoolConnectFailureAnalyzer(Environment environment) {
		this.environment = environment;
	}

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, PoolConnectException cause) {
		return new FailureAnalysis(cause.getMessage() + ".", action(cause), rootFailure);
	}

	private String action(PoolConnectException failure) {
		boolean named = PoolNames.find(this.environment).contains(failure.getPool());
		String pool = named ? NamedPools.prefix(failure.getPool()) : LettucePoolProperties.PREFIX;
		String redis = named ? pool + ".redis" : "spring.data.redis";
		String upperCase = String.valueOf(failure.getMessage()).toUpperCase(Locale.ROOT);
		if (upperCase.contains("WRONGPASS") || upperCase.contains("NOAUTH") || upperCase.contains("INVALID PASSWORD")) {
			return "Check '%1$s.username' and '%1$s.password': the server refused them.".formatted(redis);
		}
		return ("Check that Redis runs at this address and accepts connections, and that '%s.*' names it. "
				+ "To start without Redis, set '%s.warm-up' to 'background' or 'none'.")
			.formatted(redis, pool);
	}

}
