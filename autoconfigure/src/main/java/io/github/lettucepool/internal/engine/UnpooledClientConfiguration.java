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

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;

/**
 * A client configuration that does not ask Spring Data for its own pool, whatever the one
 * behind it does: connections would be pooled twice. Where that one has no client
 * resources, this has some of its own.
 */
public final class UnpooledClientConfiguration implements LettuceClientConfiguration {

	private final LettuceClientConfiguration delegate;

	private final ClientResources resources;

	private final Optional<RedisCredentialsProviderFactory> credentials;

	/**
	 * Creates the configuration.
	 * @param delegate the application's configuration
	 */
	public UnpooledClientConfiguration(LettuceClientConfiguration delegate) {
		this.delegate = delegate;
		this.resources = delegate.getClientResources().orElseGet(DefaultClientResources::create);
		this.credentials = delegate.getRedisCredentialsProviderFactory().map(OneCredentialsProvider::new);
	}

	/**
	 * Shuts the client resources down, unless they are the application's.
	 */
	public void shutdownOwnResources() {
		if (this.delegate.getClientResources().isEmpty()) {
			this.resources.shutdown(0, getShutdownTimeout().toMillis(), TimeUnit.MILLISECONDS).awaitUninterruptibly();
		}
	}

	@Override
	public boolean isUseSsl() {
		return this.delegate.isUseSsl();
	}

	@Override
	@Deprecated
	public boolean isVerifyPeer() {
		return this.delegate.isVerifyPeer();
	}

	@Override
	public SslVerifyMode getVerifyMode() {
		return this.delegate.getVerifyMode();
	}

	@Override
	public boolean isStartTls() {
		return this.delegate.isStartTls();
	}

	@Override
	public Optional<ClientResources> getClientResources() {
		return Optional.of(this.resources);
	}

	@Override
	public Optional<ClientOptions> getClientOptions() {
		return this.delegate.getClientOptions();
	}

	@Override
	public Optional<String> getClientName() {
		return this.delegate.getClientName();
	}

	@Override
	public Optional<ReadFrom> getReadFrom() {
		return this.delegate.getReadFrom();
	}

	@Override
	public Optional<RedisCredentialsProviderFactory> getRedisCredentialsProviderFactory() {
		return this.credentials;
	}

	@Override
	public Duration getCommandTimeout() {
		return this.delegate.getCommandTimeout();
	}

	@Override
	public Duration getShutdownTimeout() {
		return this.delegate.getShutdownTimeout();
	}

	@Override
	public Duration getShutdownQuietPeriod() {
		return this.delegate.getShutdownQuietPeriod();
	}

}
