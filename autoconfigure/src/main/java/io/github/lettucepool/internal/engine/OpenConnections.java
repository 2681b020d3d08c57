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

import java.net.SocketAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;

import io.github.lettucepool.internal.transport.Addresses;
import io.github.lettucepool.internal.transport.InFlight;

/**
 * Counts the connections that are open to each node. Thread-safe.
 */
final class OpenConnections implements RedisConnectionStateListener {

	private final Map<RedisChannelHandler<?, ?>, String> nodes = new ConcurrentHashMap<>();

	@Override
	public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
		this.nodes.put(connection, Addresses.of(address));
	}

	@Override
	public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
		this.nodes.remove(connection);
	}

	/**
	 * The number of connections by node.
	 * @return host and port, or the path of a socket, with the number, in order
	 */
	Map<String, Integer> byNode() {
		Map<String, Integer> byNode = new TreeMap<>();
		this.nodes.values().forEach((node) -> byNode.merge(node, 1, Integer::sum));
		return byNode;
	}

	/**
	 * Returns how many commands were sent over them and are not answered.
	 * @return the number, of those that know it by themselves
	 */
	int inFlight() {
		return this.nodes.keySet()
			.stream()
			.mapToInt((connection) -> (connection instanceof InFlight busy) ? busy.inFlight() : 0)
			.sum();
	}

}
