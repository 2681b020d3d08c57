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

import org.junit.jupiter.api.Tag;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

/**
 * Tests of the contract with blocking borrowers and low-latency connections in front of
 * the shared lane.
 */
@Tag("slow")
class LowLatencyPoolContractTests extends AbstractBlockingPoolContractTests {

	@Redis(own = true)
	private RedisServer server;

	@Override
	public RedisServer server() {
		return this.server;
	}

	@Override
	PooledLettuceConnectionFactory factory(PoolSettings settings, LettuceClientConfiguration client) {
		return new PooledLettuceConnectionFactory("contract",
				new RedisStandaloneConfiguration(server().host(), server().port()), client,
				settings.mutate().lowLatencyCallers(4).build());
	}

}
