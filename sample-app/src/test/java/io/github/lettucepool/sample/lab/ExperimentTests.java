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

package io.github.lettucepool.sample.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.advice.PoolAdvisor;
import io.github.lettucepool.sample.HttpTests;
import io.github.lettucepool.sample.lab.ExperimentRunner.Phase;
import io.github.lettucepool.sample.lab.ExperimentRunner.Status;
import io.github.lettucepool.sample.lab.experiments.Experiment;
import io.github.lettucepool.sample.lab.experiments.Findings;
import io.github.lettucepool.sample.lab.experiments.Measured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for the experiments, each at reduced length, on real servers.
 */
class ExperimentTests extends HttpTests {

	private static final Duration BOUND = Duration.ofSeconds(60);

	@Autowired
	private ExperimentRunner runner;

	@Autowired
	private RedisPool pool;

	@Autowired
	private LoadGenerator load;

	@AfterEach
	void stop() {
		this.runner.stop();
	}

	@ParameterizedTest
	@ValueSource(strings = { "handshake", "connection-per-command", "lazy-creation", "too-large", "pipelining",
			"distance", "lanes", "slow-command", "broken-connections", "leak", "cluster", "peers", "no-pool",
			"self-sizing" })
	@Tag("slow")
	void anExperimentComparesAndSaysWhatWasSeen(String id) {
		compares(id);
	}

	@ParameterizedTest
	@ValueSource(strings = { "too-small", "server-restart" })
	void anExperimentWithOneServerComparesAndSaysWhatWasSeen(String id) {
		compares(id);
	}

	private void compares(String id) {
		post("/lab/experiments/" + id + "?seconds=2").expectStatus().isAccepted();
		await().atMost(BOUND).until(() -> !this.runner.isRunning());
		Status status = this.runner.status();
		assertThat(status).isNotNull();
		assertThat(status.error()).isNull();
		assertThat(status.phase()).isEqualTo(Phase.DONE);
		assertThat(status.id()).isEqualTo(id);
		assertThat(status.findings()).isNotNull();
		Findings findings = status.findings();
		assertThat(findings.sentences()).hasSizeBetween(1, 3)
			.allMatch((sentence) -> sentence.matches("(?s).*\\d.*\\."));
		assertThat(findings.remember()).endsWith(".");
		assertThat(findings.sides()).hasSameSizeAs(about(id).sides())
			.allSatisfy((side) -> assertThat(side.figures()).extracting(Measured.Figure::name)
				.startsWith("Calls", "Median", "99th percentile", "Failed calls"));
		assertThat(this.pool.getSettings().getMaxSize()).isEqualTo(8);
		assertThat(Thread.getAllStackTraces().keySet())
			.noneMatch((thread) -> thread.getName().startsWith("lab-caller"));
	}

	private Experiment.About about(String id) {
		return this.runner.experiments()
			.stream()
			.map(Experiment::about)
			.filter((about) -> about.id().equals(id))
			.findFirst()
			.orElseThrow();
	}

	@Test
	void eachLeadsToADocument() throws IOException {
		for (Experiment experiment : this.runner.experiments()) {
			String[] document = experiment.about().document().split("#", 2);
			List<String> lines = Files.readAllLines(Path.of("..", document[0]));
			if (document.length > 1) {
				assertThat(lines).as(document[0])
					.filteredOn((line) -> line.startsWith("#"))
					.map((line) -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT).replaceAll("[^\\w -]", ""))
					.map((heading) -> heading.replace(' ', '-'))
					.contains(document[1]);
			}
		}
	}

	@Test
	@Tag("slow")
	void theSettingsOfTheApplicationProvokeNoAdvice(@Autowired PoolAdvisor advisor) {
		await().atMost(BOUND).until(() -> advisor.recommendedSize(this.pool) != null);
		assertThat(advisor.advice(this.pool)).isEmpty();
	}

	@Test
	void aLoadWaitsForTheEndOfAnExperiment() {
		String load = """
				{"callers": 2, "virtual": false, "mix": "QUEUE", "payload": 10, "thinkMillis": 1}""";
		put("/lab/load", load).expectStatus().isNoContent();
		post("/lab/experiments/lanes?seconds=60").expectStatus().isAccepted();
		assertProblem(put("/lab/load", load), 409, "An experiment is running: it makes a load of its own");
		await().atMost(BOUND).until(() -> this.load.current() == null);
	}

	@Test
	void oneRunsAtATimeAndCanBeStopped() {
		post("/lab/experiments/lanes?seconds=60").expectStatus().isAccepted();
		assertProblem(post("/lab/experiments/leak"), 409, "An experiment is running: wait for its end, or stop it");
		await().atMost(BOUND).until(() -> this.runner.watched() != null);
		this.runner.stop();
		assertThat(this.runner.isRunning()).isFalse();
		Status status = this.runner.status();
		assertThat(status).isNotNull();
		assertThat(status.phase()).isEqualTo(Phase.STOPPED);
	}

	@Test
	void whatIsNotThereOrTakesTooLongIsRefused() {
		assertProblem(post("/lab/experiments/perpetual-motion"), 404, "There is no experiment 'perpetual-motion'");
		assertProblem(post("/lab/experiments/lanes?seconds=61"), 400, "seconds: must be less than or equal to 60");
	}

}
