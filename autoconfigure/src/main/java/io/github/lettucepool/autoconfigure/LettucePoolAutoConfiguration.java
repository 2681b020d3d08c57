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

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.annotation.RegisterReflection;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientConfigurationBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.RedisPoolCustomizer;

/**
 * Auto-configuration for the pool. It makes the application's
 * {@link RedisConnectionFactory}, unless there is one, and leaves everything that is
 * built on it to {@link DataRedisAutoConfiguration}.
 */
@AutoConfiguration(before = DataRedisAutoConfiguration.class)
@ConditionalOnClass({ RedisClient.class, GenericObjectPool.class })
@ConditionalOnProperty(name = "spring.data.redis.client-type", havingValue = "lettuce", matchIfMissing = true)
@Conditional(OnLettucePoolCondition.class)
@ConditionalOnMissingBean(RedisConnectionFactory.class)
@EnableConfigurationProperties({ LettucePoolProperties.class, DataRedisProperties.class })
@RegisterReflection(classes = PoolSettings.Builder.class, memberCategories = MemberCategory.INVOKE_PUBLIC_METHODS)
@Import(NoBlankValues.Advisor.class)
public final class LettucePoolAutoConfiguration {

	private final PoolSettings settings;

	LettucePoolAutoConfiguration(LettucePoolProperties properties, Environment environment) {
		// The properties come first: binding them refuses keys that do not exist.
		Binder binder = Binder.get(environment);
		this.settings = PoolSettingsMapper.map(new PoolKeys(binder, LettucePoolProperties.PREFIX),
				new PoolKeys(binder, PoolKeys.BOOT_PREFIX));
	}

	@Bean(destroyMethod = "shutdown")
	@ConditionalOnMissingBean(ClientResources.class)
	DefaultClientResources lettuceClientResources(ObjectProvider<ClientResourcesBuilderCustomizer> customizers) {
		return PooledClientResources.create(customizers.orderedStream().toList());
	}

	@Bean
	@ConditionalOnMissingBean(DataRedisConnectionDetails.class)
	DataRedisConnectionDetails redisConnectionDetails(DataRedisProperties properties,
			ObjectProvider<SslBundles> sslBundles) {
		return new KeyedConnectionDetails(new RedisKeys(RedisKeys.PREFIX, properties), sslBundles.getIfAvailable());
	}

	@Bean({ "redisConnectionFactory", "redisConnectionFactoryVirtualThreads" })
	PooledLettuceConnectionFactory redisConnectionFactory(DataRedisProperties properties,
			DataRedisConnectionDetails details, ClientResources clientResources,
			ObjectProvider<LettuceClientOptionsBuilderCustomizer> optionsCustomizers,
			ObjectProvider<LettuceClientConfigurationBuilderCustomizer> customizers,
			ObjectProvider<RedisSentinelConfiguration> sentinel, ObjectProvider<RedisClusterConfiguration> cluster,
			ObjectProvider<RedisStaticMasterReplicaConfiguration> masterReplica,
			ObjectProvider<RedisStandaloneConfiguration> standalone,
			ObjectProvider<RedisPoolCustomizer> poolCustomizers, ObjectProvider<RedisCredentialsProvider> credentials,
			ObjectProvider<NamedConnectionFactories> namedConnectionFactories, Environment environment) {
		PooledClientResources.reportMissing(clientResources);
		LettuceClientConfigurations clientConfigurations = new LettuceClientConfigurations(clientResources,
				optionsCustomizers.orderedStream().toList(), customizers.orderedStream().toList(),
				credentials.getIfAvailable());
		NamedPool primary = NamedPools.read(environment).primary();
		if (primary != null) {
			return namedConnectionFactories.getObject().create(primary, clientConfigurations);
		}
		RedisTopology topology = new RedisTopology(sentinel.getIfAvailable(), cluster.getIfAvailable(),
				masterReplica.getIfAvailable(), standalone.getIfAvailable());
		return new PooledConnectionFactories(topology, clientConfigurations, poolCustomizers.orderedStream().toList(),
				Threading.VIRTUAL.isActive(environment))
			.create(NamedPools.DEFAULT_POOL, this.settings, new RedisKeys(RedisKeys.PREFIX, properties), details);
	}

	/*
	 * The factory stops the pool. An application that uses Jedis elsewhere may have a
	 * bean of this name.
	 */
	@Bean(destroyMethod = "")
	@ConditionalOnMissingBean(name = "redisPool")
	RedisPool redisPool(PooledLettuceConnectionFactory redisConnectionFactory) {
		return redisConnectionFactory.getPool();
	}

}
