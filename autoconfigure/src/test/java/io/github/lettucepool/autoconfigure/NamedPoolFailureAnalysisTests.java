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
import java.util.ArrayList;
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
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for what an application prints when it does not start because of what it says
 * about named pools.
 */
@ExtendWith(OutputCaptureExtension.class)
class NamedPoolFailureAnalysisTests {

	@Test
	void aPoolWithoutAnAddressIsNamedWithTheKeysThatGiveOne(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.user-sessions.redis.port=7001", "spring.data.redis.host=main.example");
		assertThat(output).contains("The Redis pool 'user-sessions' has no address.")
			.contains("Set 'lettuce.pools.user-sessions.redis.host' or 'lettuce.pools.user-sessions.redis.url'");
	}

	@Test
	void aPoolWithoutAnyKeyHasNoAddress(@TempDir Path directory, CapturedOutput output) throws IOException {
		Path file = Files.writeString(directory.resolve("application.yml"), """
				lettuce:
				  pools:
				    orders:
				""");
		fail(Application.class, "spring.config.location=" + file);
		assertThat(output).contains("The Redis pool 'orders' has no address.");
	}

	@Test
	void anUnknownKeyIsNamedWithItsOriginAndTheKnownOnes(@TempDir Path directory, CapturedOutput output)
			throws IOException {
		Path file = Files.writeString(directory.resolve("application.yml"), """
				lettuce:
				  pools:
				    orders:
				      max-sise: 4
				      redis:
				        host: orders.example
				""");
		fail(Application.class, "spring.config.location=" + file);
		assertThat(output).contains("The Redis pool has no such key:")
			.contains("'lettuce.pools.orders.max-sise' (from ")
			.contains("application.yml] - 4:17)")
			.contains("Below 'lettuce.pools.orders' there are: caller-driven, enabled, fair, idle-timeout, ")
			.contains(", redis, ");
	}

	@Test
	void anUnknownKeyAboutRedisIsNamedWithTheKnownOnes(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.host=orders.example",
				"lettuce.pools.orders.redis.hots=orders.example");
		assertThat(output).contains("'lettuce.pools.orders.redis.hots' (from ")
			.contains("Below 'lettuce.pools.orders.redis' there are: client-name, ")
			.contains(", host, ")
			.contains(", sentinel, ");
	}

	@ParameterizedTest
	@ValueSource(strings = { "password", "url", "redis.pasword", "redis.sentinel.pass", "redis.api-key" })
	void theValueOfAnUnknownKeyIsNotShown(String key, CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.host=orders.example",
				"lettuce.pools.orders." + key + "=redis://user:never-to-be-seen@orders.example");
		assertThat(output).contains("'lettuce.pools.orders." + key + "' (from ").doesNotContain("never-to-be-seen");
	}

	@Test
	void aBadValueIsNamedWithItsKey(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.host=orders.example", "lettuce.pools.orders.max-size=0");
		assertThat(output).contains("The key 'lettuce.pools.orders.max-size' has the value '0' (from ")
			.contains("which must be a number of at least 1.");
	}

	@Test
	void aBadValueOfSpringBootsTwinIsNamedWithThatKey(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.host=orders.example",
				"lettuce.pools.orders.redis.lettuce.pool.max-active=0");
		assertThat(output).contains("The key 'lettuce.pools.orders.redis.lettuce.pool.max-active' has the value '0'")
			.contains("It counts because 'lettuce.pools.orders.max-size' is not set.");
	}

	@Test
	void aValueOfTheWrongTypeIsNamed(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.port=many");
		assertThat(output).contains("Failed to bind properties under 'lettuce.pools.orders.redis.port'")
			.contains("\"many\"");
	}

	@Test
	void aNameThatCollidesWithABeanIsNamedWithTheBean(CapturedOutput output) {
		fail(OwnBean.class, "lettuce.pools.orders.redis.host=orders.example");
		assertThat(output)
			.contains(
					"The Redis pool 'orders' would have a bean 'ordersRedisTemplate', but there is one with this name "
							+ "already, which is declared in ")
			.contains("OwnBean")
			.contains("The pool is declared by 'lettuce.pools.orders'.");
	}

	@Test
	void aNameThatCollidesWithABeanOfSpringBootIsNamedWithTheBean(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.string.redis.host=orders.example");
		assertThat(output).contains("The Redis pool 'string' would have a bean 'stringRedisTemplate'");
	}

	@Test
	void aNameThatCollidesWithABeanOfAnotherPoolIsNamedWithTheBean(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.a.redis.host=a.example", "lettuce.pools.a-string.redis.host=b.example");
		assertThat(output)
			.contains("The Redis pool 'a-string' would have a bean 'aStringRedisTemplate', but there is one "
					+ "with this name already, which is declared in the keys under 'lettuce.pools.a'.");
	}

	@Test
	void theNameOfThePoolOfSpringDataRedisIsTaken(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.redis.redis.host=orders.example");
		assertThat(output).contains(
				"'lettuce.pools.redis' declares a Redis pool with the name of the one that 'spring.data.redis' describes.");
	}

	@Test
	void aNameThatIsNotAllowedIsNamedWithTheRule(@TempDir Path directory, CapturedOutput output) throws IOException {
		Path file = Files.writeString(directory.resolve("application.yml"), """
				lettuce:
				  pools:
				    orders/eu:
				      redis:
				        host: orders.example
				""");
		fail(Application.class, "spring.config.location=" + file);
		assertThat(output)
			.contains("The key 'lettuce.pools.orders/eu.redis.host' declares a Redis pool with the name 'orders/eu', "
					+ "which is not allowed.")
			.contains("lower-case ASCII letters, digits and hyphens that starts with a letter");
	}

	@ParameterizedTest
	@ValueSource(strings = { "health.saturation=down", "metrics.convention=opentelemetry" })
	void aKeyAboutWhatIsShownOfAllPoolsIsNamedWithTheOneToUse(String pair, CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.host=a.example", "lettuce.pools.orders." + pair);
		String group = pair.substring(0, pair.indexOf('.'));
		assertThat(output).contains("A key of 'lettuce.pools.orders.%s' is set".formatted(group))
			.contains("Set it under 'lettuce.pool.%s' instead".formatted(group));
	}

	@ParameterizedTest
	@ValueSource(strings = { "jedis.pool.max-active=3", "listener.auto-startup=false" })
	void aKeyAboutRedisThatMeansNothingIsNamed(String pair, CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.host=a.example", "lettuce.pools.orders.redis." + pair);
		assertThat(output).contains("'lettuce.pools.orders.redis.%s' is set, but has no effect on a named pool"
			.formatted(pair.substring(0, pair.indexOf('.'))));
	}

	@Test
	void anotherClientIsNamed(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.host=a.example",
				"lettuce.pools.orders.redis.client-type=jedis");
		assertThat(output).contains("'lettuce.pools.orders.redis.client-type' is 'jedis'.");
	}

	@Test
	void aPrimaryPoolThatDoesNotExistIsNamedWithThoseThatDo(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.host=a.example", "lettuce.primary-pool=oders");
		assertThat(output).contains("'lettuce.primary-pool' is 'oders', but there is no such pool.")
			.contains("Set it to the name of a pool: redis, orders.");
	}

	@Test
	void keysOfThePoolThatThePrimaryOneReplacesAreNamed(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.host=a.example", "lettuce.primary-pool=orders",
				"lettuce.pool.max-size=4");
		assertThat(output)
			.contains("'lettuce.pool.max-size' is set, but belongs to the pool that 'lettuce.primary-pool' replaces by "
					+ "'orders'.")
			.contains("Set 'lettuce.pools.orders.max-size' instead.");
	}

	@Test
	void aPrimaryPoolBesideTheApplicationsOwnFactoryIsNamed(CapturedOutput output) {
		fail(OwnFactory.class, "lettuce.pools.orders.redis.host=a.example", "lettuce.primary-pool=orders");
		assertThat(output).contains("'lettuce.primary-pool' is 'orders', but the connection factory that is injected "
				+ "where no pool is named does not come from a pool");
	}

	@Test
	void aPrimaryPoolThatIsSwitchedOffIsNamed(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.host=a.example", "lettuce.primary-pool=orders",
				"lettuce.pool.enabled=false");
		assertThat(output).contains(
				"Remove 'lettuce.primary-pool', or that connection factory, or " + "'lettuce.pool.enabled=false'.");
	}

	@Test
	void aServerThatAPoolNeedsIsNamedWithThePoolsKeys(CapturedOutput output) {
		fail(Application.class, "lettuce.pools.orders.redis.host=127.0.0.1", "lettuce.pools.orders.redis.port=1",
				"lettuce.pools.orders.warm-up=required");
		assertThat(output).contains("Pool 'orders' cannot connect to Redis")
			.contains("that 'lettuce.pools.orders.redis.*' names it.")
			.contains("set 'lettuce.pools.orders.warm-up' to");
	}

	private void fail(Class<?> application, String... properties) {
		SpringApplication springApplication = new SpringApplication(application);
		springApplication.setWebApplicationType(WebApplicationType.NONE);
		List<String> arguments = new ArrayList<>();
		for (String property : properties) {
			arguments.add("--" + property);
		}
		assertThatException().isThrownBy(() -> springApplication.run(arguments.toArray(String[]::new)));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class OwnBean {

		@Bean
		String ordersRedisTemplate() {
			return "";
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class OwnFactory {

		@Bean
		LettuceConnectionFactory connectionFactory() {
			return new LettuceConnectionFactory();
		}

	}

}
