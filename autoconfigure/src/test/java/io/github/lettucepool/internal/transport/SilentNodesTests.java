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

package io.github.lettucepool.internal.transport;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.StringCodec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.proxy.FaultProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link SilentNodes}.
 */
@Timeout(60)
class SilentNodesTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@Redis
	private static RedisServer server;

	private final FaultProxy proxy = new FaultProxy(server.port());

	private final RedisURI uri = RedisURI.create("127.0.0.1", this.proxy.port());

	private final RedisClient client = RedisClient.create();

	private final SilentNodes nodes = new SilentNodes(
			new ConnectTimeout("the node", Duration.ofSeconds(5), this.client.getResources().eventExecutorGroup()));

	@AfterEach
	void close() {
		this.client.shutdown();
		this.proxy.close();
	}

	@Test
	void aSilentNodeIsWaitedForOnceUntilItAnswersAgain() {
		assertThat(connect()).succeedsWithin(PATIENCE);
		this.proxy.freeze();
		CompletableFuture<?> first = connect();
		assertThat(first).isNotDone().failsWithin(PATIENCE);
		assertThat(connect()).isCompletedExceptionally()
			.failsWithin(Duration.ZERO)
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(RedisConnectionException.class)
			.withMessageContaining(":" + this.proxy.port() + ": it has not answered");
		this.proxy.resume();
		await().atMost(PATIENCE).until(() -> !connect().isCompletedExceptionally());
		assertThat(connect()).succeedsWithin(PATIENCE);
	}

	@Test
	void aNodeThatRefusesIsNotSilent() {
		this.proxy.close();
		assertThat(connect()).failsWithin(PATIENCE);
		CompletableFuture<?> again = connect();
		assertThat(again).failsWithin(PATIENCE).withThrowableThat().havingRootCause().withMessageContaining("refused");
	}

	private CompletableFuture<StatefulRedisConnection<String, String>> connect() {
		ConnectionFuture<StatefulRedisConnection<String, String>> connected = this.nodes.connect(this.uri,
				() -> this.client.connectAsync(StringCodec.UTF8, this.uri));
		return connected.toCompletableFuture();
	}

}
