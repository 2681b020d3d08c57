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

import java.beans.PropertyDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

import com.jayway.jsonpath.JsonPath;
import com.jayway.jsonpath.ReadContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.BeanUtils;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.ReflectionUtils;

import io.github.lettucepool.PoolSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for what an IDE reads: the generated configuration metadata.
 */
class ConfigurationMetadataTests {

	/** Keys that have no fixed default. */
	private static final List<String> WITHOUT_DEFAULT = List.of("max-idle", "max-pending");

	/** Keys that do not belong to one pool, with their defaults. */
	private static final Map<String, String> OF_ALL_POOLS = Map.of("health.saturation", "up", "health.saturation-after",
			"10s", "metrics.convention", "lettuce-pool");

	private final List<Map<String, Object>> metadata = read("$.properties");

	@ParameterizedTest
	@MethodSource("names")
	void eachKeyIsDescribedInASentence(String name) {
		assertThat(property("lettuce.pool." + name).get("description")).asString().endsWith(".").hasSizeGreaterThan(20);
	}

	@ParameterizedTest
	@MethodSource("names")
	void eachDefaultIsTheOneThatHolds(String name) {
		Object value = property("lettuce.pool." + name).get("defaultValue");
		if (WITHOUT_DEFAULT.contains(name)) {
			assertThat(value).isNull();
			return;
		}
		assertThat(value).isNotNull();
		switch (name) {
			case "enabled" -> assertThat(value).isEqualTo(true);
			case "shared-connections", "low-latency-callers" -> assertThat(value).isEqualTo("auto");
			default -> assertThat(value.toString()).isEqualTo(written(defaultOf(name)));
		}
	}

	@Test
	void noOtherKeyOfThePoolIsListed() {
		assertThat(this.metadata).extracting((property) -> property.get("name"))
			.filteredOn((name) -> name.toString().startsWith("lettuce.pool."))
			.containsExactlyInAnyOrderElementsOf(Stream.concat(names(), OF_ALL_POOLS.keySet().stream())
				.map((name) -> "lettuce.pool." + name)
				.toList());
	}

	@ParameterizedTest
	@MethodSource("namesOfAllPools")
	void eachKeyOfAllPoolsIsDescribedWithItsDefault(String name) {
		assertThat(property("lettuce.pool." + name).get("description")).asString().endsWith(".").hasSizeGreaterThan(20);
		assertThat(property("lettuce.pool." + name)).containsEntry("defaultValue", OF_ALL_POOLS.get(name));
	}

	static Stream<String> namesOfAllPools() {
		return OF_ALL_POOLS.keySet().stream();
	}

	@Test
	void namedPoolsAreListedWithTheTypeThatHasTheirKeys() {
		assertThat(property("lettuce.pools"))
			.containsEntry("type", "java.util.Map<java.lang.String,%s>".formatted(NamedPoolProperties.class.getName()))
			.containsKey("description");
		assertThat(BeanUtils.getPropertyDescriptors(NamedPoolProperties.class)).extracting(PropertyDescriptor::getName)
			.contains("redis", "maxSize");
		assertThat(choices("lettuce.pools.keys")).isNotEmpty();
		assertThat(property("lettuce.primary-pool")).containsEntry("type", "java.lang.String")
			.containsEntry("defaultValue", NamedPools.DEFAULT_POOL)
			.containsKey("description");
	}

	@Test
	void theKeyOfTheHealthIndicatorIsListed() {
		assertThat(property("management.health.redispool.enabled")).containsEntry("type", "java.lang.Boolean")
			.containsEntry("defaultValue", true)
			.containsKey("description");
	}

	@Test
	void choicesAreListed() {
		assertThat(choices("lettuce.pool.shared-connections")).containsExactly("auto", "0", "1", "2", "4");
		assertThat(choices("lettuce.pool.low-latency-callers")).containsExactly("auto", "0");
		assertThat(choices("lettuce.pool.warm-up"))
			.containsExactlyInAnyOrderElementsOf(constants(PoolSettings.WarmUp.class));
		assertThat(choices("lettuce.pool.health.saturation")).containsExactly("up", "out-of-service", "down");
		assertThat(choices("lettuce.pool.metrics.convention")).containsExactly("lettuce-pool", "opentelemetry");
		assertThat(choices("lettuce.pool.replay"))
			.containsExactlyInAnyOrderElementsOf(constants(PoolSettings.Replay.class));
	}

	@Test
	void autoConfigurationsAreListedInOrder() {
		List<String> names = new ArrayList<>();
		ImportCandidates.load(AutoConfiguration.class, getClass().getClassLoader()).forEach(names::add);
		assertThat(names).filteredOn((name) -> name.startsWith("io.github.lettucepool"))
			.contains(LettucePoolAutoConfiguration.class.getName())
			.isSorted();
	}

	static Stream<String> names() {
		return Arrays.stream(BeanUtils.getPropertyDescriptors(LettucePoolProperties.class))
			.filter((property) -> property.getWriteMethod() != null)
			.map((property) -> DataObjectPropertyName.toDashedForm(property.getName()));
	}

	private Map<String, Object> property(String name) {
		List<Map<String, Object>> found = this.metadata.stream()
			.filter((property) -> name.equals(property.get("name")))
			.toList();
		assertThat(found).as(name).hasSize(1);
		return found.get(0);
	}

	private List<String> choices(String name) {
		return read("$.hints[?(@.name == '" + name + "')].values[*].value");
	}

	private List<String> constants(Class<? extends Enum<?>> type) {
		return Arrays.stream(type.getEnumConstants())
			.map((constant) -> constant.name().toLowerCase(Locale.ROOT))
			.toList();
	}

	private Object defaultOf(String name) {
		for (PropertyDescriptor property : BeanUtils.getPropertyDescriptors(PoolSettings.class)) {
			if (DataObjectPropertyName.toDashedForm(property.getName()).equals(name)) {
				return ReflectionUtils.invokeMethod(property.getReadMethod(), PoolSettings.builder().build());
			}
		}
		throw new IllegalArgumentException(name);
	}

	private String written(Object value) {
		if (value instanceof Duration duration) {
			return duration.isZero() ? "0"
					: Stream.of(ChronoUnit.MINUTES, ChronoUnit.SECONDS, ChronoUnit.MILLIS)
						.filter((unit) -> duration.toNanos() % unit.getDuration().toNanos() == 0)
						.map((unit) -> DurationStyle.SIMPLE.print(duration, unit))
						.findFirst()
						.orElseThrow();
		}
		return value.toString().toLowerCase(Locale.ROOT);
	}

	private static <T> List<T> read(String path) {
		return metadata().read(path);
	}

	static ReadContext metadata() {
		try (InputStream stream = ConfigurationMetadataTests.class
			.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
			return JsonPath.parse(stream);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
