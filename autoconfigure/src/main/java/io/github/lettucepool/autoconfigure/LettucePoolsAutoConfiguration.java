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
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.core.env.Environment;

import io.github.lettucepool.RedisPoolCustomizer;

/**
 * Auto-configuration for the pools that {@code lettuce.pools} declares. They are made
 * whoever makes the application's primary connection factory, and also if nobody does.
 */
@AutoConfiguration(after = LettucePoolAutoConfiguration.class, before = DataRedisAutoConfiguration.class)
@ConditionalOnClass({ RedisClient.class, GenericObjectPool.class })
@ImportRuntimeHints(NamedPoolsRuntimeHints.class)
@Import(NoBlankValues.Advisor.class)
public final class LettucePoolsAutoConfiguration {

	@Bean
	static NamedPoolsRegistrar lettuceNamedPoolsRegistrar(Environment environment) {
		return new NamedPoolsRegistrar(environment);
	}

	@Bean(destroyMethod = "shutdown")
	@ConditionalOnMissingBean(ClientResources.class)
	@Conditional(OnNamedPoolCondition.class)
	DefaultClientResources lettuceClientResources(ObjectProvider<ClientResourcesBuilderCustomizer> customizers) {
		return PooledClientResources.create(customizers.orderedStream().toList());
	}

	@Bean(NamedPoolsRegistrar.FACTORIES_BEAN)
	NamedConnectionFactories lettuceNamedConnectionFactories(ConfigurableListableBeanFactory beanFactory,
			Environment environment, ObjectProvider<ClientResources> clientResources,
			ObjectProvider<SslBundles> sslBundles, ObjectProvider<RedisPoolCustomizer> customizers) {
		return new NamedConnectionFactories(beanFactory, environment, clientResources, sslBundles,
				customizers.orderedStream().toList());
	}

}
