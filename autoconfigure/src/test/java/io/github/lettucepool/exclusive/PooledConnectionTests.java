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
package io.github.lettucepool.exclusive;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PooledConnection}.
 */
@Tag("unit")
class PooledConnectionTests {

	private static final int COUNT = 200;

	private final StatefulConnection<?, ?> connection = Mockito.mock(StatefulConnection.class);

	private final ConnectionStore store = new ConnectionStore(CompletableFuture::new);

	PooledConnectionTests() {
		BDDMockito.given(this.connection.isOpen()).willReturn(true);
	}

	@Test
	void connectionsOfOneAgeAreNotRetiredTogetherAndNoneLongBeforeItsTime() {
		Duration lifetime = Duration.ofMinutes(30);
		long before = System.nanoTime();
		PooledConnection[] connections = new PooledConnection[COUNT];
		for (int i = 0; i < COUNT; i++) {
			connections[i] = connection(lifetime);
		}
		long after = System.nanoTime();
		assertThat(retired(connections, before + lifetime.toNanos() * 9 / 10)).isZero();
		assertThat(retired(connections, after + lifetime.toNanos() * 95 / 100)).isBetween(COUNT / 4, COUNT * 3 / 4);
		assertThat(retired(connections, after + lifetime.toNanos() + 1)).isEqualTo(COUNT);
	}

	@Test
	void withoutALifetimeAConnectionIsNeverTooOld() {
		PooledConnection connection = connection(Duration.ZERO);
		assertThat(connection.reasonToClose(System.nanoTime() + Duration.ofDays(3650).toNanos(), 0)).isNull();
	}

	@Test
	void aConnectionOfAnEarlierGenerationIsRetired() {
		PooledConnection connection = connection(Duration.ZERO);
		assertThat(connection.reasonToClose(System.nanoTime(), 0)).isNull();
		assertThat(connection.reasonToClose(System.nanoTime(), 1)).isEqualTo(CloseReason.RETIRED);
	}

	@Test
	void aConnectionThatIsNotOpenOrWasDisconnectedIsBroken() {
		PooledConnection disconnected = connection(Duration.ZERO);
		disconnected.markBroken();
		assertThat(disconnected.reasonToClose(System.nanoTime(), 0)).isEqualTo(CloseReason.BROKEN);
		PooledConnection closed = connection(Duration.ZERO);
		BDDMockito.given(this.connection.isOpen()).willReturn(false);
		assertThat(closed.reasonToClose(System.nanoTime(), 0)).isEqualTo(CloseReason.BROKEN);
	}

	@Test
	void itRemembersWhenItWasUsedAndWhenTheServerWasHeard() {
		PooledConnection connection = connection(Duration.ZERO);
		connection.used(100);
		assertThat(connection.usedNanos()).isEqualTo(100);
		assertThat(connection.heardNanos()).isEqualTo(100);
		connection.heard(200);
		assertThat(connection.usedNanos()).isEqualTo(100);
		assertThat(connection.heardNanos()).isEqualTo(200);
		assertThat(connection.toString()).matches("connection \\d+ \\(age=\\d{1,5} ms, leases=1\\)");
	}

	@Test
	void whatATrackedConnectionWasLeftWithSaysWhetherItIsGood() {
		ConnectionTracker tracker = new ConnectionTracker();
		TrackedRedisConnection<?, ?> redis = Mockito.mock(TrackedRedisConnection.class);
		BDDMockito.willReturn(tracker).given(redis).tracker();
		PooledConnection connection = new PooledConnection(redis, this.store, 0, PoolSettings.builder().build());
		assertThat(connection.tracker()).isSameAs(tracker);
		assertThat(connection.reasonToCloseOnReturn()).isNull();
		RedisCommand<String, String, String> multi = tracker.track(command(CommandType.MULTI));
		assertThat(connection.reasonToCloseOnReturn()).isNull();
		multi.complete();
		tracker.track(command(CommandType.EXEC)).complete();
		RedisCommand<String, String, String> get = tracker.track(command(CommandType.GET));
		assertThat(connection.reasonToCloseOnReturn()).isEqualTo(CloseReason.REPLY_OUTSTANDING);
		get.complete();
		tracker.track(command(CommandType.MONITOR)).complete();
		assertThat(connection.reasonToCloseOnReturn()).isEqualTo(CloseReason.UNCLEAN);
	}

	@Test
	void aConnectionToAClusterIsNotGoodAfterWhatIsLeftOnOneOfItsNodes() {
		ConnectionTracker tracker = new ConnectionTracker();
		TrackedClusterConnection<?, ?> cluster = Mockito.mock(TrackedClusterConnection.class);
		BDDMockito.willReturn(tracker).given(cluster).tracker();
		PooledConnection connection = new PooledConnection(cluster, this.store, 0, PoolSettings.builder().build());
		assertThat(connection.reasonToCloseOnReturn()).isNull();
		RedisCommand<String, String, String> watch = tracker.track(command(CommandType.WATCH));
		assertThat(connection.reasonToCloseOnReturn()).isEqualTo(CloseReason.REPLY_OUTSTANDING);
		watch.complete();
		assertThat(connection.reasonToCloseOnReturn()).isEqualTo(CloseReason.UNCLEAN);
	}

	private static RedisCommand<String, String, String> command(CommandType type) {
		return new Command<>(type, new StatusOutput<>(StringCodec.UTF8));
	}

	@Test
	void whatIsNotTrackedIsNotGoodAfterATransactionThatIsOpen() {
		assertThat(connection(Duration.ZERO).reasonToCloseOnReturn()).isNull();
		StatefulRedisConnection<?, ?> redis = Mockito.mock(StatefulRedisConnection.class);
		PooledConnection connection = new PooledConnection(redis, this.store, 0, PoolSettings.builder().build());
		assertThat(connection.tracker()).isNull();
		assertThat(connection.reasonToCloseOnReturn()).isNull();
		BDDMockito.given(redis.isMulti()).willReturn(true);
		assertThat(connection.reasonToCloseOnReturn()).isEqualTo(CloseReason.UNCLEAN);
	}

	@Test
	void whatIsNotTrackedIsClosedAsLettuceClosesIt() {
		CompletableFuture<Void> closed = CompletableFuture.completedFuture(null);
		BDDMockito.given(this.connection.closeAsync()).willReturn(closed);
		PooledConnection connection = connection(Duration.ZERO);
		connection.usedBy(Thread.currentThread());
		assertThat(connection.look(System.nanoTime())).isTrue();
		assertThat(connection.close()).isSameAs(closed);
	}

	private int retired(PooledConnection[] connections, long now) {
		int retired = 0;
		for (PooledConnection connection : connections) {
			CloseReason reason = connection.reasonToClose(now, 0);
			assertThat(reason).isIn(null, CloseReason.MAX_LIFETIME);
			retired += (reason != null) ? 1 : 0;
		}
		return retired;
	}

	private PooledConnection connection(Duration lifetime) {
		return new PooledConnection(this.connection, this.store, 0,
				PoolSettings.builder().maxLifetime(lifetime).build());
	}

}
