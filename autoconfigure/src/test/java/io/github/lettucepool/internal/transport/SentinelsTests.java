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

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.PipelinedRedisFuture;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import io.lettuce.core.sentinel.api.async.RedisSentinelAsyncCommands;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.argThat;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.BDDMockito.given;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.verify;

/**
 * Tests for {@link Sentinels}, with three sentinels that know of the nodes {@code a},
 * {@code b} and {@code c}.
 */
@Tag("unit")
@Timeout(60)
class SentinelsTests {

	private static final Duration HANGS = Duration.ofSeconds(30);

	private final RedisClient client = mock();

	private final RedisURI uri = RedisURI.builder()
		.withSentinelMasterId("shop")
		.withSentinel("s1", 1)
		.withSentinel("s2", 2)
		.withSentinel("s3", 3)
		.build();

	private final Sentinels sentinels = new Sentinels(mock());

	@Test
	void theHighestEpochCounts() {
		sentinel("s1", 4, "a", "a", List.of(node("b"), node("c")));
		sentinel("s2", 5, "b", "b", List.of(node("a"), node("c")));
		sentinel("s3", 4, "a", "a", List.of(node("b"), node("c")));
		assertThat(ask()).satisfies((answer) -> {
			assertThat(answer.address().getHostString()).isEqualTo("b");
			assertThat(answer.replicas()).extracting("ip").containsExactly("a", "c");
		});
	}

	@Test
	void theLeaderOfAFailoverStillDescribesTheMasterBefore() {
		sentinel("s1", 4, "a", "a", List.of(node("b"), node("c")));
		sentinel("s2", 5, "a", "b", List.of(node("b"), node("c")));
		silent("s3");
		assertThat(ask()).satisfies((answer) -> {
			assertThat(answer.master()).containsEntry("ip", "b").containsEntry("port", "6379");
			assertThat(answer.replicas()).extracting("ip").containsExactly("c");
		});
	}

	@Test
	void aChosenReplicaThatIsAMasterIsTheMaster() {
		sentinel("s1", 4, "a", "a", List.of(node("b"), node("c")));
		sentinel("s2", 4, "a", "a", List.of(node("b"), chosen("c")));
		silent("s3");
		role("c", "master");
		assertThat(ask()).satisfies((answer) -> {
			assertThat(answer.address().getHostString()).isEqualTo("c");
			assertThat(answer.replicas()).extracting("ip").containsExactly("b");
		});
	}

	@Test
	void aChosenReplicaThatIsStillOneIsNot() {
		sentinel("s1", 4, "a", "a", List.of(chosen("b"), node("c")));
		silent("s2");
		silent("s3");
		role("b", "slave");
		assertThat(ask().address().getHostString()).isEqualTo("a");
	}

	@Test
	void aChosenReplicaThatDoesNotAnswerIsNot() {
		sentinel("s1", 4, "a", "a", List.of(chosen("b"), node("c")));
		silent("s2");
		silent("s3");
		role("b", null);
		assertThat(ask().address().getHostString()).isEqualTo("a");
	}

	@Test
	void nodesThatNoSentinelHasChosenAreNotAsked() {
		sentinel("s1", 4, "a", "a", List.of(node("b"), node("c")));
		silent("s2");
		silent("s3");
		assertThat(ask().address().getHostString()).isEqualTo("a");
		verify(this.client, never()).connectAsync(eq(StringCodec.UTF8), argThat((uri) -> true));
	}

	@Test
	void aNewerFailoverCountsMoreThanAChosenReplica() {
		sentinel("s1", 4, "a", "a", List.of(chosen("b"), node("c")));
		sentinel("s2", 5, "c", "c", List.of(node("a"), node("b")));
		silent("s3");
		role("b", "master");
		// Either may be the first to answer.
		assertThat(this.sentinels.ask(this.client, this.uri)).succeedsWithin(HANGS);
		assertThat(Sentinels.Answer.ORDER.compare(answer(5, false), answer(4, true))).isPositive();
		assertThat(Sentinels.Answer.ORDER.compare(answer(5, false), answer(5, true))).isNegative();
	}

	@Test
	void thoseWhoAskAtTheSameTimeShareOneLook() {
		silent("s1");
		silent("s2");
		silent("s3");
		CompletableFuture<Sentinels.Answer> answer = this.sentinels.ask(this.client, this.uri);
		assertThat(this.sentinels.ask(this.client, this.uri)).isSameAs(answer).isNotDone();
	}

	private static Sentinels.Answer answer(long epoch, boolean promoted) {
		return new Sentinels.Answer(node("a"), List.of(), epoch, promoted);
	}

	private Sentinels.Answer ask() {
		CompletableFuture<Sentinels.Answer> answer = this.sentinels.ask(this.client, this.uri);
		assertThat(answer).succeedsWithin(HANGS);
		return answer.join();
	}

	private static Map<String, String> node(String host) {
		return Map.of("ip", host, "port", "6379", "flags", "slave");
	}

	private static Map<String, String> chosen(String host) {
		return Map.of("ip", host, "port", "6379", "flags", "slave,promoted");
	}

	private void silent(String host) {
		given(this.client.connectSentinelAsync(eq(StringCodec.UTF8), to(host))).willReturn(new CompletableFuture<>());
	}

	private void sentinel(String host, long epoch, String described, String named, List<Map<String, String>> replicas) {
		StatefulRedisSentinelConnection<String, String> connection = mock();
		RedisSentinelAsyncCommands<String, String> commands = mock();
		given(connection.async()).willReturn(commands);
		Map<String, String> master = new HashMap<>(node(described));
		master.put("config-epoch", String.valueOf(epoch));
		given(commands.master("shop")).willReturn(reply(master));
		given(commands.replicas("shop")).willReturn(reply(replicas));
		SocketAddress address = InetSocketAddress.createUnresolved(named, 6379);
		given(commands.getMasterAddrByName("shop")).willReturn(reply(address));
		given(this.client.connectSentinelAsync(eq(StringCodec.UTF8), to(host)))
			.willReturn(CompletableFuture.completedFuture(connection));
	}

	private void role(String host, @Nullable String role) {
		StatefulRedisConnection<String, String> connection = mock();
		RedisAsyncCommands<String, String> commands = mock();
		given(connection.async()).willReturn(commands);
		given(commands.role()).willReturn((role != null) ? reply(List.of(role)) : reply(new CompletableFuture<>()));
		given(this.client.connectAsync(eq(StringCodec.UTF8), to(host)))
			.willReturn(ConnectionFuture.from(null, CompletableFuture.completedFuture(connection)));
	}

	private static RedisURI to(String host) {
		return argThat((uri) -> uri != null && host.equals(uri.getHost()));
	}

	private static <T> RedisFuture<T> reply(T reply) {
		return reply(CompletableFuture.completedFuture(reply));
	}

	private static <T> RedisFuture<T> reply(CompletableFuture<T> reply) {
		return new PipelinedRedisFuture<>(reply);
	}

}
