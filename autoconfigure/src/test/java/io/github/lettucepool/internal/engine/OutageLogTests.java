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

package io.github.lettucepool.internal.engine;

import java.time.Duration;
import java.util.Map;

import io.lettuce.core.RedisConnectionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OutageLog}.
 */
@Tag("unit")
@ExtendWith(OutputCaptureExtension.class)
class OutageLogTests {

	private final OutageLog log = new OutageLog("orders", () -> this.errors, "old:6379"::equals);

	private Map<String, Throwable> errors = Map.of();

	private long now = System.nanoTime();

	@Test
	void anOutageIsOneLineAndItsEndAnother(CapturedOutput output) {
		look(Map.of("here:6379", new RedisConnectionException("refused")), 10);
		assertThat(output).containsOnlyOnce("Pool 'orders' cannot reach here:6379: refused").contains("WARN");
		look(Map.of(), OutageLog.CALM_LOOKS - 1);
		look(Map.of("here:6379", new RedisConnectionException("too many connections")), 1);
		look(Map.of(), OutageLog.CALM_LOOKS - 1);
		assertThat(output).containsOnlyOnce("cannot reach").doesNotContain("again");
		look(Map.of(), 10);
		assertThat(output).containsOnlyOnce("Pool 'orders' reaches here:6379 again, after 5 s").contains("INFO");
		look(Map.of("here:6379", new RedisConnectionException("refused once more")), 1);
		assertThat(output).contains("Pool 'orders' cannot reach here:6379: refused once more");
	}

	@Test
	void eachServerIsToldOf(CapturedOutput output) {
		look(Map.of("here:6379", new RedisConnectionException("refused"), "there:6379",
				new RedisConnectionException("too late")), 2);
		look(Map.of("there:6379", new RedisConnectionException("too late")), OutageLog.CALM_LOOKS);
		assertThat(output).containsOnlyOnce("cannot reach here:6379: refused")
			.containsOnlyOnce("cannot reach there:6379: too late")
			.containsOnlyOnce("reaches here:6379 again")
			.doesNotContain("reaches there:6379");
	}

	@Test
	void aServerThatIsNotUsedAnyMoreIsNotSaidToBeReached(CapturedOutput output) {
		look(Map.of("old:6379", new RedisConnectionException("refused")), 5);
		look(Map.of(), OutageLog.CALM_LOOKS);
		assertThat(output).containsOnlyOnce("Pool 'orders' does not use old:6379 any more, which was lost 2 s ago")
			.doesNotContain("again");
	}

	/**
	 * Looks five times a second.
	 */
	private void look(Map<String, Throwable> errors, int times) {
		this.errors = errors;
		for (int i = 0; i < times; i++) {
			this.log.look(this.now);
			this.now += Duration.ofMillis(200).toNanos();
		}
	}

}
