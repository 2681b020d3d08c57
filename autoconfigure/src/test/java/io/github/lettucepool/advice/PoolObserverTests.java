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
import java.util.List;
import java.util.function.UnaryOperator;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.FakePoolServer;
import io.github.lettucepool.FakeRedisPool;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PoolObserver}.
 */
@Tag("unit")
class PoolObserverTests {

	private final FakePoolServer server = new FakePoolServer();

	private final FakeRedisPool pool = new FakeRedisPool("orders").server(this.server);

	private final PoolObserver observer = new PoolObserver(this.pool, 0);

	private long now;

	@Test
	void atFirstThereIsNothingToSay() {
		assertThat(this.observer.recommendedSize()).isNull();
		assertThat(advice()).isEmpty();
	}

	@Test
	void borrowersThatWaitAreDemand() {
		settings((settings) -> settings.maxSize(4));
		this.pool.exclusive(4, 0, 4, 0, 6);
		look(PoolObserver.ENOUGH_MOMENTS);
		assertThat(this.observer.recommendedSize()).isEqualTo(10);
		assertThat(only(Advice.Topic.MAX_SIZE).recommended()).isEqualTo(10);
		assertThat(only(Advice.Topic.MAX_SIZE).text()).contains("Up to 10", "max-size is 4");
	}

	@Test
	void aQueueThatOnlyGrowsIsDemandUpToThreeTimesTheSize() {
		settings((settings) -> settings.maxSize(4));
		this.pool.exclusive(4, 0, 4, 0, 3000);
		look(PoolObserver.ENOUGH_MOMENTS);
		assertThat(this.observer.recommendedSize()).isEqualTo(16);
	}

	@Test
	void whoWaitsForAServerThatIsAwayIsNoDemand() {
		this.pool.exclusive(16, 0, 16, 0, 500).connectError("refused");
		look(100);
		assertThat(this.observer.recommendedSize()).isNull();
	}

	@Test
	void aSizeIsRecommendedOnceEnoughWasSeen() {
		this.pool.exclusive(16, 0, 3, 0, 0);
		look(PoolObserver.ENOUGH_MOMENTS - 1);
		assertThat(this.observer.recommendedSize()).isNull();
		look(1);
		assertThat(this.observer.recommendedSize()).isEqualTo(3);
	}

	@Test
	void aSizeThatIsEnoughNeedsNoAdvice() {
		this.pool.exclusive(16, 0, 16, 0, 0);
		look(100);
		assertThat(advice()).isEmpty();
	}

	@Test
	void demandOfASuspendedPoolDoesNotCount() {
		this.pool.exclusive(16, 0, 0, 0, 500).state(PoolSnapshot.State.SUSPENDED);
		look(100);
		assertThat(this.observer.recommendedSize()).isNull();
	}

	@Test
	void moreKeptReadyThanNeededIsTold() {
		settings((settings) -> settings.minIdle(8));
		this.pool.exclusive(16, 8, 2, 8, 0);
		look(100);
		assertThat(only(Advice.Topic.MIN_IDLE).recommended()).isEqualTo(2);
	}

	@Test
	void aWaitWithoutEndIsTold() {
		settings((settings) -> settings.maxWait(Duration.ofMillis(-1)));
		assertThat(only(Advice.Topic.MAX_WAIT).text()).contains("has no end");
		assertThat(only(Advice.Topic.MAX_WAIT).recommended()).isNull();
	}

	@Test
	void callersThatGiveUpEarlyAreTold() {
		giveUp(5, Duration.ofMillis(300));
		giveUp(5, Duration.ofMillis(700));
		assertThat(only(Advice.Topic.MAX_WAIT).text()).contains("gave up 10 times", "after 700ms", "max-wait is 3s");
		assertThat(only(Advice.Topic.MAX_WAIT).recommended()).isEqualTo("700ms");
	}

	@Test
	void fewCallersThatGiveUpProveNothing() {
		giveUp(9, Duration.ofMillis(300));
		assertThat(advice()).isEmpty();
	}

	@Test
	void callersThatGiveUpLateAreNoReasonToWaitLess() {
		giveUp(20, Duration.ofMillis(1500));
		assertThat(advice()).isEmpty();
	}

	@Test
	void aWaitCostsNothing() {
		assertThat(this.observer.waiting()).isNull();
	}

	@Test
	void aCommandTimeoutLongerThanCallersWaitIsTold() {
		this.server.timeout(Duration.ofSeconds(60));
		assertThat(only(Advice.Topic.TIMEOUT).text()).contains("60s", "no longer than 3s");
	}

	@Test
	void aCommandTimeoutThatLeasesNeedIsFine() {
		this.server.timeout(Duration.ofSeconds(60));
		this.observer.returned(Duration.ofSeconds(40).toNanos());
		assertThat(advice()).isEmpty();
	}

	@Test
	void aLeaseUnderWayCountsAsOneThatNeedsTheTimeout() {
		this.server.timeout(Duration.ofSeconds(60));
		this.pool.lease("consumer", Duration.ofSeconds(30));
		look(1);
		assertThat(advice()).isEmpty();
	}

	@Test
	void aLongLeaseIsForgottenAfterTwoDays() {
		this.server.timeout(Duration.ofSeconds(60));
		this.observer.borrowed(0);
		this.observer.returned(Duration.ofSeconds(40).toNanos());
		for (int day = 0; day < 3; day++) {
			this.now += Duration.ofHours(25).toNanos();
			look(1);
		}
		assertThat(only(Advice.Topic.TIMEOUT)).isNotNull();
	}

	@Test
	void aPoolThatNothingEverBorrowedFromIsTold() {
		this.now = PoolObserver.UNUSED_FOR.toNanos() - 1;
		assertThat(advice()).isEmpty();
		this.now++;
		assertThat(only(Advice.Topic.UNUSED).text()).contains("for 10m");
		this.observer.borrowed(0);
		assertThat(advice()).isEmpty();
	}

	@Test
	void theServerIsAskedAtMostOnceAMinute() {
		look(599);
		assertThat(this.server.questions()).isOne();
		look(2);
		assertThat(this.server.questions()).isEqualTo(2);
	}

	@Test
	void theServerIsNotAskedBeforeAnythingIsConnected() {
		this.pool.shared(2, 0, 0, 0);
		look(5);
		assertThat(this.server.questions()).isZero();
		this.pool.exclusive(16, 0, 1, 0, 0);
		look(5);
		assertThat(this.server.questions()).isOne();
	}

	@Test
	void aStoppedPoolIsLeftAlone() {
		this.pool.state(PoolSnapshot.State.STOPPED);
		look(100);
		assertThat(this.server.questions()).isZero();
	}

	private void settings(UnaryOperator<PoolSettings.Builder> settings) {
		this.pool.settings(settings.apply(this.pool.getSettings().mutate()).build());
	}

	/**
	 * Looks ten times a second.
	 */
	private void look(int times) {
		for (int i = 0; i < times; i++) {
			this.observer.look(this.now);
			this.now += Duration.ofMillis(100).toNanos();
		}
	}

	private void giveUp(int callers, Duration after) {
		for (int i = 0; i < callers; i++) {
			this.observer.gaveUp(after.toNanos());
		}
	}

	private List<Advice> advice() {
		return this.observer.advice(this.now);
	}

	private Advice only(Advice.Topic topic) {
		assertThat(advice()).extracting(Advice::topic).containsExactly(topic);
		return advice().get(0);
	}

}
