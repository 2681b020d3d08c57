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

package io.github.lettucepool.advice;

import java.time.Duration;
import java.util.Random;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Tests for {@link DemandHistogram}.
 */
@Tag("unit")
class DemandHistogramTests {

	private static final Duration HALF_LIFE = Duration.ofHours(6);

	private final DemandHistogram histogram = new DemandHistogram(HALF_LIFE, 0);

	@Test
	void anEmptyOneKnowsNothing() {
		assertThat(this.histogram.count()).isZero();
		assertThat(this.histogram.enoughFor(0.99)).isZero();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 16, 63, 64, 65, 100, 127, 128, 1000, 65_537, 1_000_000 })
	void aSteadyNeedIsFoundExactly(int need) {
		record(need, 100);
		assertThat(this.histogram.enoughFor(0.5)).isEqualTo(need);
		assertThat(this.histogram.enoughFor(0.99)).isEqualTo(need);
	}

	@Test
	void aLargeNumberIsFoundExactly() {
		for (int need = 1; need <= 20_000; need++) {
			record(need, 1);
		}
		for (double part : new double[] { 0.01, 0.1, 0.5, 0.9, 0.99 }) {
			assertThat(this.histogram.enoughFor(part)).isEqualTo((int) Math.round(20_000 * part));
		}
	}

	@Test
	void aRarePeakDoesNotCountAndAFrequentOneDoes() {
		record(4, 990);
		record(50, 5);
		assertThat(this.histogram.enoughFor(0.99)).isEqualTo(4);
		record(50, 10);
		assertThat(this.histogram.enoughFor(0.99)).isEqualTo(50);
	}

	@Test
	void momentsAtWhichNothingIsNeededDoNotCount() {
		record(0, 10_000);
		record(7, 10);
		assertThat(this.histogram.count()).isEqualTo(10);
		assertThat(this.histogram.enoughFor(0.5)).isEqualTo(7);
	}

	@Test
	void borrowersThatComeAndGoIndependentlyNeedWhatTheirDistributionSays() {
		// 20 borrowers, each with a connection for half of the time: the binomial
		// distribution has its 99 % at 15.
		Random random = new Random(1);
		for (int i = 0; i < 20_000; i++) {
			int need = Integer.bitCount(random.nextInt(1 << 20));
			this.histogram.record(need, i);
		}
		assertThat(this.histogram.enoughFor(0.99)).isCloseTo(15, within(1));
	}

	@Test
	void whatIsAHalfLifeOldCountsHalf() {
		record(10, 100);
		recordAt(HALF_LIFE, 2, 50);
		assertThat(this.histogram.enoughFor(0.49)).isEqualTo(2);
		assertThat(this.histogram.enoughFor(0.51)).isEqualTo(10);
	}

	@Test
	void anOldLoadIsForgotten() {
		record(40, 36_000);
		recordAt(HALF_LIFE.multipliedBy(8), 5, 36_000);
		assertThat(this.histogram.enoughFor(0.99)).isEqualTo(5);
	}

	@Test
	void yearsLaterTheWeightsAreStillRight() {
		record(40, 1000);
		for (int day = 1; day < 3 * 365; day++) {
			recordAt(Duration.ofDays(day), 5 + day % 2, 10);
		}
		assertThat(this.histogram.enoughFor(0.99)).isEqualTo(6);
		assertThat(this.histogram.enoughFor(0.01)).isEqualTo(5);
	}

	private void record(int need, int times) {
		recordAt(Duration.ZERO, need, times);
	}

	private void recordAt(Duration time, int need, int times) {
		for (int i = 0; i < times; i++) {
			this.histogram.record(need, time.toNanos());
		}
	}

}
