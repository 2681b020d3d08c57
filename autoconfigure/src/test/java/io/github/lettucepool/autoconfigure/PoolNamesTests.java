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

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.support.SystemEnvironmentPropertySourceEnvironmentPostProcessor;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PoolNames}.
 */
@Tag("unit")
class PoolNamesTests {

	private final StandardEnvironment environment = new StandardEnvironment();

	@Test
	void withoutKeysThereIsNone() {
		assertThat(PoolNames.find(this.environment)).isEmpty();
	}

	@Test
	void theKeysOfTheOnePoolNameNone() {
		declare("file", "lettuce.pool.max-size", "lettuce.pools", "lettuce.poolsize", "lettuce.primary-pool");
		assertThat(PoolNames.find(this.environment)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "orders", "user-sessions", "cache2", "eu-1", "a" })
	void aNameIsTakenAsItIsWritten(String name) {
		declare("file", "lettuce.pools." + name + ".max-size");
		assertThat(PoolNames.find(this.environment)).containsExactly(name);
	}

	@ParameterizedTest
	@ValueSource(strings = { "LETTUCE_POOLS_USERSESSIONS_MAXSIZE", "LETTUCE_POOLS_USER_SESSIONS_MAX_SIZE",
			"lettuce_pools_userSessions_maxSize", "lettuce.pools.user-sessions.max-size" })
	void aVariableForAPoolThatIsDeclaredElsewhereDeclaresNone(String variable) {
		environmentVariables(variable);
		declare("file", "lettuce.pools.user-sessions.max-size");
		assertThat(PoolNames.find(this.environment)).containsExactly("user-sessions");
	}

	@Test
	void namesThatDifferInHyphensOnlyAreRefused() {
		declare("file", "lettuce.pools.user-sessions.max-size", "lettuce.pools.usersessions.min-idle");
		assertThatExceptionOfType(UnusablePoolException.class).isThrownBy(() -> PoolNames.find(this.environment))
			.withMessageContaining("'user-sessions' and 'usersessions'");
	}

	@Test
	void aNameMayComeFromTheEnvironmentAlone() {
		environmentVariables("LETTUCE_POOLS_USERSESSIONS_REDIS_HOST");
		assertThat(PoolNames.find(this.environment)).containsExactly("usersessions");
	}

	@ParameterizedTest
	@ValueSource(strings = { "my-app", "my.app." })
	void withAPrefixForVariablesOnlyThoseWithItCount(String prefix) {
		environmentVariables("MY_APP_LETTUCE_POOLS_ORDERS_REDIS_HOST", "LETTUCE_POOLS_CARTS_REDIS_HOST");
		SpringApplication application = new SpringApplication();
		application.setEnvironmentPrefix(prefix);
		new SystemEnvironmentPropertySourceEnvironmentPostProcessor().postProcessEnvironment(this.environment,
				application);
		assertThat(PoolNames.find(this.environment)).containsExactly("orders");
	}

	@Test
	void aNameOfTheEnvironmentThatIsNotAllowedIsRefused() {
		environmentVariables("LETTUCE_POOLS_2ND_REDIS_HOST");
		assertThatExceptionOfType(UnusablePoolException.class).isThrownBy(() -> PoolNames.find(this.environment))
			.withMessageStartingWith(
					"The key 'LETTUCE_POOLS_2ND_REDIS_HOST' declares a Redis pool with the name '2nd',");
	}

	@Test
	void namesAreInAlphabeticalOrderWhateverTheOrderOfTheKeys() {
		declare("file", "lettuce.pools.zebra.max-size", "lettuce.pools.orders.redis.cluster.nodes[0]");
		declare("other", "lettuce.pools.cache.max-size");
		assertThat(PoolNames.find(this.environment)).containsExactly("cache", "orders", "zebra");
	}

	@ParameterizedTest
	@ValueSource(strings = { ".2nd", ".my$orders", ".a b", ".über", ".orders/eu", ".-orders", "._", ".", "[my.pool]",
			"[orders]", ".Orders", ".userSessions", ".user_sessions", ".USER-SESSIONS" })
	void aNameWithOtherCharactersIsRefused(String written) {
		String key = "lettuce.pools" + written + ".max-size";
		declare("file", key);
		assertThatExceptionOfType(UnusablePoolException.class).isThrownBy(() -> PoolNames.find(this.environment))
			.withMessageStartingWith("The key '%s' declares a Redis pool with the name '%s',", key,
					written.startsWith(".") ? written.substring(1) : written);
	}

	private void declare(String source, String... keys) {
		Map<String, Object> properties = new LinkedHashMap<>();
		List.of(keys).forEach((key) -> properties.put(key, "1"));
		this.environment.getPropertySources().addLast(new MapPropertySource(source, properties));
	}

	private void environmentVariables(String... names) {
		Map<String, Object> variables = new LinkedHashMap<>();
		List.of(names).forEach((name) -> variables.put(name, "1"));
		String source = StandardEnvironment.SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME;
		this.environment.getPropertySources().replace(source, new SystemEnvironmentPropertySource(source, variables));
	}

}
