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

package io.github.lettucepool.internal.lettuce;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.internal.cluster.TrackedClusterConnection;
import io.github.lettucepool.internal.pool.Lease;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link TrackedConnection}.
 */
@Tag("unit")
class TrackedConnectionTests {

	private final ConnectionTracker tracker = new ConnectionTracker(new ConnectionTracker.Router() {
	});

	private final TrackedRedisConnection<?, ?> connection = mock(TrackedRedisConnection.class);

	@Test
	void whatABorrowerLeftBehindSaysWhetherTheConnectionCanBePutInOrder() {
		assertThat(this.connection.reasonToClose()).isNull();
		RedisCommand<String, String, String> multi = this.tracker.track(command(CommandType.MULTI));
		assertThat(this.connection.reasonToClose()).isNull();
		multi.complete();
		this.tracker.track(command(CommandType.EXEC)).complete();
		RedisCommand<String, String, String> get = this.tracker.track(command(CommandType.GET));
		assertThat(this.connection.reasonToClose()).isEqualTo(CloseReason.REPLY_OUTSTANDING);
		get.complete();
		this.tracker.track(command(CommandType.MONITOR)).complete();
		assertThat(this.connection.reasonToClose()).isEqualTo(CloseReason.UNCLEAN);
	}

	@Test
	void aConnectionToAClusterCannotBePutInOrderAfterWhatIsLeftOnOneOfItsNodes() {
		TrackedClusterConnection<?, ?> cluster = mock(TrackedClusterConnection.class);
		assertThat(cluster.reasonToClose()).isNull();
		this.tracker.track(command(CommandType.WATCH)).complete();
		assertThat(cluster.reasonToClose()).isEqualTo(CloseReason.UNCLEAN);
	}

	@Test
	void aReplicaIsSaidOnce() {
		RedisCommand<String, String, String> set = this.tracker.track(command(CommandType.SET));
		set.getOutput().setError("READONLY You can't write against a read only replica.");
		set.complete();
		assertThat(this.connection.reasonToClose()).isEqualTo(CloseReason.READ_ONLY);
		assertThat(this.connection.reasonToClose()).isNull();
	}

	@Test
	void aBorrowerThatClosesTheConnectionEndsItsLease() {
		assertThat(this.tracker.endLease()).isFalse();
		Lease lease = Mockito.mock(Lease.class);
		Mockito.when(lease.end()).thenReturn(true, false);
		this.connection.lentBy(lease);
		assertThat(this.tracker.endLease()).isTrue();
		assertThat(this.tracker.endLease()).isFalse();
		this.connection.lentBy(null);
		assertThat(this.tracker.endLease()).isFalse();
	}

	private static RedisCommand<String, String, String> command(CommandType type) {
		return new Command<>(type, new StatusOutput<>(StringCodec.UTF8));
	}

	private <T extends TrackedConnection> T mock(Class<T> type) {
		T connection = Mockito.mock(type, Mockito.CALLS_REAL_METHODS);
		Mockito.doReturn(this.tracker).when(connection).tracker();
		return connection;
	}

}
