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

package io.github.lettucepool.internal.engine;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.RedisConnectionFailureException;

import io.github.lettucepool.PoolServer;
import io.github.lettucepool.internal.transport.Addresses;
import io.github.lettucepool.internal.transport.Attempts;

/**
 * The server to which the connections of a {@link LettuceRedisPool} lead.
 *
 * @param describe where Redis is
 * @param getTimeout the command timeout
 * @param lanes gives the lanes while the pool runs, else {@code null}
 */
record LettucePoolServer(String describe, Duration getTimeout, Supplier<@Nullable Lanes> lanes) implements PoolServer {

	private static final Pattern RUN_ID = Pattern.compile("(?m)^run_id:(\\w+)");

	private static final Pattern CONNECTED = Pattern.compile("(?m)^connected_clients:(\\d{1,9})");

	private static final Pattern MAX = Pattern.compile("(?m)^maxclients:(\\d{1,9})");

	@Override
	public CompletionStage<String> info() {
		Lanes lanes = this.lanes.get();
		return (lanes != null) ? Attempts.begin(lanes::info) : CompletableFuture
			.failedFuture(new RedisConnectionFailureException("The connection factory is not started"));
	}

	@Override
	public CompletionStage<@Nullable Clients> askForClients() {
		Lanes lanes = this.lanes.get();
		return (lanes != null && lanes.isConnected()) ? Attempts.begin(lanes::info).thenApply(this::clients)
				: CompletableFuture.completedFuture(null);
	}

	@Override
	public List<Node> nodes() {
		Lanes lanes = this.lanes.get();
		if (lanes == null
				|| !(lanes.connectedSharedConnection() instanceof StatefulRedisClusterConnection<?, ?> cluster)) {
			return List.of();
		}
		return cluster.getPartitions()
			.stream()
			.map((node) -> new Node(Addresses.of(node.getUri().getHost(), node.getUri().getPort()),
					node.getRole().isUpstream(),
					node.is(RedisClusterNode.NodeFlag.FAIL) || node.is(RedisClusterNode.NodeFlag.EVENTUAL_FAIL)))
			.sorted(Comparator.comparing(Node::address))
			.toList();
	}

	private @Nullable Clients clients(String info) {
		String connected = find(CONNECTED, info);
		String max = find(MAX, info);
		if (connected == null || max == null) {
			return null;
		}
		String runId = find(RUN_ID, info);
		return new Clients((runId != null) ? runId : this.describe, Integer.parseInt(connected), Integer.parseInt(max));
	}

	private static @Nullable String find(Pattern pattern, String text) {
		Matcher matcher = pattern.matcher(text);
		return matcher.find() ? matcher.group(1) : null;
	}

}
