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
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.jayway.jsonpath.ReadContext;
import org.junit.jupiter.api.Test;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the reference of the keys says what an IDE says of them. Makes the file anew
 * with the system property {@value #WRITE}.
 */
class ConfigurationReferenceTests {

	private static final String WRITE = "configuration-reference.write";

	private static final Path FILE = Path.of("..", "docs", "configuration.md");

	private static final String COMMAND = "mvn -pl autoconfigure -am test -Dtest=ConfigurationReferenceTests "
			+ "-Dsurefire.failIfNoSpecifiedTests=false -D" + WRITE;

	private final ReadContext metadata = ConfigurationMetadataTests.metadata();

	@Test
	void theReferenceIsWhatTheMetadataSays() throws IOException {
		String reference = reference();
		if (System.getProperty(WRITE) != null) {
			Files.writeString(FILE, reference);
		}
		assertThat(FILE).as("to be written by " + COMMAND).hasContent(reference);
	}

	private String reference() {
		Predicate<String> ofAllPools = (name) -> name
			.matches("lettuce\\.(pools|primary-pool|pool\\.(health|metrics)\\..*)");
		Predicate<String> ofOnePool = (name) -> name.startsWith("lettuce.") && !ofAllPools.test(name);
		return """
				# Configuration reference

				Made from the configuration metadata, which IDEs read too, by a test of the build. What to change when is in the
				[tuning guide](tuning.md#the-keys). Where Redis is, who logs in, timeouts and TLS are Spring Boot's own keys,
				`spring.data.redis.*`.

				## Keys of a pool

				For the pool of `spring.data.redis.*`; each pool of `lettuce.pools.<name>.*` has them below its name, and those of
				`spring.data.redis.*` below `lettuce.pools.<name>.redis`. Durations are written like `500ms`, `3s`, `10m`.

				%s
				## Keys of all pools together

				%s
				## Keys of Actuator

				%s"""
			.formatted(table(ofOnePool), table(ofAllPools), table((name) -> name.startsWith("management.")));
	}

	private String table(Predicate<String> names) {
		List<Map<String, Object>> properties = this.metadata.read("$.properties");
		return Stream
			.concat(Stream.of("| key | type | default | meaning |", "|---|---|---|---|"),
					properties.stream().filter((property) -> names.test(text(property, "name"))).map(this::row))
			.collect(Collectors.joining("\n", "", "\n"));
	}

	private String row(Map<String, Object> property) {
		String name = text(property, "name");
		Object value = property.get("defaultValue");
		List<Map<String, Object>> choices = this.metadata.read("$.hints[?(@.name == '" + name + "')].values[*]");
		String meaning = text(property, "description") + choices.stream()
			.map((choice) -> " `%s`: %s".formatted(choice.get("value"), text(choice, "description")))
			.collect(Collectors.joining());
		return "| `%s` | %s | %s | %s |".formatted(name, type(text(property, "type"), !choices.isEmpty()),
				(value != null) ? "`" + value + "`" : "", meaning.replace("|", "\\|"));
	}

	private static String type(String type, boolean choices) {
		return switch (ClassUtils.getShortName(type)) {
			case "Boolean" -> "`true` or `false`";
			case "Duration" -> "duration";
			case "Integer" -> "whole number";
			case "String" -> choices ? "choice or whole number" : "text";
			case "Access", "Show" -> "choice, as for each endpoint";
			default -> type.startsWith("java.util.Map") ? "keys of a pool, by name"
					: type.startsWith("java.util.Set") ? "list of texts" : "choice";
		};
	}

	private static String text(Map<String, Object> from, String key) {
		return Objects.requireNonNull(from.get(key), () -> key + " of " + from).toString();
	}

}
