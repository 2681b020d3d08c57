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

package io.github.lettucepool.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes a run as JSON, for programs to compare.
 */
public final class JsonReport {

	private static final JsonMapper MAPPER = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

	private JsonReport() {
	}

	/**
	 * Writes the report.
	 * @param report the run
	 * @param file where to write
	 * @throws IOException if that fails
	 */
	public static void write(Report report, Path file) throws IOException {
		Map<String, @Nullable Object> json = new LinkedHashMap<>();
		json.put("time", report.time().toString());
		json.put("machine", report.machine());
		json.put("command", report.command());
		json.put("roundMillis", report.roundTime().toMillis());
		json.put("cells", report.cells().stream().map(JsonReport::cell).toList());
		Files.writeString(file, MAPPER.writeValueAsString(json));
	}

	private static Map<String, Object> cell(Cell cell) {
		Map<String, Object> json = new LinkedHashMap<>();
		json.put("workload", cell.workload());
		json.put("description", cell.description());
		json.put("callers", cell.callers());
		json.put("rounds", cell.rounds());
		json.put("results", cell.results().stream().map((result) -> result(cell, result)).toList());
		return json;
	}

	private static Map<String, @Nullable Object> result(Cell cell, Result result) {
		Map<String, @Nullable Object> json = new LinkedHashMap<>();
		json.put("contestant", result.contestant().id());
		json.put("role", result.contestant().role().name().toLowerCase(Locale.ROOT));
		Figures figures = result.figures();
		if (figures == null) {
			json.put("failure", result.failure());
			return json;
		}
		json.put("figures", figures);
		Map<String, Double> ratios = new LinkedHashMap<>();
		for (Metric metric : Metric.values()) {
			cell.ratio(figures, metric).ifPresent((ratio) -> ratios.put(metric.name().toLowerCase(Locale.ROOT), ratio));
		}
		json.put("toBestPeer", ratios);
		return json;
	}

}
