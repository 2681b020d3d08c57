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

package io.github.lettucepool.benchmarks;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import javax.xml.parsers.DocumentBuilderFactory;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import io.github.lettucepool.benchmarks.client.Contestant;
import io.github.lettucepool.benchmarks.report.Report;
import io.github.lettucepool.benchmarks.report.Result;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs {@link LoadDriver} with everybody and everything, for a moment.
 */
class LoadDriverTests {

	@Test
	@Tag("slow")
	void everyContestantDoesEveryWorkloadRightAndTheReportShowsIt(@TempDir Path output) throws Exception {
		doesRight(output, "get-set", "large-values", "incr", "multi-exec", "pipeline", "blpop", "saturated");
	}

	@Test
	void everyContestantDoesAWorkloadRightAndTheReportShowsIt(@TempDir Path output) throws Exception {
		doesRight(output, "get-set", "saturated");
	}

	private static void doesRight(Path output, String... workloads) throws Exception {
		ByteArrayOutputStream console = new ByteArrayOutputStream();
		// In this JVM, which saves starting seven others.
		Report report = run(console, Worker::new, "--workloads=" + String.join(",", workloads), "--callers=2",
				"--rounds=1", "--round-time=20ms", "--warm-up=20ms", "--output=" + output);

		assertThat(report.cells()).hasSize(workloads.length).allSatisfy((cell) -> {
			assertThat(cell.results()).as(cell.workload()).hasSize(cell.workload().equals("saturated") ? 4 : 7);
			assertThat(cell.results()).as(cell.workload())
				.allSatisfy((result) -> assertThat(result.failure()).isNull())
				.allSatisfy((result) -> assertThat(result.figures().message()).isNull())
				.allMatch(Result::clean)
				.allMatch((result) -> result.figures().operations() > 0);
		});
		assertThat(console.toString(StandardCharsets.UTF_8))
			.contains(Contestant.byDefault().stream().map(Contestant::id).toList())
			.contains("commit ", "machine ", "--callers=2", "as a multiple of each peer's");

		JsonNode json = JsonMapper.shared().readTree(output.resolve("report.json"));
		assertThat(json.get("cells")).hasSize(report.cells().size());
		JsonNode first = json.get("cells").get(0).get("results").get(0);
		assertThat(first.get("contestant").asString()).isEqualTo("lettuce-pool");
		assertThat(first.get("figures").get("throughput").asDouble())
			.isEqualTo(report.cells().get(0).results().get(0).figures().throughput());
		// The processor time of so short a round may be less than the system counts.
		assertThat(first.get("toBestPeer").propertyNames()).filteredOn((name) -> !name.equals("cpu"))
			.containsExactly("throughput", "p50", "p99", "p999", "allocated");

		Document svg = DocumentBuilderFactory.newInstance()
			.newDocumentBuilder()
			.parse(output.resolve("report.svg").toFile());
		int results = report.cells().stream().mapToInt((cell) -> cell.results().size()).sum();
		// One bar for each result, on a background.
		assertThat(svg.getElementsByTagName("rect").getLength()).isEqualTo(results + 1);
		assertThat(Files.readString(output.resolve("report.svg")))
			.contains(Contestant.byDefault().stream().map(Contestant::id).toList());
	}

	@Test
	@Tag("slow")
	void aContestantHasAProcessOfItsOwnAndVirtualThreadsWhereTheJdkHasThem(@TempDir Path output) throws Exception {
		String[] args = { "--contestants=jedis", "--workloads=incr", "--callers=2,2v", "--rounds=1",
				"--round-time=20ms", "--warm-up=20ms", "--output=" + output };
		Report report = run(new ByteArrayOutputStream(),
				(contestant) -> WorkerProcess.start(contestant, Options.parse(args)), args);
		assertThat(report.clean()).isTrue();
		assertThat(report.cells()).hasSize((Runtime.version().feature() >= 21) ? 2 : 1);
	}

	private static Report run(ByteArrayOutputStream console, Runner.Starter starter, String... args) throws Exception {
		PrintStream out = new PrintStream(console, true, StandardCharsets.UTF_8);
		return new LoadDriver(Options.parse(args), String.join(" ", args), out, starter).run();
	}

}
