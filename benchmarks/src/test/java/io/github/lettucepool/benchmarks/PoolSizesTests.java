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
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.benchmarks.PoolSizes.Load;
import io.github.lettucepool.benchmarks.PoolSizes.Outcome;
import io.github.lettucepool.benchmarks.PoolSizes.Plan;
import io.github.lettucepool.benchmarks.PoolSizes.Result;
import io.github.lettucepool.benchmarks.PoolSizes.Sizes;
import io.github.lettucepool.benchmarks.report.Figures;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link PoolSizes}.
 */
class PoolSizesTests {

	@Test
	@Tag("slow")
	void eachWorkloadHasALineOnEachTopology() throws Exception {
		ByteArrayOutputStream console = new ByteArrayOutputStream();
		Plan plan = Plan.parse("--callers=2", "--sizes=1,2", "--rounds=1", "--pairs=1", "--round-time=20ms",
				"--warm-up=20ms");
		new PoolSizes(plan, new PrintStream(console, true, StandardCharsets.UTF_8)).run();
		String output = console.toString(StandardCharsets.UTF_8);
		for (String load : Load.ids()) {
			assertThat(output).containsPattern("(?m)^" + load + " +2 \\| +[12] +\\d+ +\\d+ +[12] \\| +\\d+ ");
		}
		assertThat(output).contains(" of 7 cells").doesNotContain("failed");
	}

	@Test
	void theSmallestSizeThatIsNearlyAsFastAsTheBestIsGoodEnough() {
		Sizes sizes = new Sizes(
				List.of(result(1, 500, 900), result(2, 960, 500), result(4, 1000, 400), result(8, 970, 700)));
		assertThat(sizes.best().size()).isEqualTo(4);
		assertThat(sizes.smallestGood()).isEqualTo(2);
	}

	@Test
	void theMedianOfThePairsCounts() {
		Outcome outcome = new Outcome(2, 4, List.of(figures(1000, 400), figures(500, 800), figures(800, 500)),
				List.of(figures(950, 440), figures(450, 720), figures(800, 1000)));
		assertThat(outcome.throughput()).isEqualTo(0.95);
		assertThat(outcome.p99()).isEqualTo(1.1);
		assertThat(outcome.broken()).isEmpty();
		assertThat(outcome(4, figures(800, 480), figures(1000, 480)).throughput()).isEqualTo(0.9);
	}

	@Test
	void eachBoundThatIsNotKeptIsNamed() {
		assertThat(outcome(4, figures(899, 480), figures(899, 480)).broken()).containsExactly("slow");
		assertThat(outcome(4, figures(900, 481), figures(900, 481)).broken()).containsExactly("late");
		assertThat(outcome(5, figures(900, 480), figures(900, 480)).broken()).containsExactly("large");
		Figures failed = new Figures(1000, 0, 400, 0, 0, 0, 1, 1, 1, "no connection");
		assertThat(outcome(4, failed, figures(1000, 400)).broken()).containsExactly("2 failed: no connection");
	}

	@Test
	void optionsChooseWhatIsRun() {
		Plan plan = Plan.parse("--workloads=blpop-cluster", "--callers=16,64", "--round-time=1s", "--limit=1m");
		assertThat(plan).isEqualTo(
				new Plan(List.of(new Load(Workload.HAND_OFF, true)), List.of(16, 64), List.of(1, 2, 4, 8, 16, 32, 64),
						3, 15, Duration.ofSeconds(1), Duration.ofSeconds(20), Duration.ofMinutes(1)));
	}

	@Test
	void whatIsNoOptionIsSaid() {
		for (String wrong : List.of("--caller=1", "callers=1", "--callers", "--callers=0", "--workloads=incr",
				"--round-time=long")) {
			assertThatIllegalArgumentException().as(wrong).isThrownBy(() -> Plan.parse(wrong));
		}
	}

	private static Outcome outcome(int size, Figures... auto) {
		return new Outcome(2, size, List.of(figures(1000, 400), figures(1000, 400)), List.of(auto));
	}

	private static Result result(int size, double throughput, double p99) {
		return new Result(size, figures(throughput, p99));
	}

	private static Figures figures(double throughput, double p99) {
		return new Figures(throughput, 0, p99, 0, 0, 0, 1, 0, 0, null);
	}

}
