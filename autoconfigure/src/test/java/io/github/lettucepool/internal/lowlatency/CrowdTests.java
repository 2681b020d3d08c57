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
package io.github.lettucepool.internal.lowlatency;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Crowd}.
 */
@Tag("unit")
class CrowdTests {

	private static final int CALLERS = 4;

	/**
	 * So many times that those are many who look around, which is one in sixteen.
	 */
	private static final int OFTEN = 2_000;

	private final AtomicInteger inFlight = new AtomicInteger();

	private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 10);

	private final Crowd crowd = new Crowd(CALLERS, this.inFlight::get, this.clock::get);

	@Test
	void itIsSmallUntilACallerFindsNoConnection() {
		this.inFlight.set(100);
		assertThat(smallOf(OFTEN)).isEqualTo(OFTEN);
		this.crowd.grown();
		assertThat(smallOf(OFTEN)).isZero();
	}

	@Test
	void itStaysLargeWhileHalfAsManyCommandsAreInFlightAsCallersAreFew() {
		this.crowd.grown();
		this.inFlight.set(CALLERS / 2);
		pass(Duration.ofHours(1));
		assertThat(smallOf(OFTEN)).isZero();
		this.inFlight.set(CALLERS / 2 - 1);
		assertThat(smallOf(OFTEN)).isPositive();
	}

	@Test
	void itStaysLargeUntilFewCommandsHaveBeenInFlightForAWhile() {
		this.crowd.grown();
		this.inFlight.set(100);
		pass(Duration.ofHours(1));
		assertThat(smallOf(OFTEN)).isZero();
		this.inFlight.set(0);
		assertThat(this.crowd.isSmall()).isFalse();
		assertThat(smallOf(OFTEN)).isPositive();
		assertThat(smallOf(OFTEN)).isEqualTo(OFTEN);
	}

	@Test
	void itStaysLargeForTenMillisecondsAndForTwiceAsLongEachTimeThatTheEndWasTooSoon() {
		long stay = 10;
		for (int i = 0; i < 10; i++) {
			this.crowd.grown();
			assertThatItStaysLargeFor(Duration.ofMillis(Math.min(stay, 2_000)));
			stay *= 2;
			pass(Duration.ofMillis(Math.min(stay, 2_000)).minusNanos(1));
		}
	}

	@Test
	void itStaysLargeForTenMillisecondsAgainIfItWasSmallForLongEnough() {
		this.crowd.grown();
		assertThatItStaysLargeFor(Duration.ofMillis(10));
		this.crowd.grown();
		assertThatItStaysLargeFor(Duration.ofMillis(20));
		pass(Duration.ofMillis(40));
		this.crowd.grown();
		assertThatItStaysLargeFor(Duration.ofMillis(10));
	}

	private void assertThatItStaysLargeFor(Duration duration) {
		assertThat(smallOf(OFTEN)).isZero();
		pass(duration.minusNanos(1));
		assertThat(smallOf(OFTEN)).isZero();
		pass(Duration.ofNanos(1));
		assertThat(smallOf(OFTEN)).isPositive();
	}

	private void pass(Duration time) {
		this.clock.addAndGet(time.toNanos());
	}

	private int smallOf(int times) {
		int small = 0;
		for (int i = 0; i < times; i++) {
			small += this.crowd.isSmall() ? 1 : 0;
		}
		return small;
	}

}
