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
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PooledConnection}.
 */
@Tag("unit")
class PooledConnectionTests {

	private static final int COUNT = 200;

	private final FakeConnection connection = new FakeConnection();

	private final ConnectionStore store = new ConnectionStore(new FakeServer()::open);

	@Test
	void connectionsOfOneAgeAreNotRetiredTogetherAndNoneLongBeforeItsTime() {
		Duration lifetime = Duration.ofMinutes(30);
		List<PooledConnection> connections = Stream.generate(() -> connection(lifetime)).limit(COUNT).toList();
		assertThat(retired(connections, lifetime.toNanos() * 9 / 10)).isZero();
		assertThat(retired(connections, lifetime.toNanos() * 95 / 100)).isBetween(COUNT / 4, COUNT * 3 / 4);
		assertThat(retired(connections, lifetime.toNanos() + 1)).isEqualTo(COUNT);
	}

	@Test
	void withoutALifetimeAConnectionIsNeverTooOld() {
		PooledConnection connection = connection(Duration.ZERO);
		assertThat(connection.reasonToClose(Duration.ofDays(3650).toNanos(), 0)).isNull();
	}

	@Test
	void aConnectionOfAnEarlierGenerationIsRetired() {
		PooledConnection connection = connection(Duration.ZERO);
		assertThat(connection.reasonToClose(0, 0)).isNull();
		assertThat(connection.reasonToClose(0, 1)).isEqualTo(CloseReason.RETIRED);
	}

	@Test
	void aConnectionThatIsNotOpenIsBroken() {
		PooledConnection closed = connection(Duration.ZERO);
		this.connection.open = false;
		assertThat(closed.reasonToClose(0, 0)).isEqualTo(CloseReason.BROKEN);
	}

	@Test
	void itRemembersWhenItWasUsedAndWhenThePeerWasHeard() {
		PooledConnection connection = connection(Duration.ZERO);
		connection.used(100);
		assertThat(connection.usedNanos()).isEqualTo(100);
		assertThat(connection.heardNanos()).isEqualTo(100);
		connection.heard(200);
		assertThat(connection.usedNanos()).isEqualTo(100);
		assertThat(connection.heardNanos()).isEqualTo(200);
		assertThat(connection.describe(Duration.ofMillis(7).toNanos()))
			.matches("connection \\d+ \\(allocated, age=7 ms, leases=1\\)");
	}

	@Test
	void aConnectionThatWasInUseJustNowIsNotLookedAt() {
		PooledConnection connection = connection(Duration.ZERO);
		this.connection.silentlyClosed = true;
		assertThat(connection.look(1_000)).isTrue();
		assertThat(this.connection.isOpen()).isTrue();
		connection.look(Duration.ofMillis(1).toNanos());
		assertThat(this.connection.isOpen()).isFalse();
	}

	private static int retired(List<PooledConnection> connections, long now) {
		int retired = 0;
		for (PooledConnection connection : connections) {
			CloseReason reason = connection.reasonToClose(now, 0);
			assertThat(reason).isIn(null, CloseReason.MAX_LIFETIME);
			retired += (reason != null) ? 1 : 0;
		}
		return retired;
	}

	private PooledConnection connection(Duration lifetime) {
		return new PooledConnection(this.connection, this.store, 0, 0,
				PoolSettings.builder().maxLifetime(lifetime).build());
	}

}
