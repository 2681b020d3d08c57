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

package io.github.lettucepool.health;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;
import reactor.test.StepVerifier;

import io.github.lettucepool.FakePoolServer;
import io.github.lettucepool.FakeRedisPool;
import io.github.lettucepool.PoolServer;
import io.github.lettucepool.PoolSnapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

/**
 * Tests for {@link RedisPoolHealthIndicator}.
 */
@Tag("unit")
class RedisPoolHealthIndicatorTests {

	private final FakeRedisPool pool = new FakeRedisPool("redis");

	private final RedisPoolHealthIndicator indicator = new RedisPoolHealthIndicator(this.pool);

	@Test
	void aPoolThatMayGrowIsNotSaturated() {
		PoolSnapshot.Exclusive waiting = new PoolSnapshot.Exclusive(4, 0, 4, 0, 4, 9, true);
		assertThat(waiting.saturated()).isFalse();
		assertThat(new PoolSnapshot.Exclusive(4, 0, 4, 0, 4, 9, false).saturated()).isTrue();
	}

	@Test
	void aPoolWithConnectionsIsUpAndShowsBothLanes() {
		this.pool.shared(2, 2, 1, 7).exclusive(16, 1, 3, 4, 0).subscriptions(5);
		Health health = this.indicator.health();
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails()).containsExactly(entry("state", "RUNNING"), entry("saturated", false),
				entry("shared", Map.of("size", 2, "connected", 1, "inFlight", 7)),
				entry("exclusive", Map.of("active", 3, "idle", 4, "pending", 0, "max", 16)), entry("subscriptions", 5));
	}

	@Test
	void aPoolThatCannotConnectIsDownAndSaysWhy() {
		this.pool.shared(2, 0, 0, 0).connectError("Connection refused: localhost/127.0.0.1:6379");
		Health health = this.indicator.health();
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails()).containsEntry("error", "Connection refused: localhost/127.0.0.1:6379");
	}

	@Test
	void aPoolThatLostAllSharedConnectionsIsDownAndSaysSo() {
		this.pool.shared(2, 2, 0, 0);
		Health health = this.indicator.health();
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails()).containsEntry("error", "All connections of the shared lane are lost");
	}

	@Test
	void aPoolWithAConnectionThatCannotOpenMoreIsUpAndSaysWhy() {
		this.pool.shared(2, 2, 2, 0).connectError("ERR max number of clients reached");
		Health health = this.indicator.health();
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails()).containsEntry("error", "ERR max number of clients reached");
	}

	@Test
	void withoutASharedLaneOpenSocketsTellThatRedisCanBeReached() {
		this.pool.shared(0, 0, 0, 0).exclusive(16, 0, 3, 12, 0).connectError("ERR max number of clients reached");
		assertThat(this.indicator.health().getStatus()).isEqualTo(Status.DOWN);
		this.pool.connectionsByNode(Map.of("127.0.0.1:6379", 15));
		Health health = this.indicator.health();
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails()).containsEntry("error", "ERR max number of clients reached");
	}

	@Test
	void aPoolThatHasNotConnectedYetIsUnknown() {
		this.pool.shared(2, 0, 0, 0);
		Health health = this.indicator.health();
		assertThat(health.getStatus()).isEqualTo(Status.UNKNOWN);
		assertThat(health.getDetails()).doesNotContainKey("error");
		assertThat(this.pool.changes()).containsExactly("connect");
	}

	@Test
	void withoutASharedLaneAPoolThatIsConnectingIsUnknownToo() {
		this.pool.shared(0, 0, 0, 0).exclusive(new PoolSnapshot.Exclusive(16, 0, 0, 0, 1, 0));
		assertThat(this.indicator.health().getStatus()).isEqualTo(Status.UNKNOWN);
		this.pool.exclusive(16, 0, 0, 1, 0);
		assertThat(this.indicator.health().getStatus()).isEqualTo(Status.UP);
		assertThat(this.pool.changes()).containsExactly("connect");
	}

	@Test
	void aSaturatedPoolIsUpAndSaysSo() {
		this.pool.exclusive(4, 0, 4, 0, 3);
		Health health = this.indicator.health();
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails()).containsEntry("saturated", true);
	}

	@Test
	void aPoolThatHasBeenSaturatedForLongHasTheStatusForThat() {
		RedisPoolHealthIndicator indicator = new RedisPoolHealthIndicator(this.pool, Status.OUT_OF_SERVICE,
				Duration.ofSeconds(10));
		this.pool.exclusive(4, 0, 4, 0, 3).queuedFor(Duration.ofMillis(9_999));
		assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
		this.pool.queuedFor(Duration.ofSeconds(10).plusNanos(5));
		assertThat(indicator.health().getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
		assertThat(indicator.health().getDetails()).containsEntry("saturated", true)
			.containsEntry("saturatedFor", "PT10S")
			.doesNotContainKey("error");
	}

	@Test
	void aSaturatedPoolWhoseServerCannotBeReachedIsDownWithTheReason() {
		RedisPoolHealthIndicator indicator = new RedisPoolHealthIndicator(this.pool, Status.OUT_OF_SERVICE,
				Duration.ZERO);
		this.pool.shared(2, 2, 0, 0)
			.exclusive(4, 0, 4, 0, 3)
			.queuedFor(Duration.ofMinutes(1))
			.connectError("Connection refused: localhost/127.0.0.1:6379");
		assertThat(indicator.health().getStatus()).isEqualTo(Status.DOWN);
		assertThat(indicator.health().getDetails()).containsEntry("error",
				"Connection refused: localhost/127.0.0.1:6379");
	}

	@Test
	void borrowersOfASuspendedPoolDoNotSaturateIt() {
		RedisPoolHealthIndicator indicator = new RedisPoolHealthIndicator(this.pool, Status.DOWN, Duration.ZERO);
		this.pool.state(PoolSnapshot.State.SUSPENDED).exclusive(4, 0, 1, 0, 3).queuedFor(Duration.ofMinutes(1));
		assertThat(indicator.health().getStatus()).isEqualTo(Status.UP);
		assertThat(indicator.health().getDetails()).containsEntry("saturated", false).doesNotContainKey("saturatedFor");
	}

	@Test
	void theNodesOfAClusterAreShown() {
		this.pool.server(new FakePoolServer().nodes(new PoolServer.Node("a:7000", true, false),
				new PoolServer.Node("b:7001", false, true)));
		assertThat(this.indicator.health().getDetails()).containsEntry("nodes",
				List.of(Map.of("address", "a:7000", "role", "master", "failed", false),
						Map.of("address", "b:7001", "role", "replica", "failed", true)));
	}

	@Test
	void theConnectionsToEachNodeAreShownWhereThereIsMoreThanOne() {
		this.pool.connectionsByNode(Map.of("a:6379", 5));
		assertThat(this.indicator.health().getDetails()).doesNotContainKey("connectionsByNode");
		this.pool.connectionsByNode(Map.of("a:7000", 5, "b:7001", 2));
		assertThat(this.indicator.health().getDetails()).containsEntry("connectionsByNode",
				Map.of("a:7000", 5, "b:7001", 2));
	}

	@Test
	void aSuspendedPoolIsUpAndSaysSo() {
		this.pool.state(PoolSnapshot.State.SUSPENDED);
		Health health = this.indicator.health();
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails()).containsEntry("state", "SUSPENDED");
	}

	@Test
	void aSuspendedPoolThatCannotConnectIsDown() {
		this.pool.state(PoolSnapshot.State.SUSPENDED).shared(2, 2, 0, 0).connectError("Connection refused");
		assertThat(this.indicator.health().getStatus()).isEqualTo(Status.DOWN);
	}

	@Test
	void aStoppedPoolIsOutOfService() {
		this.pool.state(PoolSnapshot.State.STOPPED).shared(0, 0, 0, 0);
		Health health = this.indicator.health();
		assertThat(health.getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
		assertThat(this.pool.changes()).isEmpty();
		assertThat(health.getDetails()).containsEntry("state", "STOPPED");
	}

	@Test
	void theFiguresAreTakenOnce() {
		this.indicator.health();
		assertThat(this.pool.snapshots()).isOne();
	}

	@Test
	void aReactiveApplicationGetsTheSameOnItsOwnThread() {
		List<Thread> threads = new ArrayList<>();
		RedisPoolHealthIndicator indicator = new RedisPoolHealthIndicator(this.pool) {

			@Override
			protected void doHealthCheck(Health.Builder builder) {
				threads.add(Thread.currentThread());
				super.doHealthCheck(builder);
			}

		};
		StepVerifier.create(new ReactiveRedisPoolHealthIndicator(indicator).health())
			.expectNext(this.indicator.health())
			.verifyComplete();
		assertThat(threads).containsExactly(Thread.currentThread());
	}

}
