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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for values that somebody meant ill with, one after the other for each key that
 * there is: the pool works, or the application does not start and says of which key that
 * comes. {@link RandomKeysTests} has several at a time.
 */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(300)
class HostileKeysTests {

	private static final String NAMED = "lettuce.pools.other.";

	private static final List<String> FOR_ALL = List.of("", " ", "NaN", "null", "\uD83D\uDE80", "treu",
			"99999999999999999999", "x".repeat(5000));

	private static final List<String> FOR_NUMBERS = List.of("-2147483648", "-1", "0", "2147483647", "2147483648", "1.5",
			"1e309", "١٢", "4 connections");

	private static final List<String> FOR_DURATIONS = List.of("-9223372036854775808s", "-1ms", "0", "1ns", "36500d",
			"36501d", "9223372036854775807ns", "9223372036854775807d", "PT2562047788015215H", "٣s", "5 parsecs");

	private static final List<String> FOR_CHOICES = List.of("0", "-1", "none,reads", "UP", "out_of_service", "true");

	@Redis
	private static RedisServer server;

	@ParameterizedTest
	@MethodSource("keys")
	@Tag("slow")
	void noValueGivesAnythingButAPoolThatWorksOrAFailureThatNamesTheKey(Key key, CapturedOutput output) {
		key.values().forEach((value) -> tryOut(key, value, output));
	}

	/**
	 * Each key has another value.
	 */
	@Test
	void oneValueOfEachKeyGivesAPoolThatWorksOrAFailureThatNamesTheKey(CapturedOutput output) {
		List<Key> keys = keys().toList();
		for (int i = 0; i < keys.size(); i++) {
			List<String> values = keys.get(i).values();
			tryOut(keys.get(i), values.get(i % values.size()), output);
		}
	}

	private static void tryOut(Key key, String value, CapturedOutput output) {
		assertThat(outcome(key.name(), value, output)).as("%s=%s", key.name(), value)
			.isIn(Outcome.WORKS, Outcome.IS_NAMED);
	}

	private static Outcome outcome(String key, String value, CapturedOutput output) {
		SpringApplication application = new SpringApplication(Application.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.setBannerMode(Banner.Mode.OFF);
		application.setLogStartupInfo(false);
		int said = output.length();
		try (ConfigurableApplicationContext context = application.run("--" + key + "=" + value,
				"--spring.data.redis.port=" + server.port(),
				"--lettuce.pools.other.redis.url=redis://%s:%d".formatted(server.host(), server.port()))) {
			context.getBeansOfType(PooledLettuceConnectionFactory.class)
				.values()
				.forEach((factory) -> assertThat(factory.getPool().snapshot().state())
					.isEqualTo(PoolSnapshot.State.RUNNING));
			context.getBeansOfType(StringRedisTemplate.class).values().forEach(HostileKeysTests::use);
			return Outcome.WORKS;
		}
		catch (RuntimeException ex) {
			String failure = output.toString().substring(said);
			if (!failure.contains("APPLICATION FAILED TO START") || !failure.contains("Action:")) {
				return Outcome.IS_NOT_ANALYSED;
			}
			return failure.replace("-", "").contains(key.replace("-", "")) ? Outcome.IS_NAMED : Outcome.IS_NOT_NAMED;
		}
	}

	private static void use(StringRedisTemplate template) {
		await().ignoreExceptions().untilAsserted(() -> {
			template.opsForValue().set("key", "value");
			assertThat(template.opsForValue().get("key")).isEqualTo("value");
		});
	}

	static Stream<Key> keys() {
		List<Map<String, Object>> all = ConfigurationMetadataTests.metadata()
			.read("$.properties[?(@.name =~ /lettuce\\.p.*/)]");
		return all.stream()
			.filter((property) -> !property.get("name").equals("lettuce.pools"))
			.map((property) -> new Key(property.get("name").toString(), property.get("type").toString()))
			.flatMap((key) -> key.ofEachPool() ? Stream.of(key, key.ofNamedPool()) : Stream.of(key));
	}

	private enum Outcome {

		WORKS, IS_NAMED, IS_NOT_NAMED, IS_NOT_ANALYSED

	}

	/**
	 * What a test is named after.
	 */
	private record Key(String name, String type) {

		boolean ofEachPool() {
			return this.name.matches("lettuce\\.pool\\.[^.]+");
		}

		Key ofNamedPool() {
			return new Key(NAMED + this.name.substring(this.name.lastIndexOf('.') + 1), this.type);
		}

		/**
		 * All of them for the pool's own key, and every third for a named pool, which
		 * only has another prefix.
		 */
		List<String> values() {
			List<String> values = new ArrayList<>(FOR_ALL);
			values.addAll(this.type.endsWith("Duration") ? FOR_DURATIONS
					: (this.type.endsWith("Integer") || this.type.endsWith("String")) ? FOR_NUMBERS : FOR_CHOICES);
			int step = this.name.startsWith(NAMED) ? 3 : 1;
			return Stream.iterate(0, (index) -> index < values.size(), (index) -> index + step)
				.map(values::get)
				.toList();
		}

		@Override
		public String toString() {
			return this.name;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ LettucePoolAutoConfiguration.class, LettucePoolsAutoConfiguration.class,
			LettucePoolMetricsAutoConfiguration.class, LettucePoolHealthContributorAutoConfiguration.class,
			DataRedisAutoConfiguration.class, MetricsAutoConfiguration.class,
			SimpleMetricsExportAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
			HealthContributorRegistryAutoConfiguration.class })
	static class Application {

	}

}
