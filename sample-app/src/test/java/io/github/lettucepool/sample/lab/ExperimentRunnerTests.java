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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.sample.lab.ExperimentRunner.Phase;
import io.github.lettucepool.sample.lab.ExperimentRunner.Status;
import io.github.lettucepool.sample.lab.experiments.Experiment;
import io.github.lettucepool.sample.lab.experiments.Findings;
import io.github.lettucepool.sample.lab.experiments.Stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ExperimentRunner} with experiments that end in other ways than those
 * of {@link ExperimentTests}.
 */
@ExtendWith(OutputCaptureExtension.class)
class ExperimentRunnerTests {

	private static final Duration BOUND = Duration.ofSeconds(30);

	@Test
	void theLabIsFreeAgainAfterAnError() {
		ExperimentRunner runner = run(() -> {
			throw new StackOverflowError("too deep");
		});
		await().atMost(BOUND).until(() -> !runner.isRunning());
		Status status = runner.status();
		assertThat(status).isNotNull();
		assertThat(status.phase()).isEqualTo(Phase.FAILED);
		assertThat(status.error()).isEqualTo("too deep");
		assertThat(runner.start("test", Duration.ofSeconds(1))).isTrue();
	}

	@Test
	void oneThatIsStoppedWhileItsServersStartIsNoFailure(CapturedOutput output) throws InterruptedException {
		CountDownLatch running = new CountDownLatch(1);
		ExperimentRunner runner = run(() -> {
			running.countDown();
			while (true) {
				RedisServer.builder().start().close();
			}
		});
		assertThat(running.await(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
		runner.stop();
		assertThat(runner.isRunning()).isFalse();
		assertThat(runner.status()).isEqualTo(new Status("test", Phase.STOPPED, -1, 1, null, null));
		assertThat(output).doesNotContain("failed");
	}

	private static ExperimentRunner run(Runnable body) {
		ExperimentRunner runner = new ExperimentRunner(List.of(new TestExperiment(body)),
				new LoadGenerator(new StringRedisTemplate()), new SimpleMeterRegistry());
		runner.open();
		assertThat(runner.start("test", Duration.ofSeconds(1))).isTrue();
		return runner;
	}

	/**
	 * An experiment that only does something.
	 *
	 * @param body what it does
	 */
	private record TestExperiment(Runnable body) implements Experiment {

		@Override
		public About about() {
			return new About("test", "Test", "How does it end?", List.of("before", "after"), "key", "README.md");
		}

		@Override
		public Findings run(Stage stage) {
			this.body.run();
			throw new IllegalStateException("It has no findings");
		}

	}

}
