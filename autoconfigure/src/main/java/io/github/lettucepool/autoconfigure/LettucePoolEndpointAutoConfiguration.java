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

import java.util.Collection;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.annotation.RegisterReflection;
import org.springframework.aot.hint.annotation.RegisterReflectionForBinding;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.endpoint.expose.EndpointExposure;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.core.env.Environment;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.advice.PoolAdvisor;
import io.github.lettucepool.endpoint.ErrorDescriptor;
import io.github.lettucepool.endpoint.RedisPoolsEndpoint;
import io.github.lettucepool.endpoint.RedisPoolsEndpointInvokerAdvisor;
import io.github.lettucepool.endpoint.RedisPoolsEndpointJmxExtension;
import io.github.lettucepool.endpoint.RedisPoolsEndpointWebExtension;

/**
 * Auto-configuration for the {@link RedisPoolsEndpoint}, and for the advice that it
 * shows: where there is no endpoint, nobody watches the pools.
 */
@AutoConfiguration(after = LettucePoolAutoConfiguration.class)
@ConditionalOnClass({ Endpoint.class, ConditionalOnAvailableEndpoint.class })
@ConditionalOnAvailableEndpoint(RedisPoolsEndpoint.class)
@Conditional(OnRedisPoolCondition.class)
@RegisterReflection(classes = PoolSettings.class, memberCategories = MemberCategory.INVOKE_PUBLIC_METHODS)
@EnableConfigurationProperties(RedisPoolsEndpointProperties.class)
public final class LettucePoolEndpointAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	PoolAdvisor redisPoolAdvisor() {
		return new PoolAdvisor();
	}

	@Bean
	static EarlyPools redisPoolAdvisorEarlyPools(ObjectProvider<PoolAdvisor> advisor) {
		return new EarlyPools((pool) -> advisor.getObject().watch(pool));
	}

	@Bean
	@ConditionalOnMissingBean
	RedisPoolsEndpoint redisPoolsEndpoint(ConfigurableListableBeanFactory beanFactory, PoolAdvisor advisor,
			Environment environment, ObjectProvider<SanitizingFunction> sanitizingFunctions,
			RedisPoolsEndpointProperties properties) {
		Collection<RedisPool> pools = RedisPools.byName(beanFactory).values();
		pools.forEach(advisor::watch);
		return new RedisPoolsEndpoint(pools, advisor, new PropertyOrigins(environment),
				sanitizingFunctions.orderedStream().toList(), properties.showValues());
	}

	@Bean
	@ConditionalOnMissingBean
	@ConditionalOnBean(RedisPoolsEndpoint.class)
	@ConditionalOnAvailableEndpoint(exposure = EndpointExposure.WEB)
	@RegisterReflectionForBinding(ErrorDescriptor.class)
	RedisPoolsEndpointWebExtension redisPoolsEndpointWebExtension(RedisPoolsEndpoint endpoint,
			RedisPoolsEndpointProperties properties) {
		return new RedisPoolsEndpointWebExtension(endpoint, properties.showValues(), properties.roles());
	}

	@Bean
	@ConditionalOnMissingBean
	@ConditionalOnBean(RedisPoolsEndpoint.class)
	@ConditionalOnAvailableEndpoint(endpoint = RedisPoolsEndpoint.class, exposure = EndpointExposure.WEB)
	RedisPoolsEndpointInvokerAdvisor redisPoolsEndpointInvokerAdvisor() {
		return new RedisPoolsEndpointInvokerAdvisor();
	}

	@Bean
	@ConditionalOnMissingBean
	@ConditionalOnBean(RedisPoolsEndpoint.class)
	@ConditionalOnAvailableEndpoint(exposure = EndpointExposure.JMX)
	RedisPoolsEndpointJmxExtension redisPoolsEndpointJmxExtension(RedisPoolsEndpoint endpoint) {
		return new RedisPoolsEndpointJmxExtension(endpoint);
	}

}
