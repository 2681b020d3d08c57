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

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs {@link LargeValueCost} for a moment.
 */
class LargeValueCostTests {

	@Test
	void eachNumberOfSharedConnectionsHasALine() throws Exception {
		ByteArrayOutputStream console = new ByteArrayOutputStream();
		new LargeValueCost(1, Duration.ofMillis(20), new PrintStream(console, true, StandardCharsets.UTF_8)).run();
		assertThat(console.toString(StandardCharsets.UTF_8)).containsPattern("boot-shared, .* +\\d+ +\\d+ +\\d+ +\\d")
			.containsPattern("shared-connections: 1 +\\d+ +\\d+ +\\d+ +\\d")
			.containsPattern("shared-connections: 2 +\\d+ +\\d+ +\\d+ +\\d")
			.containsPattern("shared-connections: 4 +\\d+ +\\d+ +\\d+ +\\d");
	}

}
