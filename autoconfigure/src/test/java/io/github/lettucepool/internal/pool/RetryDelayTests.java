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

package io.github.lettucepool.internal.pool;

import java.time.Duration;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RetryDelay}.
 */
@Tag("unit")
class RetryDelayTests {

	@Test
	void aServerIsTriedTenTimesASecondAtFirstAndOnceASecondAtLast() {
		assertThat(RetryDelay.after(1)).isEqualTo(Duration.ofMillis(100));
		assertThat(RetryDelay.after(20)).isEqualTo(Duration.ofMillis(100));
		assertThat(RetryDelay.after(21)).isEqualTo(Duration.ofMillis(105));
		assertThat(RetryDelay.after(1_000_000)).isEqualTo(Duration.ofSeconds(1));
	}

	@Test
	void aLostConnectionIsOpenedAgainSooner() {
		assertThat(RetryDelay.afterLoss(1)).isEqualTo(Duration.ofMillis(1));
		assertThat(RetryDelay.afterLoss(7)).isEqualTo(Duration.ofMillis(64));
		assertThat(RetryDelay.afterLoss(8)).isEqualTo(Duration.ofMillis(100));
		assertThat(RetryDelay.afterLoss(1_000_000)).isEqualTo(Duration.ofSeconds(1));
	}

}
