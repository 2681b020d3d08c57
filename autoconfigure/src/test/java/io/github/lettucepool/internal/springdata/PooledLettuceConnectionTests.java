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

import java.time.Duration;

import io.lettuce.core.api.StatefulRedisConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.data.redis.connection.ClusterCommandExecutor;
import org.springframework.data.redis.connection.ClusterTopologyProvider;
import org.springframework.data.redis.connection.lettuce.LettuceConnection.PipeliningFlushPolicy;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PooledLettuceConnection} and {@link PooledLettuceClusterConnection}.
 */
@Tag("unit")
class PooledLettuceConnectionTests {

	private final DedicatedLease lease = Mockito.mock(DedicatedLease.class);

	private final LettuceConnectionProvider provider = Mockito.mock(LettuceConnectionProvider.class);

	private final PooledLettuceConnection connection = new PooledLettuceConnection(null, this.provider, this.lease, 0,
			0);

	@Test
	void aPipelineThatFlushesEachCommandAwaitsTheRepliesAtOnce() {
		this.connection.openPipeline();
		assertThat(this.connection.closePipeline()).isEmpty();
		Mockito.verify(this.lease).awaitReplies();
	}

	@Test
	@SuppressWarnings("unchecked")
	void aPipelineThatFlushesAtItsEndDoesNotAwaitThemBeforeThat() {
		BDDMockito.given(this.lease.start(ArgumentMatchers.any(), ArgumentMatchers.any()))
			.willReturn(Mockito.mock(StatefulRedisConnection.class));
		this.connection.setPipeliningFlushPolicy(PipeliningFlushPolicy.flushOnClose());
		this.connection.openPipeline();
		this.connection.closePipeline();
		Mockito.verify(this.lease, Mockito.never()).awaitReplies();
		this.connection.setPipeliningFlushPolicy(PipeliningFlushPolicy.flushEachCommand());
		this.connection.openPipeline();
		this.connection.closePipeline();
		Mockito.verify(this.lease).awaitReplies();
	}

	@Test
	void aPipelineThatWasNotOpenedHasNoReplies() {
		assertThat(this.connection.closePipeline()).isEmpty();
		Mockito.verify(this.lease, Mockito.never()).awaitReplies();
	}

	@Test
	void whoeverIsGoingToSubscribeFindsOutWhetherTheServerIsThere() {
		assertThat(this.connection.isSubscribed()).isFalse();
		Mockito.verify(this.lease).beforeSubscription();
		PooledLettuceClusterConnection cluster = new PooledLettuceClusterConnection(null, this.provider,
				Mockito.mock(ClusterTopologyProvider.class), Mockito.mock(ClusterCommandExecutor.class),
				Duration.ofSeconds(1), this.lease);
		assertThat(cluster.isSubscribed()).isFalse();
		Mockito.verify(this.lease, Mockito.times(2)).beforeSubscription();
	}

}
