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

package io.github.lettucepool.internal.cluster;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

import io.github.lettucepool.internal.transport.ConnectTimeout;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PooledClusterClient}, whose looks at the topology end when the tests
 * want it.
 */
@Tag("unit")
class PooledClusterClientTests {

	private static final ClientResources resources = DefaultClientResources.builder()
		.ioThreadPoolSize(2)
		.computationThreadPoolSize(2)
		.build();

	private final PooledClusterClient client = client(true);

	@AfterEach
	void stop() {
		this.client.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@AfterAll
	static void shutdown() {
		resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@Test
	void connectionsThatAreOpenedAtTheSameTimeShareOneLookAndOneThatFailedIsRepeated() {
		CompletableFuture<Void> look = looks(this.client);
		CompletionStage<StatefulConnection<?, ?>> one = this.client.open(StringCodec.UTF8);
		CompletionStage<StatefulConnection<?, ?>> other = this.client.open(StringCodec.UTF8);
		Mockito.verify(this.client).refreshPartitionsAsync();
		look.completeExceptionally(new IllegalStateException("refused"));
		assertThat(one.toCompletableFuture()).isCompletedExceptionally();
		assertThat(other.toCompletableFuture()).isCompletedExceptionally();
		this.client.open(StringCodec.UTF8);
		Mockito.verify(this.client, Mockito.times(2)).refreshPartitionsAsync();
	}

	@Test
	void aLookThatCannotBeginFailsTheConnection() {
		IllegalStateException stopped = new IllegalStateException("stopped");
		Mockito.doThrow(stopped).when(this.client).refreshPartitionsAsync();
		assertThat(this.client.open(StringCodec.UTF8).toCompletableFuture()).isCompletedExceptionally();
	}

	@Test
	void inTroubleItLooksAtTheTopologyOnceAtATimeAndAgain() {
		CompletableFuture<Void> look = looks(this.client);
		this.client.trouble();
		this.client.trouble();
		Mockito.verify(this.client).refreshPartitionsAsync();
		look.complete(null);
		Mockito.verify(this.client, Mockito.timeout(30_000).atLeast(2)).refreshPartitionsAsync();
	}

	@Test
	void withoutAdaptiveRefreshItDoesNotLook() {
		PooledClusterClient client = client(false);
		client.trouble();
		Mockito.verify(client, Mockito.never()).refreshPartitionsAsync();
		client.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@Test
	void staleConnectionsAreClosedWhateverTheApplicationSays() {
		ClusterTopologyRefreshOptions kept = ClusterTopologyRefreshOptions.builder()
			.closeStaleConnections(false)
			.refreshPeriod(Duration.ofSeconds(7))
			.build();
		PooledClusterClient client = client(kept);
		ClusterClientOptions options = (ClusterClientOptions) client.getOptions();
		assertThat(options.isCloseStaleConnections()).isTrue();
		assertThat(options.getTopologyRefreshOptions().getRefreshPeriod()).isEqualTo(Duration.ofSeconds(7));
		client.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@Test
	void aLookThatCannotBeginInTroubleIsRepeated() {
		Mockito.doThrow(new StackOverflowError("too deep")).when(this.client).refreshPartitionsAsync();
		this.client.trouble();
		Mockito.verify(this.client, Mockito.timeout(30_000).atLeast(2)).refreshPartitionsAsync();
	}

	@Test
	void afterItsEndItDoesNotLookAnyMore() {
		this.client.shutdown(0, 1, TimeUnit.SECONDS);
		this.client.trouble();
		Mockito.verify(this.client, Mockito.never()).refreshPartitionsAsync();
	}

	private static CompletableFuture<Void> looks(PooledClusterClient client) {
		CompletableFuture<Void> look = new CompletableFuture<>();
		Mockito.doReturn(look).when(client).refreshPartitionsAsync();
		return look;
	}

	private static PooledClusterClient client(boolean adaptive) {
		ClusterTopologyRefreshOptions.Builder refresh = ClusterTopologyRefreshOptions.builder();
		if (!adaptive) {
			refresh.disableAllAdaptiveRefreshTriggers();
		}
		return client(refresh.build());
	}

	private static PooledClusterClient client(ClusterTopologyRefreshOptions refresh) {
		ConnectTimeout timeout = new ConnectTimeout("redis.example:6379", Duration.ofSeconds(30), Runnable::run);
		return Mockito.spy(new PooledClusterClient(resources, List.of(RedisURI.create("127.0.0.1", 1)),
				ClusterClientOptions.builder().topologyRefreshOptions(refresh).build(), timeout, null, null));
	}

}
