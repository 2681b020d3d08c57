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

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Tests that the dashboard and the alerts in {@code ops} fit the meters.
 */
class OperationsTests extends HttpTests {

	private static final Path OPS = Path.of("ops");

	private static final Path DASHBOARD = OPS.resolve("grafana/lettuce-pool.json");

	private static final Path ALERTS = OPS.resolve("prometheus/redis-pool-alerts.yml");

	private static final Path ALERT_TESTS = OPS.resolve("prometheus/redis-pool-alerts-test.yml");

	private static final Path GUIDE = Path.of("..", "docs", "observability.md");

	private static final Pattern METRIC = Pattern.compile("\\blettuce_pool_[a-z_]+\\b");

	/** Grafana's names of the units that make sense here. */
	private static final Set<String> UNITS = Set.of("short", "s", "percentunit", "ops", "cps");

	@Test
	void everyMetricOfTheDashboardIsThere() {
		assertThat(scrape()).containsAll(metrics(dashboardExpressions()));
	}

	@Test
	void everyMetricOfTheAlertsIsThere() {
		assertThat(scrape()).containsAll(metrics(alertExpressions()));
	}

	@Test
	void everyMeterButTheLimitOfIdleConnectionsIsOnTheDashboard() {
		Set<String> unused = new TreeSet<>(meters(scrape()));
		unused.removeAll(meters(metrics(dashboardExpressions())));
		// What Micrometer makes of observations, once there are some.
		unused.removeIf((meter) -> meter.startsWith("lettuce_pool_wait"));
		assertThat(unused).containsExactly("lettuce_pool_max_idle");
	}

	@Test
	void everyPanelSaysWhatItShowsInWhichUnitAndAsksTheChosenPools() {
		JsonNode dashboard = dashboard();
		assertThat(dashboard.path("panels")).isNotEmpty().allSatisfy((panel) -> {
			assertThat(panel.path("title").asString()).isNotBlank();
			assertThat(panel.path("description").asString()).endsWith(".");
			assertThat(panel.path("type").asString()).isIn("timeseries", "stat");
			assertThat(panel.at("/fieldConfig/defaults/unit").asString()).isIn(UNITS);
			assertThat(panel.at("/datasource/uid").asString()).isEqualTo("${datasource}");
			assertThat(panel.path("targets")).isNotEmpty().allSatisfy((target) -> {
				assertThat(target.path("legendFormat").asString()).isNotBlank();
				assertThat(target.path("expr").asString()).contains("pool=~\"$pool\"", "instance=~\"$instance\"");
			});
		});
	}

	@Test
	void timesAreInSecondsAndCountsAreNot() {
		dashboard().path("panels").forEach((panel) -> {
			boolean time = panel.path("targets")
				.valueStream()
				.map((target) -> target.path("expr").asString())
				.anyMatch((expression) -> expression.matches("(?s).*_seconds_(bucket|sum|max).*"));
			assertThat(panel.at("/fieldConfig/defaults/unit").asString().equals("s")).as(panel.path("title").asString())
				.isEqualTo(time);
		});
	}

	@Test
	void panelsHaveNumbersOfTheirOwnAndDoNotOverlap() {
		Set<String> cells = new TreeSet<>();
		Set<Integer> numbers = new TreeSet<>();
		dashboard().path("panels").forEach((panel) -> {
			assertThat(numbers.add(panel.path("id").asInt())).isTrue();
			JsonNode place = panel.path("gridPos");
			assertThat(place.path("x").asInt() + place.path("w").asInt()).isLessThanOrEqualTo(24);
			for (int x = place.path("x").asInt(); x < place.path("x").asInt() + place.path("w").asInt(); x++) {
				for (int y = place.path("y").asInt(); y < place.path("y").asInt() + place.path("h").asInt(); y++) {
					assertThat(cells.add(x + "/" + y)).as(panel.path("title").asString()).isTrue();
				}
			}
		});
	}

	@Test
	void everyVariableThatIsUsedIsDefined() {
		Set<String> defined = dashboard().at("/templating/list")
			.valueStream()
			.map((variable) -> variable.path("name").asString())
			.collect(Collectors.toCollection(TreeSet::new));
		Set<String> used = find(Pattern.compile("\\$\\{?([a-z]+)\\b"), read(DASHBOARD), 1);
		assertThat(used).isSubsetOf(defined);
	}

	@Test
	void prometheusAcceptsTheAlerts() throws Exception {
		promtool("check", "rules", ALERTS.toString());
	}

	@Test
	void theAlertsAreRaisedWhenTheyShouldBe() throws Exception {
		promtool("test", "rules", ALERT_TESTS.toString());
	}

	@Test
	void prometheusAcceptsTheExpressionsOfTheDashboard(@TempDir Path folder) throws Exception {
		List<Map<String, Object>> rules = new ArrayList<>();
		for (String expression : dashboardExpressions()) {
			String plain = expression.replaceAll("\\$__(rate_interval|range)", "5m").replaceAll("\\$[a-z]+", ".*");
			rules.add(Map.of("record", "panel:expression:" + rules.size(), "expr", plain));
		}
		Path file = folder.resolve("dashboard.yml");
		Files.writeString(file,
				new Yaml().dump(Map.of("groups", List.of(Map.of("name", "dashboard", "rules", rules)))));
		promtool("check", "rules", file.toString());
	}

	@Test
	void prometheusAcceptsTheConfigurationOfTheGuideBesideTheAlerts(@TempDir Path folder) throws Exception {
		List<String> configurations = Pattern.compile("(?ms)^```yaml\\n(.*?)^```$")
			.matcher(read(GUIDE))
			.results()
			.map((block) -> block.group(1))
			.filter((block) -> block.contains("scrape_configs:"))
			.toList();
		assertThat(configurations).hasSize(1);
		Path file = Files.writeString(folder.resolve("prometheus.yml"), configurations.get(0));
		Files.copy(ALERTS, folder.resolve(ALERTS.getFileName()));
		promtool("check", "config", file.toString());
	}

	@Test
	void everyAlertIsTestedAndSaysHowBadItIsAndWhatToKnow() {
		String tests = read(ALERT_TESTS);
		assertThat(alerts()).isNotEmpty().allSatisfy((alert) -> {
			assertThat(tests).contains(alert.get("alert").toString());
			assertThat(((Map<?, ?>) alert.get("labels")).get("severity")).isIn("warning", "critical");
			assertThat(((Map<?, ?>) alert.get("annotations")).keySet().toString()).contains("summary", "description");
		});
	}

	private Set<String> scrape() {
		String text = get("/actuator/prometheus").expectStatus().isOk().returnResult(String.class).getResponseBody();
		return find(Pattern.compile("(?m)^(lettuce_pool_[a-z_]+)"), text, 1);
	}

	private static Set<String> metrics(List<String> expressions) {
		assertThat(expressions).isNotEmpty();
		return find(METRIC, String.join("\n", expressions), 0);
	}

	/**
	 * Metrics without what Prometheus adds to the name of a timer.
	 */
	private static Set<String> meters(Set<String> metrics) {
		return metrics.stream()
			.map((metric) -> metric.replaceAll("_(bucket|count|sum|max)$", "")
				.replaceAll("^lettuce_pool$", "lettuce_pool_max"))
			.collect(Collectors.toCollection(TreeSet::new));
	}

	private static Set<String> find(Pattern pattern, String text, int group) {
		return pattern.matcher(text)
			.results()
			.map((MatchResult match) -> match.group(group))
			.collect(Collectors.toCollection(TreeSet::new));
	}

	private static List<String> dashboardExpressions() {
		return dashboard().path("panels")
			.valueStream()
			.flatMap((panel) -> panel.path("targets").valueStream())
			.map((target) -> target.path("expr").asString())
			.toList();
	}

	private static List<String> alertExpressions() {
		return alerts().stream().map((alert) -> alert.get("expr").toString()).toList();
	}

	@SuppressWarnings("unchecked")
	private static List<Map<String, Object>> alerts() {
		Map<String, Object> file = new Yaml().load(read(ALERTS));
		return ((List<Map<String, Object>>) file.get("groups")).stream()
			.flatMap((group) -> ((List<Map<String, Object>>) group.get("rules")).stream())
			.toList();
	}

	private static JsonNode dashboard() {
		return JsonMapper.shared().readTree(read(DASHBOARD));
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void promtool(String... arguments) throws IOException, InterruptedException {
		boolean there = Pattern.compile(File.pathSeparator, Pattern.LITERAL)
			.splitAsStream(System.getenv("PATH"))
			.anyMatch((folder) -> Files.isExecutable(Path.of(folder, "promtool")));
		assumeThat(there).as("promtool is not on the path; the Debian package prometheus has it").isTrue();
		List<String> command = new ArrayList<>(List.of("promtool"));
		command.addAll(List.of(arguments));
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(output).isZero();
	}

}
