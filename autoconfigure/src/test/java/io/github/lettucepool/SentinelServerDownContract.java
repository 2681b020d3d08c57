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

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * A server that is down, behind a sentinel. The sentinel knocks at the server's door as
 * well, so it is the pool's own attempts that are counted.
 */
interface SentinelServerDownContract extends ServerDownContract {

	@Test
	@Override
	@Tag("quick")
	default void aServerThatIsDownSeesTenAttemptsASecondAtMost() {
		TestedPool pool = start((settings) -> settings);
		server().stop();
		long start = System.nanoTime();
		for (int i = 0; i < 2_000; i++) {
			assertThatExceptionOfType(PoolConnectException.class).isThrownBy(pool::borrow);
		}
		await().until(() -> pool.events().connectsFailedCount() >= 2);
		int attempts = pool.events().connectsFailedCount();
		long tenths = Duration.ofNanos(System.nanoTime() - start).toMillis() / 100;
		assertThat(attempts).isLessThanOrEqualTo((int) tenths + 2);
	}

	/**
	 * Nobody can tell the pool's connections from the sentinel's before one has said who
	 * it is: left to the other topologies.
	 */
	@Override
	default void noMoreThanMaxConcurrentConnectsAreUnderWay() {
	}

}
