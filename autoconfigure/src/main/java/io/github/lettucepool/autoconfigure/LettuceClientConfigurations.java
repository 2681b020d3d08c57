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

package io.github.lettucepool.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.resource.ClientResources;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties.Lettuce.Cluster.Refresh;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientConfigurationBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.lettuce.LettucePoolingClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettucePoolingClientConfiguration.LettucePoolingClientConfigurationBuilder;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;

import io.github.lettucepool.CommandTimeouts;
import io.github.lettucepool.RedisPoolCustomizer;

/**
 * Makes the configurations that say how Lettuce connects: from the
 * {@code spring.data.redis} keys, then changed by the application's customizers, in the
 * order in which Spring Boot applies both.
 * <p>
 * The builder that customizers get is the pooling one, since that is what Spring Boot
 * hands them, and some cast it.
 * <p>
 * Follows the package-private {@code LettuceConnectionConfiguration} of Spring Boot
 * 4.1.2.
 *
 * @param clientResources what all clients share
 * @param optionsCustomizers change the client options
 * @param customizers change the rest, and may replace the client options
 * @param credentials the application's provider for servers, or {@code null}
 */
record LettuceClientConfigurations(ClientResources clientResources,
		List<LettuceClientOptionsBuilderCustomizer> optionsCustomizers,
		List<LettuceClientConfigurationBuilderCustomizer> customizers, @Nullable RedisCredentialsProvider credentials) {

	/**
	 * For ordinary commands. One that is not answered by then is lost in most cases; 60
	 * s, which Lettuce waits, is longer than anybody waits for an application.
	 */
	static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(3);

	static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(3);

	static final Duration DEFAULT_REFRESH_PERIOD = Duration.ofSeconds(30);

	/**
	 * A failover takes a second or more, and the first look at the topology comes too
	 * early: the next one must not be long in coming.
	 */
	private static final Duration REFRESH_INTERVAL = Duration.ofMillis(500);

	/**
	 * The same, and after all others the customizers of one pool.
	 * @param pool the pool's name
	 * @param poolCustomizers the customizers of pools
	 * @return new configurations
	 */
	LettuceClientConfigurations with(String pool, List<RedisPoolCustomizer> poolCustomizers) {
		List<LettuceClientOptionsBuilderCustomizer> options = new ArrayList<>(this.optionsCustomizers);
		List<LettuceClientConfigurationBuilderCustomizer> configurations = new ArrayList<>(this.customizers);
		poolCustomizers.forEach((customizer) -> {
			options.add((builder) -> customizer.customizeClientOptions(pool, builder));
			configurations.add((builder) -> customizer.customizeClientConfiguration(pool, builder));
		});
		return new LettuceClientConfigurations(this.clientResources, options, configurations, this.credentials);
	}

	/**
	 * The same with other credentials.
	 * @param provider the provider of the credentials
	 * @return new configurations
	 */
	LettuceClientConfigurations with(RedisCredentialsProvider provider) {
		return new LettuceClientConfigurations(this.clientResources, this.optionsCustomizers, this.customizers,
				provider);
	}

	/**
	 * Makes a configuration.
	 * @param keys how to connect
	 * @param details have the SSL bundle
	 * @param poolConfig the pool configuration that customizers may replace
	 * @return the configuration
	 */
	LettucePoolingClientConfiguration create(RedisKeys keys, DataRedisConnectionDetails details,
			GenericObjectPoolConfig<StatefulConnection<?, ?>> poolConfig) {
		SslBundle sslBundle = details.getSslBundle();
		LettucePoolingClientConfigurationBuilder builder = LettucePoolingClientConfiguration.builder()
			.poolConfig(poolConfig)
			.clientOptions(clientOptions(keys, details))
			.clientResources(this.clientResources);
		if (sslBundle != null || usesSsl(keys.properties().getUrl())) {
			builder.useSsl();
		}
		PropertyMapper map = PropertyMapper.get();
		Duration timeout = keys.timeout();
		builder.commandTimeout((timeout != null) ? timeout : DEFAULT_TIMEOUT);
		map.from(keys::shutdownTimeout).to(builder::shutdownTimeout);
		map.from(keys::readFrom).to(builder::readFrom);
		map.from(keys::clientName).to(builder::clientName);
		map.from(this.credentials)
			.as(LettuceClientConfigurations::forServers)
			.to(builder::redisCredentialsProviderFactory);
		this.customizers.forEach((customizer) -> customizer.customize(builder));
		return builder.build();
	}

	/**
	 * Sentinels have credentials of their own.
	 */
	private static RedisCredentialsProviderFactory forServers(RedisCredentialsProvider provider) {
		return new RedisCredentialsProviderFactory() {

			@Override
			public RedisCredentialsProvider createCredentialsProvider(RedisConfiguration configuration) {
				return provider;
			}

		};
	}

	private ClientOptions clientOptions(RedisKeys keys, DataRedisConnectionDetails details) {
		ClientOptions.Builder builder = (details.getCluster() != null) ? clusterClientOptions(keys)
				: ClientOptions.builder();
		Duration connectTimeout = keys.connectTimeout();
		builder
			.socketOptions(SocketDefaults.create((connectTimeout != null) ? connectTimeout : DEFAULT_CONNECT_TIMEOUT));
		SslBundle sslBundle = details.getSslBundle();
		if (sslBundle != null) {
			builder.sslOptions(sslOptions(sslBundle, details));
		}
		builder.timeoutOptions((keys.timeout() != null) ? TimeoutOptions.enabled()
				: TimeoutOptions.builder().timeoutSource(new CommandTimeouts(DEFAULT_TIMEOUT)).build());
		this.optionsCustomizers.forEach((customizer) -> customizer.customize(builder));
		return builder.build();
	}

	private static ClusterClientOptions.Builder clusterClientOptions(RedisKeys keys) {
		Refresh refresh = keys.properties().getLettuce().getCluster().getRefresh();
		Duration period = keys.refreshPeriod();
		ClusterTopologyRefreshOptions.Builder builder = ClusterTopologyRefreshOptions.builder()
			.dynamicRefreshSources(refresh.isDynamicRefreshSources())
			.adaptiveRefreshTriggersTimeout(REFRESH_INTERVAL)
			.enablePeriodicRefresh((period != null) ? period : DEFAULT_REFRESH_PERIOD);
		return ClusterClientOptions.builder()
			.topologyRefreshOptions(builder.build())
			// A slot may have moved to a node that is newer than the last look.
			.validateClusterNodeMembership(false);
	}

	private static SslOptions sslOptions(SslBundle bundle, DataRedisConnectionDetails details) {
		Supplier<SslManagerBundle> managers = () -> {
			SslBundle current = details.getSslBundle();
			return ((current != null) ? current : bundle).getManagers();
		};
		SslOptions.Builder builder = SslOptions.builder()
			.keyManager(CurrentSslManagers.keyManagers(managers))
			.trustManager(CurrentSslManagers.trustManagers(managers));
		PropertyMapper map = PropertyMapper.get();
		map.from(bundle.getOptions().getCiphers()).to(builder::cipherSuites);
		map.from(bundle.getOptions().getEnabledProtocols()).to(builder::protocols);
		return builder.build();
	}

	private static boolean usesSsl(@Nullable String url) {
		return url != null && url.startsWith("rediss:");
	}

}
