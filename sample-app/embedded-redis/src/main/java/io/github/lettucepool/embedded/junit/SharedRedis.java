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

package io.github.lettucepool.embedded.junit;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisSentinelSet;

/**
 * What {@link Redis} gives to all, for code that is no test. Each is whole, and has the
 * data and the configuration that the test has left so far.
 */
public final class SharedRedis {

	/**
	 * Has a cluster replace no node just because this machine is busy. For all tests of
	 * clusters but those of a failover.
	 */
	public static final String STEADY = "cluster-node-timeout 10000";

	private SharedRedis() {
	}

	/**
	 * Three masters, each with a replica: a {@linkplain #STEADY steady} cluster.
	 * @return the cluster
	 */
	public static RedisCluster cluster() {
		return (RedisCluster) Started.shared(Asked.anyOf(RedisCluster.class, STEADY)).whole();
	}

	/**
	 * A master, two replicas and three sentinels.
	 * @return the set
	 */
	public static RedisSentinelSet sentinels() {
		return (RedisSentinelSet) Started.shared(Asked.anyOf(RedisSentinelSet.class)).whole();
	}

}
