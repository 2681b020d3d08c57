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
package io.github.lettucepool;

import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What becomes of a connection with time.
 */
interface AgeContract extends PoolContract {

	Duration SHORT = Duration.ofMillis(100);

	Duration LEAST_LIFETIME = Duration.ofSeconds(1);

	@Test
	default void connectionsIdleForLongerThanIdleTimeoutAreClosedDownToMinIdle() {
		TestedPool pool = start((settings) -> settings.maxSize(5).minIdle(1).idleTimeout(SHORT));
		pool.open(4);
		await().until(() -> pool.total() == 1);
		await().until(() -> connections() == 1);
		assertThat(pool.events().closeReasons()).hasSizeGreaterThanOrEqualTo(3).containsOnly(CloseReason.IDLE);
	}

	@Test
	default void anIdleConnectionOlderThanMaxLifetimeIsClosed() {
		TestedPool pool = start((settings) -> settings.maxLifetime(LEAST_LIFETIME));
		pool.open(2);
		await().until(() -> connections() == 0);
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.MAX_LIFETIME, CloseReason.MAX_LIFETIME);
	}

	@Test
	default void aLentConnectionOlderThanMaxLifetimeIsClosedWhenItComesBackAndNotBefore() {
		TestedPool pool = start((settings) -> settings.maxLifetime(LEAST_LIFETIME));
		Borrowed old = pool.borrow();
		pool.open(1);
		await().until(() -> pool.total() == 1);
		assertThat(old.call("ECHO", "alive")).isEqualTo("alive");
		old.giveBack();
		await().until(() -> connections() == 0);
		assertThat(pool.events().closeReasons()).containsOnly(CloseReason.MAX_LIFETIME);
	}

	@Test
	default void idleConnectionsArePingedEveryKeepaliveInterval() {
		TestedPool pool = start((settings) -> settings.keepaliveInterval(SHORT));
		pool.open(1);
		resetCalls();
		await().until(() -> calls("ping") >= 3);
		assertThat(pool.events().closeReasons()).isEmpty();
		assertThat(connections()).isOne();
	}

	@Test
	default void aConnectionThatIsPingedIsNotMissingAmongThoseKeptReady() {
		TestedPool pool = start((settings) -> settings.minIdle(2).keepaliveInterval(SHORT));
		await().until(() -> pool.idle() == 2);
		resetCalls();
		await().until(() -> calls("ping") >= 6);
		assertThat(pool.events().openedCount()).isEqualTo(2);
		assertThat(pool.events().closeReasons()).isEmpty();
	}

	@Test
	default void aConnectionThatDoesNotAnswerAKeepaliveIsReplaced() {
		TestedPool pool = start((settings) -> settings.minIdle(1).keepaliveInterval(SHORT).validationTimeout(SHORT));
		await().until(() -> pool.idle() == 1);
		server().pause();
		await().until(() -> pool.events().closedFor(CloseReason.VALIDATION_FAILED) > 0);
		server().resume();
		await().until(() -> pool.idle() == 1);
		pool.borrow().giveBack();
	}

	@Test
	default void aConnectionThatWasIdleForLongIsPingedBeforeItIsLent() {
		TestedPool pool = start((settings) -> settings.validateAfterIdle(Duration.ZERO));
		pool.open(1);
		resetCalls();
		pool.borrow().giveBack();
		assertThat(calls("ping")).isOne();
		pool.borrow().giveBack();
		assertThat(calls("ping")).isEqualTo(2);
		assertThat(connections()).isOne();
	}

	@Test
	default void aConnectionUsedAMomentAgoIsNotPinged() {
		TestedPool pool = start(UnaryOperator.identity());
		pool.open(1);
		resetCalls();
		for (int i = 0; i < 20; i++) {
			pool.borrow().giveBack();
		}
		assertThat(calls()).isEmpty();
	}

	@Test
	default void minIdleHoldsWithoutAnyOtherSetting() {
		TestedPool pool = start((settings) -> settings.minIdle(2)
			.keepaliveInterval(Duration.ZERO)
			.idleTimeout(Duration.ZERO)
			.maxLifetime(Duration.ZERO));
		await().until(() -> pool.idle() == 2 && connections() == 2);
		killConnections();
		await().until(() -> pool.events().closedFor(CloseReason.BROKEN) == 2);
		await().until(() -> pool.idle() == 2 && connections() == 2);
		List<Borrowed> borrowed = pool.borrow(2);
		await().until(() -> pool.idle() == 2 && connections() == 4);
		borrowed.forEach(Borrowed::giveBack);
	}

	@Test
	default void connectionsAreKeptReadyWithTheCodecThatIsBorrowed() {
		TestedPool pool = start((settings) -> settings.maxSize(2).minIdle(2));
		await().until(() -> pool.idle() == 2);
		pool.open(2);
		pool.pool().retireAll();
		await().until(() -> pool.events().closedFor(CloseReason.RETIRED) == 2 && pool.idle() == 2);
		int opened = pool.events().openedCount();
		pool.open(2);
		assertThat(pool.events().openedCount()).isEqualTo(opened);
	}

	@Test
	default void maxIdleIsNotExceededByConnectionsThatComeBack() {
		TestedPool pool = start((settings) -> settings.maxSize(4).maxIdle(1));
		pool.borrow(4).forEach(Borrowed::giveBack);
		await().until(() -> connections() == 1);
		assertThat(pool.idle()).isOne();
		assertThat(pool.events().closeReasons()).hasSize(3).containsOnly(CloseReason.IDLE);
	}

}
