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

import io.lettuce.core.ReadFrom;
import org.junit.jupiter.api.Tag;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

/**
 * Tests of the contract with reactive borrowers on a master that may have replicas.
 */
@Tag("slow")
class MasterReplicaReactivePoolContractTests extends AbstractReactivePoolContractTests
		implements MasterReplicaContract {

	@Redis(own = true)
	private RedisServer server;

	@Override
	public RedisServer server() {
		return this.server;
	}

	@Override
	PooledLettuceConnectionFactory factory(PoolSettings settings, LettuceClientConfiguration client) {
		return new PooledLettuceConnectionFactory("contract",
				new RedisStaticMasterReplicaConfiguration(server().host(), server().port()), client, settings);
	}

	@Override
	LettuceClientConfigurationBuilder client() {
		return super.client().readFrom(ReadFrom.REPLICA_PREFERRED);
	}

	/**
	 * For a moment, there is also a connection that asks the server for its role.
	 */
	@Override
	public int connections() {
		return (int) server().clients().stream().filter((client) -> !client.contains(" cmd=role ")).count();
	}

	@Override
	public void eachUnsubscriptionIsToldThoughItsConnectionIsClosed() {
	}

	@Override
	public void eachUnsubscriptionIsToldThoughTheFactoryStops() {
	}

}
