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

package io.github.lettucepool.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the answers in the documents have the fields of real ones.
 */
class ShownAnswersTests extends HttpTests {

	private static final Duration BOUND = Duration.ofSeconds(30);

	private static final Path DOCUMENT = Path.of("..", "docs", "observability.md");

	private static final String LEFT_OUT = "…";

	@Test
	void theAnswerOfTheHealthEndpointIsARealOne() throws IOException {
		Set<String> shown = fields(answer("\"saturated\"", "\"status\""));
		await().atMost(BOUND)
			.untilAsserted(() -> assertThat(fields(ask("/actuator/health/redisPool"))).isEqualTo(shown));
	}

	@Test
	void theAnswerOfTheEndpointIsARealOne() throws IOException {
		JsonNode shown = answer("\"pools\"", "\"settings\"");
		Set<String> fields = fields(shown);
		// Not there before enough was seen.
		fields.removeIf((field) -> field.startsWith("/pools/0/advice/") || field.endsWith("/recommendedMaxSize"));
		// The port is another one.
		fields.removeIf((field) -> field.contains("/connectionsByNode/"));
		await().atMost(BOUND).untilAsserted(() -> {
			JsonNode real = ask("/actuator/redispools");
			assertThat(fields(real)).containsAll(fields);
			assertThat(shown.at("/pools/0").propertyNames()).containsAll(real.at("/pools/0").propertyNames());
		});
	}

	private static JsonNode answer(String... contents) throws IOException {
		List<String> answers = Pattern.compile("(?ms)^```json\\n(.*?)^```$")
			.matcher(Files.readString(DOCUMENT))
			.results()
			.map((block) -> block.group(1))
			.filter((block) -> List.of(contents).stream().allMatch(block::contains))
			.toList();
		assertThat(answers).hasSize(1);
		return JsonMapper.shared().readTree(answers.get(0));
	}

	private JsonNode ask(String path) {
		return JsonMapper.shared()
			.readTree(get(path).expectStatus().isOk().returnResult(String.class).getResponseBody());
	}

	/**
	 * The fields of an answer, each with its way; of an array, those of the first
	 * element.
	 */
	private static Set<String> fields(JsonNode answer) {
		Set<String> fields = new TreeSet<>();
		addFields(answer, "", fields);
		return fields;
	}

	private static void addFields(JsonNode node, String way, Set<String> fields) {
		if (node.isArray() && !node.isEmpty()) {
			addFields(node.get(0), way + "/0", fields);
		}
		for (String name : node.propertyNames()) {
			if (!name.equals(LEFT_OUT)) {
				fields.add(way + "/" + name);
				addFields(node.get(name), way + "/" + name, fields);
			}
		}
	}

}
