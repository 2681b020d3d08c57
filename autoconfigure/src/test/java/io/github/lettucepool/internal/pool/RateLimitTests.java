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

import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RateLimit}.
 */
@Tag("unit")
class RateLimitTests {

	private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

	private final RateLimit limit = new RateLimit(4, 0);

	private final long start = 0;

	@Test
	void aBurstIsOneSecondsWorth() {
		assertThat(happening(this.start, 100)).isEqualTo(4);
	}

	@Test
	void afterABurstTheRestComesEvenlySpread() {
		happening(this.start, 100);
		for (int quarter = 1; quarter <= 20; quarter++) {
			assertThat(happening(this.start + quarter * SECOND / 4, 100)).isOne();
		}
	}

	@Test
	void whatWasNotUsedIsNotSavedUp() {
		happening(this.start, 100);
		assertThat(happening(this.start + 60 * SECOND, 100)).isEqualTo(4);
	}

	@Test
	void whatMustHappenIsDelayedAfterABurst() {
		for (int i = 0; i < 4; i++) {
			assertThat(this.limit.delay(this.start, SECOND)).isZero();
		}
		long first = this.limit.delay(this.start, SECOND);
		assertThat(first).isPositive();
		assertThat(this.limit.delay(this.start, SECOND)).isEqualTo(first + SECOND / 4);
	}

	@Test
	void aDelayIsNeverLongerThanTheLongest() {
		for (int i = 0; i < 10; i++) {
			assertThat(this.limit.delay(this.start, SECOND / 2)).isLessThanOrEqualTo(SECOND / 2);
		}
		assertThat(this.limit.delay(this.start, SECOND / 2)).isEqualTo(SECOND / 2);
		assertThat(this.limit.delay(this.start + SECOND, SECOND / 2)).isZero();
	}

	private int happening(long now, int tries) {
		int happening = 0;
		for (int i = 0; i < tries; i++) {
			happening += this.limit.tryAcquire(now) ? 1 : 0;
		}
		return happening;
	}

}
