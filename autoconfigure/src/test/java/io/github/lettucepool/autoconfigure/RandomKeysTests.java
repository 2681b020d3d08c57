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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.health.RedisPoolHealthIndicator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for values that nobody thought of: whatever the keys say, the pool works, or the
 * application does not start and says of which key that comes. The keys are those of the
 * configuration metadata; what they get is drawn at random. {@code -Drandom-keys.cases}
 * has more cases drawn; each is named after its seed, and
 * {@code -Drandom-keys.seed=17 -Drandom-keys.cases=1} draws one of them again.
 * {@link HostileKeysTests} leaves out no key and draws nothing.
 */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(300)
class RandomKeysTests {

	private static final String CASES = "random-keys.cases";

	private static final String SEED = "random-keys.seed";

	private static final List<String> NUMBERS = List.of("-2147483649", "-2147483648", "-1", "0", "1", "2", "3", "16",
			"100", "1e3", "1e309", "1.5", "0x10", "0b1", "010", "+4", "-0", "1_000", "1,000", "١", "NaN", "Infinity",
			"-Infinity", "10001", "65536", "2147483647", "2147483648", "99999999999999999999", "auto", "AUTO", "auto ");

	private static final List<String> DURATIONS = List.of("-1", "-1ms", "0", "0ms", "1ns", "1us", "1ms", "10", "500ms",
			"1s", "2m", "1h", "10000d", "106752d", "9223372036854775807", "9223372036854775807ns",
			"-9223372036854775808ns", "9223372036854775807d", "-9223372036854775808s", "PT0.5S", "PT-1S", "P1D", "P1Y",
			"PT2562047788015215H", "PT2562047788015216H", "PT-2562047788015215H-30M-8S", "1 s", "1S", "1M", "1µs", "1w",
			"1m30s", "NaNs", "٣s", "1e3ms", "5 parsecs", "soon");

	private static final List<String> WORDS = List.of("", " ", "true", "false", "TRUE", "yes", "maybe", "none", "reads",
			"ALL", "raeds", "background", "required", "requierd", "up", "down", "out-of-service", "OUT_OF_SERVICE",
			"out of service", "opentelemetry", "open-telemetry", "lettuce-pool", "null", "${nothing}", "${nothing:4}",
			"${nothing", "on", "0", "#{1 + 1}", "a,b", "\t", "\uD83D\uDE80", "x".repeat(5000));

	@Redis
	private static RedisServer server;

	@ParameterizedTest
	@MethodSource("cases")
	@Tag("slow")
	void thePoolWorksOrTheFailureNamesTheKey(Case drawn, CapturedOutput output) {
		tryOut(drawn, output);
	}

	@ParameterizedTest
	@MethodSource("fewCases")
	void thePoolWorksOrTheFailureNamesTheKeyInAFewCases(Case drawn, CapturedOutput output) {
		tryOut(drawn, output);
	}

	private static void tryOut(Case drawn, CapturedOutput output) {
		List<String> keys = drawn.keys();
		List<String> arguments = new ArrayList<>(keys);
		arguments.add("--spring.data.redis.port=" + server.port());
		if (keys.stream().anyMatch((key) -> key.startsWith("--lettuce.pools.other."))) {
			arguments.add("--lettuce.pools.other.redis.url=redis://%s:%d".formatted(server.host(), server.port()));
		}
		SpringApplication application = new SpringApplication(Application.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		ConfigurableApplicationContext started;
		try {
			started = application.run(arguments.toArray(String[]::new));
		}
		catch (RuntimeException ex) {
			assertThat(output).contains("APPLICATION FAILED TO START", "Description:", "Action:");
			String said = output.toString().replace("-", "");
			assertThat(keys)
				.anySatisfy((key) -> assertThat(said).contains(key.substring(0, key.indexOf('=')).replace("-", "")));
			return;
		}
		try (ConfigurableApplicationContext context = started) {
			assertThat(context.getBeansOfType(PooledLettuceConnectionFactory.class)).isNotEmpty();
			context.getBeansOfType(StringRedisTemplate.class).values().forEach(RandomKeysTests::use);
			context.getBeansOfType(PooledLettuceConnectionFactory.class).values().forEach(RandomKeysTests::look);
			assertThat(context.getBean(MeterRegistry.class).getMeters()).isNotEmpty()
				.allSatisfy((meter) -> assertThat(meter.measure()).isNotEmpty());
		}
	}

	private static void look(PooledLettuceConnectionFactory factory) {
		RedisPool pool = factory.getPool();
		assertThat(pool.snapshot().state()).isEqualTo(PoolSnapshot.State.RUNNING);
		await().untilAsserted(() -> assertThat(pool.snapshot().exclusive().active()).isZero());
		assertThat(new RedisPoolHealthIndicator(pool).health().getStatus()).isEqualTo(Status.UP);
	}

	private static void use(StringRedisTemplate template) {
		// Nobody waits for a connection as long as it takes to open it if max-wait is
		// shorter than that: then it is there for who comes next.
		await().ignoreExceptions().untilAsserted(() -> {
			template.opsForValue().set("key", "value");
			assertThat(template.opsForValue().get("key")).isEqualTo("value");
			template.opsForList().leftPush("list", "element");
			assertThat(template.opsForList().leftPop("list", Duration.ofSeconds(10))).isEqualTo("element");
		});
	}

	static Stream<Case> fewCases() {
		return cases().limit(12);
	}

	static Stream<Case> cases() {
		return LongStream.range(0, Integer.getInteger(CASES, 60))
			.map((number) -> Long.getLong(SEED, 0) + number)
			.mapToObj((seed) -> new Case(seed, draw(new Random(seed))));
	}

	private static List<String> draw(Random random) {
		// One key in half of the cases, so that none hides behind another's error.
		int count = random.nextBoolean() ? 1 : 2 + random.nextInt(4);
		List<Map<String, Object>> all = ConfigurationMetadataTests.metadata()
			.read("$.properties[?(@.name =~ /lettuce\\.p.*/)]");
		return random.ints(0, all.size())
			.mapToObj(all::get)
			.filter((property) -> !property.get("name").equals("lettuce.pools"))
			.filter((property) -> !property.get("name").equals("lettuce.pool.enabled"))
			.limit(count)
			.map((property) -> "--%s=%s".formatted(place(property.get("name").toString(), random),
					value(property, random)))
			.toList();
	}

	/**
	 * The pool's own key, as it is written in different ways, or that of a named pool.
	 */
	private static String place(String key, Random random) {
		String name = key.substring(key.lastIndexOf('.') + 1);
		return switch (random.nextInt(8)) {
			case 0 -> key.substring(0, key.length() - name.length()) + name.replace("-", "");
			case 1, 2 -> key.equals("lettuce.pool." + name) ? "lettuce.pools.other." + name : key;
			default -> key;
		};
	}

	private static String value(Map<String, Object> property, Random random) {
		String type = property.get("type").toString();
		List<String> fitting = type.endsWith("Duration") ? DURATIONS
				: (type.endsWith("Integer") || type.endsWith("String")) ? NUMBERS : WORDS;
		List<String> from = (random.nextInt(5) > 0) ? fitting : WORDS;
		return from.get(random.nextInt(from.size()));
	}

	/**
	 * What a test is named after.
	 */
	private record Case(long seed, List<String> keys) {

		@Override
		public String toString() {
			return "seed %d: %s".formatted(this.seed, this.keys);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
