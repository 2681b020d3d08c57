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

package io.github.lettucepool;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisNode;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

/**
 * Tests of the contract with blocking borrowers on a cluster.
 */
@Tag("slow")
class ClusterPoolContractTests extends AbstractBlockingPoolContractTests
		implements ClusterContract, ClusterSpringDataContract {

	/**
	 * One node, so that all connections lead to one server.
	 */
	@Redis(own = true, masters = 1, replicas = 0)
	private RedisCluster cluster;

	@Override
	public RedisServer server() {
		return this.cluster.nodes().get(0);
	}

	@Override
	PooledLettuceConnectionFactory factory(PoolSettings settings, LettuceClientConfiguration client) {
		return new PooledLettuceConnectionFactory("contract",
				new RedisClusterConfiguration().clusterNode(new RedisNode(server().host(), server().port())), client,
				settings);
	}

	/**
	 * A node that has just been started does not serve its slots for a moment.
	 */
	@Override
	@BeforeEach
	void resetServer() {
		this.cluster.awaitHealth();
		super.resetServer();
	}

	/**
	 * Without those that look at the topology for a moment.
	 */
	@Override
	public int connections() {
		return (int) server().clients()
			.stream()
			.filter((client) -> !client.contains("name=lettuce#ClusterTopologyRefresh"))
			.count();
	}

}
