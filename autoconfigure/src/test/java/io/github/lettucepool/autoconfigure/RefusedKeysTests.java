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

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.unit.DataSize;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.RedisPool;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that a key of a pool without a value is called empty, and that Redis keys with a
 * value that cannot work are named with what is allowed, but without passwords.
 */
class RefusedKeysTests {

	private static final String NAMED = "lettuce.pools.orders.";

	private static final List<String> BLANK = List.of("", "  ", "\t", "${NOT_SET:}", "${NOT_SET: }");

	private static final List<String> OPTIONAL = List.of("client-name", "password", "username", "sentinel.password",
			"sentinel.username", "ssl.bundle");

	private final ApplicationContextRunner contextRunner = PooledApplication
		.runner(LettucePoolsAutoConfiguration.class, SslAutoConfiguration.class)
		.withPropertyValues(NAMED + "redis.host=orders.example");

	@ParameterizedTest
	@MethodSource("keys")
	void aKeyWithoutAValueIsCalledEmpty(String key) {
		for (String value : BLANK) {
			assertThat(analyze(key, value).getDescription()).as("%s='%s'", key, value)
				.startsWith("The key '%s' is empty (from ".formatted(key))
				.contains(", but must be ");
		}
	}

	@ParameterizedTest
	@MethodSource("keys")
	void aVariableWithoutAValueIsCalledEmpty(String key) {
		String variable = key.replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT);
		Map<String, Object> variables = new HashMap<>(Map.of(variable, ""));
		ApplicationContextRunner contextRunner = this.contextRunner
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addFirst(new SystemEnvironmentPropertySource("test-systemEnvironment", variables)));
		assertThat(analyze(contextRunner).getDescription())
			.startsWith("The key '%s' is empty (from \"%s\" from property source".formatted(key, variable));
	}

	@Test
	void whatIsOptionalWithSpringBootMayBeEmpty() {
		for (String value : BLANK) {
			String[] pairs = OPTIONAL.stream()
				.filter((key) -> !key.startsWith("sentinel"))
				.map((key) -> NAMED + "redis." + key + "=" + value)
				.toArray(String[]::new);
			this.contextRunner.withPropertyValues(pairs)
				.run((context) -> assertThat(context).hasNotFailed().hasBean("ordersRedisConnectionFactory"));
		}
	}

	static Stream<String> keys() {
		Stream<String> defaultPool = names("lettuce.pool.");
		Stream<String> namedPool = names("lettuce.pool.").map((key) -> key.replace("lettuce.pool.", NAMED))
			.filter((key) -> !key.contains(".health.") && !key.contains(".metrics."));
		Stream<String> redis = redisNames().filter((key) -> !key.equals("host") && !OPTIONAL.contains(key))
			.map((key) -> NAMED + "redis." + key);
		return Stream.of(defaultPool, namedPool, redis, Stream.of("lettuce.primary-pool")).flatMap((keys) -> keys);
	}

	private static Stream<String> names(String prefix) {
		List<String> names = ConfigurationMetadataTests.metadata().read("$.properties[*].name");
		return names.stream().filter((name) -> name.startsWith(prefix));
	}

	private static Stream<String> redisNames() {
		return Stream.concat(
				Stream.of("client-name", "client-type", "connect-timeout", "database", "host", "password", "port",
						"timeout", "url", "username", "cluster.max-redirects", "cluster.nodes", "masterreplica.nodes",
						"sentinel.master", "sentinel.nodes", "sentinel.password", "sentinel.username", "ssl.bundle",
						"ssl.enabled", "lettuce.cluster.refresh.dynamic-refresh-sources",
						"lettuce.cluster.refresh.period", "lettuce.read-from", "lettuce.shutdown-timeout"),
				Stream.of("enabled", "max-active", "max-idle", "max-wait", "min-idle", "time-between-eviction-runs")
					.map((key) -> "lettuce.pool." + key));
	}

	@ParameterizedTest
	@CsvSource(delimiter = ';', quoteCharacter = '"',
			value = { "lettuce.pool.max-size; 'auto' or a number of at least 1.",
					"lettuce.pool.max-wait; a duration such as", "lettuce.pool.fair; true or false",
					"lettuce.pool.warm-up; one of none, background, required.",
					"lettuce.pool.health.saturation; one of up, out-of-service, down.",
					"lettuce.pool.shared-connections; 'auto' or a number of at least 0.",
					"lettuce.pools.orders.redis.cluster.nodes; a list", "lettuce.pools.orders.redis.url; a text" })
	void aKeyWithoutAValueIsNamedWithWhatIsAllowed(String key, String allowed) {
		assertThat(analyze(key, "").getDescription()).contains(", but must be " + allowed);
		assertThat(analyze(key, "").getAction()).startsWith("Set '%s' to %s".formatted(key, allowed));
	}

	@ParameterizedTest
	@ValueSource(strings = { "lettuce.pool.maxSize", "lettuce.pool.MAX_SIZE", "lettuce.pool.max_size" })
	void aSpellingDoesNotMatter(String key) {
		assertThat(analyze(key, "").getDescription()).startsWith("The key 'lettuce.pool.max-size' is empty (from ");
	}

	@Test
	void anEmptyKeyThatAnotherSourceGivesAValueIsNoFault() {
		this.contextRunner.withPropertyValues("lettuce.pool.max-size=4")
			.withInitializer((context) -> context.getEnvironment()
				.getPropertySources()
				.addLast(new SystemEnvironmentPropertySource("test-systemEnvironment",
						new HashMap<>(Map.of("LETTUCE_POOL_MAXSIZE", "")))))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void aPoolThatSpringBootsTwinSwitchesOffDoesNotHideAnEmptyKey() {
		assertThat(analyze(this.contextRunner.withPropertyValues("lettuce.pool.enabled=",
				"spring.data.redis.lettuce.pool.enabled=false"))
			.getDescription()).startsWith("The key 'lettuce.pool.enabled' is empty");
	}

	@ParameterizedTest
	@ValueSource(strings = { "lettuce", "lettuce.pool", "lettuce.pools", "lettuce.pools.orders",
			"lettuce.pools.orders.redis", "lettuce.pools.orders.redis.ssl", "lettuce.pool.health" })
	void aValueInThePlaceOfAGroupIsRefusedWithoutBeingShown(String key) {
		assertThat(analyze(key, "redis://:secret@a.example").getDescription())
			.startsWith("The key '%s' has the value '***' (from ".formatted(key))
			.contains("), which must be left out, with the keys that belong below it.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "lettuce", "lettuce.pool", "lettuce.pools" })
	void aGroupWhoseKeysAreAllCommentedOutIsNoFault(String key) {
		this.contextRunner.withPropertyValues(key + "=").run((context) -> assertThat(context).hasNotFailed());
	}

	@ParameterizedTest
	@CsvSource(delimiter = ';', quoteCharacter = '"', value = { "timeout; -1s; -1s; a duration from 0 to 36500d",
			"timeout; 9223372036854775807s; 9223372036854775807s; a duration from 0 to 36500d",
			"connect-timeout; 0; 0; a duration from 1ms to 24d",
			"connect-timeout; -1s; -1s; a duration from 1ms to 24d",
			"connect-timeout; 1ns; 1ns; a duration from 1ms to 24d",
			"connect-timeout; 9223372036854775807s; 9223372036854775807s; a duration from 1ms to 24d",
			"lettuce.shutdown-timeout; -1s; -1s; a duration from 0 to 36500d",
			"lettuce.shutdown-timeout; 9223372036854775807s; 9223372036854775807s; a duration from 0 to 36500d",
			"port; 70000; 70000; a number from 1 to 65535", "port; -1; -1; a number from 1 to 65535",
			"port; 0; 0; a number from 1 to 65535", "database; -1; -1; a number of at least 0",
			"host; us:p@ss; ***; the name or the address of a host",
			"host; redis://:pass@a.example; redis://***; the name or the address of a host",
			"host; a b; a b; the name or the address of a host", "url; redis://us:p@ss@host; redis://***; redis://",
			"url; http://us:pass@host; http://***; redis://", "url; us:pass@host; ***; redis://",
			"url; us:pass@; ***; redis://", "url; redis:pass@; ***; redis://",
			"url; redis://host:70000; redis://***; redis://", "url; redis://host/-1; redis://***; redis://",
			"sentinel.nodes; host; host; a list of 'host:port'",
			"cluster.nodes; host:abc; host:abc; a list of 'host:port'",
			"cluster.nodes; host:1,,host:2; ; a list of 'host:port'",
			"cluster.nodes; host:70000; host:70000; a list of 'host:port'",
			"masterreplica.nodes; us:p@ss@host:1; ***; a list of 'host:port'",
			"lettuce.read-from; closest; closest; one of any, any-replica,",
			"lettuce.read-from; subnet:here; subnet:here; one of any, any-replica,",
			"lettuce.read-from; regex:[; regex:[; one of any, any-replica,",
			"client-name; my shop; my shop; a name of printable ASCII characters without spaces",
			"ssl.bundle; none; none; the name of a bundle under 'spring.ssl.bundle'" })
	void aRedisKeyWithAValueThatCannotWorkIsNamedWithWhatIsAllowed(String name, String value, @Nullable String shown,
			String allowed) {
		for (String prefix : List.of("spring.data.redis.", NAMED + "redis.")) {
			ApplicationContextRunner contextRunner = this.contextRunner.withPropertyValues(prefix + name + "=" + value,
					prefix + "sentinel.master=main");
			if (!name.startsWith("sentinel")) {
				contextRunner = this.contextRunner.withPropertyValues(prefix + name + "=" + value);
			}
			FailureAnalysis analysis = analyze(contextRunner);
			assertThat(analysis.getDescription())
				.startsWith((shown != null) ? "The key '%s' has the value '%s'".formatted(prefix + name, shown)
						: "The key '%s' is empty".formatted(prefix + name))
				.contains(" must be " + allowed)
				.doesNotContain("p@ss", "ss@", "pass@");
			assertThat(analysis.getAction()).startsWith("Set '%s' to %s".formatted(prefix + name, allowed));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "cluster.max-redirects=-1", "lettuce.cluster.refresh.period=1ms",
			"lettuce.cluster.refresh.period=-1s", "lettuce.cluster.refresh.period=9223372036854775807s" })
	void aKeyOfAClusterWithAValueThatCannotWorkIsNamed(String pair) {
		for (String prefix : List.of("spring.data.redis.", NAMED + "redis.")) {
			assertThat(
					analyze(this.contextRunner.withPropertyValues(prefix + pair, prefix + "cluster.nodes=127.0.0.1:1"))
						.getDescription())
				.startsWith("The key '%s' has the value ".formatted(prefix + pair.substring(0, pair.indexOf('='))));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "host=", "host=  ", "url=", "url=${NOT_SET:}", "sentinel.master=" })
	void anAddressOfTheDefaultPoolThatIsEmptyIsCalledSo(String pair) {
		assertThat(analyze(this.contextRunner.withPropertyValues("spring.data.redis." + pair)).getDescription())
			.startsWith("The key 'spring.data.redis.%s' is empty".formatted(pair.substring(0, pair.indexOf('='))));
	}

	@ParameterizedTest
	@ValueSource(strings = { "idle-timeout", "keepalive-interval", "leak-detection-threshold", "max-lifetime",
			"max-wait", "validate-after-idle", "validation-timeout" })
	void aDurationThatOverflowsIsRefused(String name) {
		for (String prefix : List.of("lettuce.pool.", NAMED)) {
			assertThat(analyze(prefix + name, "9223372036854775807s").getDescription())
				.startsWith("The key '%s' has the value '9223372036854775807s'".formatted(prefix + name))
				.contains("which must be a duration of at most 36500d.");
		}
	}

	@Test
	void addressesThatAConnectionDetailsBeanReplacesAreNotLookedAt() {
		this.contextRunner.withPropertyValues("spring.data.redis.port=70000", "spring.data.redis.host=")
			.withBean(DataRedisConnectionDetails.class,
					() -> new KeyedConnectionDetails(new RedisKeys("other", new DataRedisProperties()), null))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void blanksAroundANumberAreNoPartOfIt() {
		this.contextRunner.withInitializer(keys(Map.of("lettuce.pool.max-size", "16 ",
				"lettuce.pool.shared-connections", " 3", "lettuce.pool.low-latency-callers", "auto\n")))
			.run((context) -> {
				PoolSettings settings = context.getBean(RedisPool.class).getSettings();
				assertThat(settings.getMaxSize()).isEqualTo(16);
				assertThat(settings.getSharedConnections()).isEqualTo(3);
			});
	}

	@Test
	void keysBesideThoseOfPoolsAreTheApplicationsOwn() {
		this.contextRunner.withInitializer(keys(Map.of("lettuce.legacy.password", "", "lettuce.legacy.size", "10MB")))
			.run((context) -> {
				Environment environment = context.getEnvironment();
				BindHandler handler = new NoBlankValues.Advisor(environment).apply(BindHandler.DEFAULT);
				assertThat(Binder.get(environment).bind("lettuce.legacy", Bindable.of(Legacy.class), handler).get())
					.isEqualTo(new Legacy("", DataSize.ofMegabytes(10)));
			});
	}

	private FailureAnalysis analyze(String key, String value) {
		return analyze(this.contextRunner.withInitializer(keys(Map.of(key, value))));
	}

	private static ApplicationContextInitializer<ConfigurableApplicationContext> keys(Map<String, Object> keys) {
		return (context) -> context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("keys", keys));
	}

	private FailureAnalysis analyze(ApplicationContextRunner contextRunner) {
		FailureAnalysis[] analysis = new FailureAnalysis[1];
		ConfigurableEnvironment[] environment = new ConfigurableEnvironment[1];
		contextRunner.withInitializer((context) -> environment[0] = context.getEnvironment()).run((context) -> {
			assertThat(context).hasFailed();
			analysis[0] = new InvalidPoolSettingFailureAnalyzer(environment[0]).analyze(context.getStartupFailure());
			assertThat(analysis[0]).as(() -> "analysis of " + context.getStartupFailure()).isNotNull();
		});
		return analysis[0];
	}

	record Legacy(String password, DataSize size) {

	}

}
