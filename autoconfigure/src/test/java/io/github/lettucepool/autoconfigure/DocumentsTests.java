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
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.advice.Advice;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the documents lead where they say, and leave nothing out.
 */
class DocumentsTests {

	private static final Pattern LINK = Pattern.compile("]\\(([^)\\s]+)\\)");

	private static final Pattern LOG_CALL = Pattern.compile("(?s)logger\\s*\\.(?:warn|error)\\(.*?;\\n");

	private static final Pattern LITERAL = Pattern.compile("\"([^\"]*)\"");

	private static final Pattern CLASS_NAME = Pattern.compile("`((?:[A-Z][a-z]+){2,})`");

	private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

	@ParameterizedTest
	@MethodSource("documents")
	void eachLinkLeadsSomewhere(Path document) {
		LINK.matcher(Documents.text(document))
			.results()
			.map((link) -> URI.create(link.group(1)))
			.filter((link) -> link.getScheme() == null)
			.forEach((link) -> assertThatItExists(document, link));
	}

	private static void assertThatItExists(Path document, URI link) {
		Path target = link.getPath().isEmpty() ? document : document.resolveSibling(link.getPath()).normalize();
		assertThat(Files.exists(target)).as("%s of %s", link, document).isTrue();
		if (link.getFragment() != null) {
			assertThat(anchors(target)).as("%s of %s", link, document).contains(link.getFragment());
		}
	}

	@Test
	void theRunbookHasEachReasonForClosingAConnection() {
		assertThat(anchors(Documents.doc("operations.md")))
			.containsAll(Arrays.stream(CloseReason.values()).map(CloseReason::id).toList());
	}

	@Test
	void theRunbookHasEachTopicOfAdvice() {
		assertThat(anchors(Documents.doc("operations.md")))
			.containsAll(Arrays.stream(Advice.Topic.values()).map(Advice.Topic::id).toList());
	}

	@Test
	void theRunbookHasEachAlert() {
		String rules = Documents.text(Path.of("..", "sample-app", "ops", "prometheus", "redis-pool-alerts.yml"));
		List<String> alerts = Pattern.compile("- alert: (\\w+)")
			.matcher(rules)
			.results()
			.map((alert) -> "\n- `" + alert.group(1) + "`")
			.toList();
		assertThat(alerts).isNotEmpty();
		assertThat(Documents.text(Documents.doc("operations.md"))).contains(alerts);
	}

	@Test
	void theRunbookHasEachLineOfTheLog() {
		List<String> lines = Documents.mainSources().flatMap(DocumentsTests::logLines).distinct().toList();
		assertThat(lines).hasSizeGreaterThan(10);
		assertThat(Documents.text(Documents.doc("operations.md"))).contains(lines);
	}

	/**
	 * The lines that a class may log at WARN or ERROR: the text of all literals of a
	 * call, as the beginning of an item.
	 */
	private static Stream<String> logLines(String source) {
		return LOG_CALL.matcher(source).results().map((call) -> {
			String line = LITERAL.matcher(call.group())
				.results()
				.map((literal) -> literal.group(1))
				.collect(Collectors.joining())
				.replaceAll("%[sd]", "…");
			assertThat(line).as("the text of " + call.group()).isNotBlank();
			return "\n- `" + line.replace("……", "…") + (line.endsWith(" ") ? "…" : "") + "`";
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "../docs/design.md", "src/main/java/io/github/lettucepool/package-info.java" })
	void eachRoomIsOnTheMap(String map) throws IOException {
		String text = Documents.text(Path.of(map));
		try (Stream<Path> files = Files.walk(Path.of("src", "main", "java", "io", "github", "lettucepool"), 2)) {
			assertThat(files.skip(1).filter(Files::isDirectory).map((room) -> room.getFileName().toString()))
				.hasSizeGreaterThan(10)
				.allSatisfy((room) -> assertThat(text).containsPattern("\\b" + room + "\\b"));
		}
	}

	@Test
	void theDesignNamesNoClassThatTheSourcesDoNotKnow() {
		String sources = Documents.mainSources().collect(Collectors.joining());
		List<String> names = CLASS_NAME.matcher(Documents.text(Documents.doc("design.md")))
			.results()
			.map((name) -> name.group(1))
			.filter((name) -> !name.endsWith("Tests"))
			.toList();
		assertThat(names).hasSizeGreaterThan(20)
			.allSatisfy((name) -> assertThat(sources).containsPattern("\\b" + name + "\\b"));
	}

	@Test
	void theTuningGuideHasEachKeyOfAPool() {
		List<String> names = ConfigurationMetadataTests.metadata().read("$.properties[*].name");
		assertThat(Documents.text(Documents.doc("tuning.md"))).contains(names.stream()
			.filter((name) -> name.matches("lettuce\\.pool\\.[^.]+"))
			.map((name) -> "\n- `" + name.substring("lettuce.pool.".length()) + "`")
			.toList());
	}

	@Test
	void theTableOfVersionsHasThoseThatTheBuildRuns() {
		String run = Documents.text(Path.of("..", ".ci", "run"));
		String pom = Documents.text(Path.of("..", "pom.xml"));
		List<String> rows = Documents.text(Documents.doc("compatibility.md"))
			.lines()
			.filter((line) -> line.startsWith("| "))
			.toList();
		assertThat(rows).anyMatch((row) -> row.contains("Java " + property("java.version", pom))
				&& row.contains("Spring Boot " + property("spring-boot.version", pom)));
		Map<String, String> versions = Map.of("-Djvm", "Java 25", "redis-8.0", "redis-server 8.0", "valkey-9.1",
				"Valkey 9.1", "-Plettuce-newest", "Lettuce " + property("lettuce.version", pom).replace(".RELEASE", ""),
				"-Pboot-oldest", "Spring Boot " + property("spring-boot.version", profile("boot-oldest", pom)),
				"-Pboot-newest", "Spring Boot " + property("spring-boot.version", profile("boot-newest", pom)));
		versions.forEach((way, version) -> {
			assertThat(run).contains(way);
			assertThat(rows).as(way).anyMatch((row) -> row.startsWith("| " + version + " |") && row.contains(way));
		});
		assertThat(
				Pattern.compile("(?m)^(on_server |  \\.ci/compatibility|\\.ci/compatibility)").matcher(run).results())
			.hasSameSizeAs(versions.keySet());
	}

	private static String profile(String name, String pom) {
		return pom.substring(pom.indexOf("<id>" + name + "</id>"));
	}

	private static String property(String name, String pom) {
		String start = "<" + name + ">";
		int from = pom.indexOf(start) + start.length();
		return pom.substring(from, pom.indexOf('<', from));
	}

	private static List<String> anchors(Path document) {
		return HEADING.matcher(Documents.text(document))
			.results()
			.map((heading) -> heading.group(1)
				.toLowerCase(Locale.ROOT)
				.replaceAll("[^\\p{L}\\p{N} _-]", "")
				.replace(' ', '-'))
			.toList();
	}

	static Stream<Path> documents() {
		return Documents.all();
	}

}
