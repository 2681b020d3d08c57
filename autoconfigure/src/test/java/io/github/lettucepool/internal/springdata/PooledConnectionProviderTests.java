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

package io.github.lettucepool.internal.springdata;

import java.util.concurrent.CompletableFuture;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnectionImpl;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

import io.github.lettucepool.internal.lettuce.ConnectionTracker;
import io.github.lettucepool.internal.lettuce.TrackedRedisConnection;
import io.github.lettucepool.internal.pool.Borrowing;
import io.github.lettucepool.internal.pool.Lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PooledConnectionProvider}, with connections that lead nowhere.
 */
@Tag("unit")
class PooledConnectionProviderTests {

	private final Borrowing exclusive = Mockito.mock(Borrowing.class);

	private final LettuceConnectionProvider onDemand = Mockito.mock(LettuceConnectionProvider.class);

	private final PooledConnectionProvider provider = new PooledConnectionProvider(this.exclusive, null, this.onDemand,
			() -> true);

	private final TrackedRedisConnection<?, ?> connection = Mockito.mock(TrackedRedisConnection.class);

	private final ConnectionTracker tracker = Mockito.mock(ConnectionTracker.class);

	private final Lease lease = Mockito.mock(Lease.class);

	PooledConnectionProviderTests() {
		BDDMockito.given(this.connection.tracker()).willReturn(this.tracker);
		BDDMockito.given(this.lease.connection()).willReturn(this.connection);
		BDDMockito.given(this.exclusive.borrow(null)).willReturn(this.lease);
		BDDMockito.given(this.onDemand.releaseAsync(ArgumentMatchers.any()))
			.willReturn(CompletableFuture.completedFuture(null));
	}

	@Test
	void connectionsForCommandsAreBorrowed() {
		assertThat(this.provider.getConnection(StatefulRedisConnection.class)).isSameAs(this.connection);
		Mockito.verifyNoInteractions(this.onDemand);
	}

	@Test
	void whatIsBorrowedComesBackIfItIsNotOfTheTypeThatWasAskedFor() {
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> this.provider.getConnection(StatefulRedisMasterReplicaConnection.class))
			.withMessageContaining("StatefulRedisMasterReplicaConnection was asked for");
		BDDMockito.then(this.lease).should().end();
	}

	@Test
	void subscriptionsSentinelsAndNodesOfAClusterGetConnectionsOfTheirOwn() {
		assertThatItIsOpenedOnDemand(StatefulRedisPubSubConnection.class);
		assertThatItIsOpenedOnDemand(StatefulRedisSentinelConnection.class);
		assertThatItIsOpenedOnDemand(StatefulRedisClusterConnection.class);
		assertThat(this.provider.openedOnDemand()).isEqualTo(3);
		Mockito.verifyNoInteractions(this.exclusive);
	}

	@Test
	void aConnectionThatEndedWithoutReleaseDoesNotCountUnlessItReconnects() {
		opened(false, ClientOptions.builder().autoReconnect(false).build());
		assertThat(this.provider.openedOnDemand()).isZero();
		opened(false, ClientOptions.create());
		opened(true, ClientOptions.builder().autoReconnect(false).build());
		assertThat(this.provider.openedOnDemand()).isEqualTo(2);
	}

	@Test
	void aSubscriptionThatIsClosedAlreadyIsNotClosedAgain() {
		StatefulRedisPubSubConnectionImpl<?, ?> subscription = opened(false, ClientOptions.create());
		BDDMockito.given(subscription.isClosed()).willReturn(true);
		assertThat(this.provider.releaseAsync(subscription)).isCompleted();
		BDDMockito.then(this.onDemand).should(Mockito.never()).releaseAsync(ArgumentMatchers.any());
		assertThat(this.provider.openedOnDemand()).isZero();
	}

	@Test
	void aSubscriptionThatIsLostIsClosedWithoutAwaitingAnswers() {
		StatefulRedisPubSubConnectionImpl<?, ?> subscription = opened(false, ClientOptions.create());
		this.provider.release(subscription);
		BDDMockito.then(this.onDemand).should().releaseAsync(subscription);
		BDDMockito.then(subscription).should(Mockito.never()).async();
	}

	@Test
	void aConnectionToAGivenNodeNeedsAProviderThatHasThem() {
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> this.provider.getConnection(StatefulRedisConnection.class, new RedisURI()))
			.withMessageContaining("not supported in this kind of Redis set-up");
	}

	@Test
	void aConnectionThatIsNotLentCannotBeReturned() {
		assertThatItCannotBeReturned();
		BDDMockito.given(this.tracker.lease()).willReturn(this.lease);
		assertThatItCannotBeReturned();
		BDDMockito.given(this.exclusive.hasLent(this.lease)).willReturn(true);
		assertThatItCannotBeReturned();
		BDDMockito.given(this.lease.end()).willReturn(true);
		assertThat(this.provider.releaseAsync(this.connection)).isCompleted();
	}

	@Test
	void aPoolThatHasStoppedTakesBackWhatItHasLentAndNothingElse() {
		BDDMockito.given(this.exclusive.isStopped()).willReturn(true);
		assertThat(this.provider.releaseAsync(this.connection)).isCompleted();
		BDDMockito.given(this.tracker.lease()).willReturn(this.lease);
		assertThat(this.provider.releaseAsync(this.connection)).isCompleted();
		BDDMockito.then(this.lease).should().end();
	}

	private void assertThatItCannotBeReturned() {
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> this.provider.release(this.connection))
			.withMessageContaining("which has not lent it");
		assertThat(this.provider.releaseAsync(this.connection)).isCompletedExceptionally();
	}

	private <T extends StatefulConnection<?, ?>> void assertThatItIsOpenedOnDemand(Class<T> type) {
		T opened = Mockito.mock(type);
		BDDMockito.given(opened.isOpen()).willReturn(true);
		BDDMockito.given(this.onDemand.getConnection(type)).willReturn(opened);
		assertThat(this.provider.getConnection(type)).isSameAs(opened);
	}

	private StatefulRedisPubSubConnectionImpl<?, ?> opened(boolean open, ClientOptions options) {
		StatefulRedisPubSubConnectionImpl<?, ?> opened = Mockito.mock(StatefulRedisPubSubConnectionImpl.class);
		BDDMockito.given(opened.isOpen()).willReturn(open);
		BDDMockito.given(opened.getOptions()).willReturn(options);
		BDDMockito.given(this.onDemand.getConnection(StatefulRedisPubSubConnection.class)).willReturn(opened);
		this.provider.getConnection(StatefulRedisPubSubConnection.class);
		return opened;
	}

}
