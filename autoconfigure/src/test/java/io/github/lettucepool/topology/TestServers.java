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

package io.github.lettucepool.topology;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisSentinelSet;

/**
 * One cluster and one set with sentinels for all tests that need them. They are started
 * for the first one, and end with the virtual machine.
 */
final class TestServers {

	private static RedisCluster cluster;

	private static RedisSentinelSet sentinels;

	private TestServers() {
	}

	/**
	 * Three masters, each with a replica.
	 * @return the cluster, which is complete
	 */
	static synchronized RedisCluster cluster() {
		if (cluster == null) {
			cluster = RedisCluster.start(3, 1);
		}
		cluster.awaitHealth();
		return cluster;
	}

	/**
	 * A master, two replicas and three sentinels.
	 * @return the set, which is complete
	 */
	static synchronized RedisSentinelSet sentinels() {
		if (sentinels == null) {
			sentinels = RedisSentinelSet.start();
		}
		sentinels.awaitHealth();
		return sentinels;
	}

}
