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

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.sample.HttpTests;
import io.github.lettucepool.sample.lab.ExperimentRunner.Phase;
import io.github.lettucepool.sample.lab.ExperimentRunner.Status;
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
	@ValueSource(strings = { "connection-per-command", "too-large", "broken-connections", "leak", "slow-command",
			"lanes", "cluster" })
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
		assertThat(status.findings().sentences()).hasSize(2).allMatch((sentence) -> sentence.matches("(?s).*\\d.*\\."));
		List<Measured.Figure> after = status.findings().after().figures();
		List<Measured.Figure> before = status.findings().before().figures();
		assertThat(before).hasSizeGreaterThanOrEqualTo(4);
		assertThat(after).extracting(Measured.Figure::name)
			.containsAll(before.stream().map(Measured.Figure::name).toList());
		assertThat(after.get(0).value()).isPositive();
		assertThat(this.pool.getSettings().getMaxSize()).isEqualTo(8);
		assertThat(Thread.getAllStackTraces().keySet())
			.noneMatch((thread) -> thread.getName().startsWith("lab-caller"));
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
