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

package io.github.lettucepool.benchmarks.client;

import java.io.Serializable;
import java.util.List;

/**
 * Where a contestant connects, and with how many connections.
 *
 * @param topology what kind of servers these are
 * @param ports the ports on the loopback interface: one for a single server, all nodes'
 * for a cluster
 * @param poolSize how many connections a pool has at most
 */
public record Target(Topology topology, List<Integer> ports, int poolSize) implements Serializable {

	/**
	 * The address of every server.
	 */
	public static final String HOST = "127.0.0.1";

	/**
	 * The servers as {@code host:port}.
	 * @return the servers
	 */
	List<String> nodes() {
		return this.ports.stream().map((port) -> HOST + ":" + port).toList();
	}

	/**
	 * A kind of servers.
	 */
	public enum Topology {

		/**
		 * One server.
		 */
		STANDALONE,

		/**
		 * A cluster of three masters.
		 */
		CLUSTER

	}

}
