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

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.embedded.RedisServer;

/**
 * Tests of the contract with reactive borrowers on a server behind a sentinel.
 */
@Tag("slow")
class SentinelReactivePoolContractTests extends AbstractReactivePoolContractTests
		implements SentinelServerDownContract {

	private final SentinelServer behindSentinel = new SentinelServer();

	@AfterAll
	void stopServer() {
		this.behindSentinel.close();
	}

	@Override
	public RedisServer server() {
		return this.behindSentinel.server();
	}

	@Override
	PooledLettuceConnectionFactory factory(PoolSettings settings, LettuceClientConfiguration client) {
		return this.behindSentinel.factory(settings, client);
	}

	@Override
	public int connections() {
		return this.behindSentinel.clients().size();
	}

}
