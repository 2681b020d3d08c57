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

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.github.lettucepool.benchmarks.Options.PlannedCell;
import io.github.lettucepool.benchmarks.client.Contestant;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link Options}.
 */
class OptionsTests {

	@Test
	void theWholeRunHasEveryContestantAndWorkloadAndTakesHalfAnHourAtMost() {
		Options options = Options.parse();
		assertThat(options.contestants()).containsExactlyElementsOf(Contestant.byDefault());
		assertThat(options.plan()).extracting(PlannedCell::workload).contains(Workload.values());
		assertThat(options.estimate()).isLessThan(Duration.ofMinutes(30));
	}

	@Test
	void theQuickRunHasEveryContestantAndWorkloadAndTakesThreeMinutesAtMost() {
		Options options = Options.parse("--quick");
		assertThat(options.contestants()).containsExactlyElementsOf(Contestant.byDefault());
		assertThat(options.plan()).extracting(PlannedCell::workload).contains(Workload.values());
		assertThat(options.estimate()).isLessThan(Duration.ofMinutes(3));
	}

	@Test
	void contestantsWorkloadsAndCallersCanBeChosen() {
		Options options = Options.parse("--contestants=jedis,lettuce-pool", "--workloads=incr,saturated",
				"--callers=3,5", "--rounds=2", "--round-time=1s", "--warm-up=20ms");
		assertThat(options.contestants()).containsExactly(Contestant.LETTUCE_POOL, Contestant.JEDIS);
		assertThat(options.plan()).containsExactly(new PlannedCell(Workload.INCREMENT, Callers.platform(3)),
				new PlannedCell(Workload.INCREMENT, Callers.platform(5)),
				new PlannedCell(Workload.SATURATED, Callers.platform(64)));
		assertThat(options.contestants(options.plan().get(2))).containsExactly(Contestant.JEDIS);
		assertThat(options.rounds()).isEqualTo(2);
		assertThat(options.roundTime()).isEqualTo(Duration.ofSeconds(1));
		assertThat(options.warmUp()).isEqualTo(Duration.ofMillis(20));
	}

	@Test
	void virtualThreadsArePlannedWhereTheJdkHasThem() {
		Options options = Options.parse("--workloads=incr", "--callers=4,4v");
		assertThat(options.plan()).extracting((cell) -> cell.callers().toString())
			.containsExactly((Runtime.version().feature() >= 21) ? new String[] { "4", "4v" } : new String[] { "4" });
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
			--contestants=redis      | --contestants: 'redis' is none of lettuce-pool, lettuce-pool-exclusive
			--workloads=get,incr     | --workloads: 'get' is none of get-set, large-values
			--callers=0              | --callers: '0' is not a number from 1 to 10000
			--callers=8,10001        | --callers: '10001' is not a number from 1 to 10000
			--callers=1w             | --callers: '1w' is not a number from 1 to 10000
			--rounds=26              | --rounds: '26' is not a number from 1 to 25
			--round-time=61s         | --round-time: '61s' is not a duration from 20ms to 60s
			--warm-up=soon           | --warm-up: 'soon' is not a duration from 20ms to 60s
			--quick=yes              | '--quick=yes' is not an option
			--rounds                 | '--rounds' is not an option
			rounds=3                 | 'rounds=3' is not an option
			""")
	void whatCannotBeIsRefusedWithWhatIsAllowed(String arg, String message) {
		assertThatIllegalArgumentException().isThrownBy(() -> Options.parse(arg)).withMessageStartingWith(message);
	}

}
