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
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Overtaking}.
 */
@Tag("unit")
class OvertakingTests {

	private static final Duration SECOND = Duration.ofSeconds(1);

	private final MovedTime time = new MovedTime();

	private final AtomicInteger wakeUps = new AtomicInteger();

	private final Overtaking overtaking = new Overtaking(this.time.clock(), this.wakeUps::incrementAndGet);

	@Test
	void nothingIsExpectedBeforeEightWakeUpsInARowWereInVain() {
		wakeInVain(7);
		assertThat(this.overtaking.isExpected()).isFalse();
		this.time.move(SECOND);
		assertThat(this.wakeUps).hasValue(0);
		wakeInVain(1);
		assertThat(this.overtaking.isExpected()).isTrue();
	}

	@Test
	void oneThatWasNotInVainEndsItAndIsCountedFrom() {
		wakeInVain(7);
		this.overtaking.end();
		wakeInVain(7);
		assertThat(this.overtaking.isExpected()).isFalse();
		wakeInVain(1);
		assertThat(this.overtaking.isExpected()).isTrue();
		this.overtaking.end();
		assertThat(this.overtaking.isExpected()).isFalse();
	}

	@Test
	void oneGuardWakesTheHeadEachMillisecondWhileOvertakingIsExpected() {
		wakeInVain(12);
		this.time.move(Duration.ofMillis(1));
		assertThat(this.wakeUps).hasValue(1);
		this.time.move(Duration.ofMillis(9));
		assertThat(this.wakeUps).hasValue(10);
	}

	@Test
	void theGuardGoesOnceOvertakingHasEnded() {
		wakeInVain(8);
		this.overtaking.end();
		this.time.move(SECOND);
		assertThat(this.wakeUps).hasValue(0);
	}

	@Test
	void nothingIsExpectedWithoutAGuard() {
		ScheduledExecutorService stopped = Mockito.mock(ScheduledExecutorService.class, (call) -> {
			throw new RejectedExecutionException("stopped");
		});
		Overtaking withoutGuard = new Overtaking(PoolClock.system(stopped), this.wakeUps::incrementAndGet);
		for (int i = 0; i < 8; i++) {
			withoutGuard.wokenInVain();
		}
		assertThat(withoutGuard.isExpected()).isFalse();
	}

	private void wakeInVain(int times) {
		for (int i = 0; i < times; i++) {
			this.overtaking.wokenInVain();
		}
	}

}
