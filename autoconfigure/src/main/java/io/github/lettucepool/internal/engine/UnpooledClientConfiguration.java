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

import io.lettuce.core.ClientOptions;
import io.lettuce.core.resource.DefaultClientResources;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceSslClientConfigurationBuilder;

/**
 * Makes client configurations that do not ask Spring Data for its own pool: connections
 * would be pooled twice.
 */
public final class UnpooledClientConfiguration {

	private UnpooledClientConfiguration() {
	}

	/**
	 * Makes one that says the same as the application's.
	 * @param given the application's configuration
	 * @return a configuration that has client resources: new ones, to be shut down with
	 * the pool, if the given one has none
	 */
	public static LettuceClientConfiguration of(LettuceClientConfiguration given) {
		LettuceClientConfigurationBuilder builder = LettuceClientConfiguration.builder()
			.clientResources(given.getClientResources().orElseGet(DefaultClientResources::create))
			.clientOptions(given.getClientOptions().orElseGet(ClientOptions::create))
			.commandTimeout(given.getCommandTimeout())
			.shutdownTimeout(given.getShutdownTimeout())
			.shutdownQuietPeriod(given.getShutdownQuietPeriod());
		given.getClientName().ifPresent(builder::clientName);
		given.getReadFrom().ifPresent(builder::readFrom);
		given.getRedisCredentialsProviderFactory()
			.map(OneCredentialsProvider::new)
			.ifPresent(builder::redisCredentialsProviderFactory);
		if (given.isUseSsl()) {
			LettuceSslClientConfigurationBuilder ssl = builder.useSsl().verifyPeer(given.getVerifyMode());
			if (given.isStartTls()) {
				ssl.startTls();
			}
		}
		return builder.build();
	}

}
