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

import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletionStage;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;

import io.github.lettucepool.PoolServer;
import io.github.lettucepool.internal.transport.Addresses;

/**
 * The questions of the pool itself over a connection, whether that leads to one server or
 * to a cluster.
 */
final class Inquiries {

	private Inquiries() {
	}

	/**
	 * The answer of the server about itself.
	 * @param connection the connection
	 * @return completes with the answer to INFO
	 */
	static CompletionStage<String> info(StatefulConnection<?, ?> connection) {
		return (connection instanceof StatefulRedisClusterConnection<?, ?> cluster) ? cluster.async().info()
				: ((StatefulRedisConnection<?, ?>) connection).async().info();
	}

	/**
	 * The nodes of a cluster, as the client knows them: nobody is asked.
	 * @param connection the connection
	 * @return the nodes, by address; empty if this is no cluster
	 */
	static List<PoolServer.Node> nodes(StatefulConnection<?, ?> connection) {
		if (!(connection instanceof StatefulRedisClusterConnection<?, ?> cluster)) {
			return List.of();
		}
		return cluster.getPartitions()
			.stream()
			.map((node) -> new PoolServer.Node(Addresses.of(node.getUri().getHost(), node.getUri().getPort()),
					node.getRole().isUpstream(),
					node.is(RedisClusterNode.NodeFlag.FAIL) || node.is(RedisClusterNode.NodeFlag.EVENTUAL_FAIL)))
			.sorted(Comparator.comparing(PoolServer.Node::address))
			.toList();
	}

}
