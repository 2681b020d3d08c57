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

import java.util.concurrent.TimeUnit;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.sample.lab.Latencies.Distribution;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Latencies}.
 */
class LatenciesTests {

	private final Latencies latencies = new Latencies();

	@Test
	void percentilesAreRightToFourPercent() {
		Latencies.Window window = this.latencies.window();
		for (int millis = 1; millis <= 1000; millis++) {
			this.latencies.add(TimeUnit.MILLISECONDS.toNanos(millis));
		}
		Distribution distribution = window.next();
		assertThat(distribution.count()).isEqualTo(1000);
		assertThat(distribution.p50()).isCloseTo(500, Percentage.withPercentage(4));
		assertThat(distribution.p99()).isCloseTo(990, Percentage.withPercentage(4));
	}

	@Test
	void aWindowHasWhatWasCountedSinceTheLastLook() {
		this.latencies.add(TimeUnit.SECONDS.toNanos(1));
		Latencies.Window window = this.latencies.window();
		this.latencies.add(TimeUnit.MILLISECONDS.toNanos(2));
		assertThat(window.next().p99()).isCloseTo(2, Percentage.withPercentage(4));
		assertThat(window.next()).isEqualTo(new Distribution(0, 0, 0));
	}

	@Test
	void anyTimeHasABucket() {
		Latencies.Window window = this.latencies.window();
		this.latencies.add(-1);
		this.latencies.add(0);
		this.latencies.add(15);
		this.latencies.add(16);
		this.latencies.add(Long.MAX_VALUE);
		assertThat(window.next().count()).isEqualTo(5);
	}

}
