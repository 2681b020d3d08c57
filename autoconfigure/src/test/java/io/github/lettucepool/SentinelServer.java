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

import java.util.List;

import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;

/**
 * A server whose address a sentinel tells. The sentinel never replaces it: the contract
 * is about one server that comes and goes.
 */
final class SentinelServer implements AutoCloseable {

	private static final String MASTER = "contract-master";

	private final RedisServer server = RedisServer.builder()
		.config("user", RedisSentinelSet.OBSERVER, "on", "nopass", "-@all")
		.start();

	private final RedisServer sentinel = RedisSentinelSet.startObserver(this.server, MASTER);

	RedisServer server() {
		return this.server;
	}

	/**
	 * The clients that are not the sentinel.
	 * @return a line for each
	 */
	List<String> clients() {
		return this.server.clients()
			.stream()
			.filter((client) -> !client.contains("user=" + RedisSentinelSet.OBSERVER))
			.toList();
	}

	PooledLettuceConnectionFactory factory(PoolSettings settings, LettuceClientConfiguration client) {
		return new PooledLettuceConnectionFactory("contract",
				new RedisSentinelConfiguration().master(MASTER).sentinel(this.sentinel.host(), this.sentinel.port()),
				client, settings);
	}

	@Override
	public void close() {
		this.sentinel.close();
		this.server.close();
	}

}
