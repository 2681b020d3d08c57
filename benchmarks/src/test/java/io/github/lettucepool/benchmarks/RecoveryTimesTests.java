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

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs {@link RecoveryTimes} with one sample of each fault.
 */
@Tag("slow")
class RecoveryTimesTests {

	private final ByteArrayOutputStream console = new ByteArrayOutputStream();

	private final RecoveryTimes times = new RecoveryTimes(1,
			new PrintStream(this.console, true, StandardCharsets.UTF_8));

	@Test
	void eachFailoverHasTheTimesOfBothLanesAndTheLongestCall() {
		this.times.cluster();
		this.times.sentinels("");
		assertThat(this.console.toString(StandardCharsets.UTF_8).lines()).hasSize(5)
			.allSatisfy((line) -> assertThat(line).matches("\\| (cluster|sentinels), .*( \\| \\d+){4} \\|"));
	}

	@Test
	void eachFaultOfASingleServerHasATime() {
		this.times.singleServers();
		assertThat(this.console.toString(StandardCharsets.UTF_8).lines()).hasSize(10)
			.allSatisfy((line) -> assertThat(line).matches("\\| .* \\| (tuned|defaults) \\| \\d+ \\|"));
	}

}
