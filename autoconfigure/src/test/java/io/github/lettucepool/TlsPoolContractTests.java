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

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIf;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

/**
 * Tests of the contract with blocking borrowers on one server with TLS.
 */
@EnabledIf(value = "io.github.lettucepool.embedded.RedisServer#supportsTls",
		disabledReason = "the redis-server of this machine was built without TLS")
@Tag("slow")
class TlsPoolContractTests extends AbstractBlockingPoolContractTests {

	@Redis(own = true, tls = true)
	private RedisServer server;

	@Override
	public RedisServer server() {
		return this.server;
	}

	@Override
	LettuceClientConfigurationBuilder client() {
		return super.client()
			.clientOptions(ClientOptions.builder()
				.sslOptions(
						SslOptions.builder().trustManager(this.server.certificates().caCertificate().toFile()).build())
				.build())
			.useSsl()
			.and();
	}

	@Override
	public RedisURI node() {
		RedisURI node = super.node();
		node.setSsl(true);
		return node;
	}

	@Override
	PooledLettuceConnectionFactory factory(PoolSettings settings, LettuceClientConfiguration client) {
		return new PooledLettuceConnectionFactory("contract",
				new RedisStandaloneConfiguration(server().host(), server().port()), client, settings);
	}

}
