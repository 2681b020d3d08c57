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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for what an application prints when it does not start because of a bad key or a
 * version that does not fit.
 */
@ExtendWith(OutputCaptureExtension.class)
class FailureAnalysisTests {

	@Test
	void aBadValueIsNamedWithItsKeyItsOriginAndWhatIsAllowed(@TempDir Path directory, CapturedOutput output)
			throws IOException {
		Path file = Files.writeString(directory.resolve("application.yml"), """
				lettuce:
				  pool:
				    max-size: 0
				""");
		fail(Application.class, "--spring.config.location=" + file);
		assertThat(output).contains("The key 'lettuce.pool.max-size' has the value '0' (from ")
			.contains("application.yml] - 3:15), which must be a number of at least 1.")
			.contains("Set 'lettuce.pool.max-size' to a number of at least 1.");
	}

	@Test
	void aValueThatDoesNotFitAnotherOneIsNamedWithTheOther(CapturedOutput output) {
		fail(Application.class, "--lettuce.pool.min-idle=20");
		assertThat(output).contains("The key 'lettuce.pool.min-idle' has the value '20'")
			.contains("which must be a number from 0 to max-size, which is 16.");
	}

	@Test
	void aLimitBelowMinIdleIsNamed(CapturedOutput output) {
		fail(Application.class, "--lettuce.pool.max-size=auto", "--lettuce.pool.max-size-limit=4",
				"--lettuce.pool.min-idle=8");
		assertThat(output).contains("The key 'lettuce.pool.min-idle' has the value '8'")
			.contains("which must be a number from 0 to max-size-limit, which is 4.");
	}

	@Test
	void aLimitThatIsNoneIsNamed(CapturedOutput output) {
		fail(Application.class, "--lettuce.pools.orders.max-size=auto", "--lettuce.pools.orders.max-size-limit=0");
		assertThat(output).contains("The key 'lettuce.pools.orders.max-size-limit' has the value '0'")
			.contains("which must be a number of at least 1.");
	}

	@Test
	void aDurationIsNamedAsItWasWritten(CapturedOutput output) {
		fail(Application.class, "--lettuce.pool.idle-timeout=-5s");
		assertThat(output).contains("The key 'lettuce.pool.idle-timeout' has the value '-5s'")
			.contains("which must be a duration of 0 or more.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "lettuce.pool.max-size", "lettuce.pool.max-wait", "lettuce.pool.shared-connections",
			"lettuce.pools.orders.max-size", "lettuce.pools.orders.redis.host" })
	void anEmptyValueIsCalledEmpty(String key, CapturedOutput output) {
		fail(Application.class, "--" + key + "=${NOT_SET:}");
		assertThat(output).contains("The key '%s' is empty (from ".formatted(key)).doesNotContain("\tat ");
	}

	@ParameterizedTest
	@ValueSource(strings = { "timeout=-1s", "connect-timeout=0", "port=70000", "host= ", "url=redis://us:p@ss@host" })
	void aBadValueOfARedisKeyIsNamedWithoutAStackTrace(String pair, CapturedOutput output) {
		fail(Application.class, "--spring.data.redis." + pair);
		assertThat(output).contains("The key 'spring.data.redis.%s' ".formatted(pair.substring(0, pair.indexOf('='))))
			.doesNotContain("\tat ", "p@ss", "ss@host");
	}

	@Test
	void aPlaceholderIsNamedWithItsValue(CapturedOutput output) {
		fail(Application.class, "--lettuce.pool.max-size=${pool.size}", "--pool.size=-3");
		assertThat(output).contains("The key 'lettuce.pool.max-size' has the value '-3'");
	}

	@Test
	void aBadValueOfSpringBootsPoolIsNamedWithThatKey(CapturedOutput output) {
		fail(Application.class, "--spring.data.redis.lettuce.pool.max-active=-1");
		assertThat(output)
			.contains("The key 'spring.data.redis.lettuce.pool.max-active' has the value '-1' (from "
					+ "\"spring.data.redis.lettuce.pool.max-active\" from property source \"commandLineArgs\"), "
					+ "which must be a number of at least 1. It counts because 'lettuce.pool.max-size' is not set.")
			.contains("Set 'spring.data.redis.lettuce.pool.max-active' to a number of at least 1.");
	}

	@Test
	void sharedConnectionsThatAreNoNumberAreNamed(CapturedOutput output) {
		fail(Application.class, "--lettuce.pool.shared-connections=many");
		assertThat(output).contains("The key 'lettuce.pool.shared-connections' has the value 'many'")
			.contains("which must be 'auto' or a number of at least 0.");
	}

	@Test
	void aValueOfTheWrongTypeIsNamed(CapturedOutput output) {
		fail(Application.class, "--lettuce.pool.min-idle=many");
		assertThat(output).contains("Failed to bind properties under 'lettuce.pool.min-idle'").contains("\"many\"");
	}

	@Test
	void anUnknownEnumValueIsNamedWithTheKnownOnes(CapturedOutput output) {
		fail(Application.class, "--lettuce.pool.warm-up=later");
		assertThat(output).contains("lettuce.pool.warm-up").contains("later").contains("BACKGROUND");
	}

	@Test
	void anUnknownKeyIsNamedWithTheKnownOnes(CapturedOutput output) {
		fail(Application.class, "--lettuce.pool.max-sise=4");
		assertThat(output).contains("The Redis pool has no such key:")
			.contains("'lettuce.pool.max-sise' (from \"lettuce.pool.max-sise\" from property source "
					+ "\"commandLineArgs\")")
			.contains("Below 'lettuce.pool' there are: caller-driven, enabled, fair, ")
			.contains(", max-size, ");
	}

	@ParameterizedTest
	@ValueSource(strings = { "password", "pasword", "redis.password", "url", "api-key" })
	void theValueOfAnUnknownKeyIsNotShown(String key, CapturedOutput output) {
		fail(Application.class, "--lettuce.pool." + key + "=never-to-be-seen");
		assertThat(output).contains("'lettuce.pool." + key + "' (from ").doesNotContain("never-to-be-seen");
	}

	@Test
	void aKeyThatHasAnotherNameInSpringBootIsNamedWithTheNameHere(CapturedOutput output) {
		fail(Application.class, "--lettuce.pool.max-active=4");
		assertThat(output).contains("'lettuce.pool.max-active' (from ").contains("here it is called 'max-size'");
	}

	@Test
	void aBadValueInCodeIsNamedAsSuch(CapturedOutput output) {
		fail(OwnFactory.class);
		assertThat(output)
			.contains("The setting 'max-size' of a Redis pool has the value '0', which must be a number "
					+ "of at least 1.")
			.contains("Correct the code that sets it");
	}

	@Test
	void anApplicationPrintsTheVersionsInPlaceOfAStackTrace(CapturedOutput output) {
		SpringApplication application = new SpringApplication(Application.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.addInitializers((context) -> VersionCheck.check("4.0.1", "6.8.1", List::of));
		assertThatExceptionOfType(UnusablePoolException.class).isThrownBy(application::run);
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("Lettuce Pool does not work with Spring Boot 4.0.1. "
					+ "It works with Spring Boot 4.1 or newer and Lettuce 7.5 to 7.7.")
			.contains("Use Spring Boot 4.1 or newer")
			.doesNotContain("\tat ");
	}

	@Test
	void eachApplicationIsChecked() {
		assertThat(new SpringApplication(Application.class).getInitializers()).anyMatch(VersionCheck.class::isInstance);
	}

	private void fail(Class<?> application, String... arguments) {
		SpringApplication springApplication = new SpringApplication(application);
		springApplication.setWebApplicationType(WebApplicationType.NONE);
		assertThatException().isThrownBy(() -> springApplication.run(arguments));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class OwnFactory {

		@Bean
		PooledLettuceConnectionFactory redisConnectionFactory() {
			return new PooledLettuceConnectionFactory("own", new RedisStandaloneConfiguration(),
					LettuceClientConfiguration.defaultConfiguration(), PoolSettings.builder().maxSize(0).build());
		}

	}

}
