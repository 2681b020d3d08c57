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

import java.util.Arrays;
import java.util.List;

import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.resource.ClientResources;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.BeanFactoryAnnotationUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.thread.Threading;
import org.springframework.core.env.Environment;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPoolCustomizer;

/**
 * Finds what a named pool needs, and has {@link PooledConnectionFactories} make its
 * factory.
 *
 * @param beanFactory has the beans that are qualified with the name of a pool
 * @param environment has the pools' keys
 * @param clientResources gives what all clients share
 * @param sslBundles gives the application's SSL bundles
 * @param customizers change each pool by its name, after all others
 */
record NamedConnectionFactories(ConfigurableListableBeanFactory beanFactory, Environment environment,
		ObjectProvider<ClientResources> clientResources, ObjectProvider<SslBundles> sslBundles,
		List<RedisPoolCustomizer> customizers) {

	private static final List<String> ADDRESSES = List.of("host", "url", "sentinel.nodes", "sentinel.master",
			"cluster.nodes", "masterreplica.nodes");

	private static final RedisTopology NO_TOPOLOGY_BEANS = new RedisTopology(null, null, null, null);

	/**
	 * Makes the connection factory of a pool.
	 * @param pool the pool
	 * @return a new factory, not started
	 * @throws UnusablePoolException if it is not said where Redis is
	 */
	PooledLettuceConnectionFactory create(NamedPool pool) {
		return create(pool,
				new LettuceClientConfigurations(this.clientResources.getObject(), List.of(), List.of(), null));
	}

	/**
	 * Makes the connection factory of the pool that is the primary one.
	 * @param pool the pool
	 * @param configurations those of the application's primary connection factory
	 * @return a new factory, not started
	 * @throws UnusablePoolException if it is not said where Redis is
	 */
	PooledLettuceConnectionFactory create(NamedPool pool, LettuceClientConfigurations configurations) {
		RedisCredentialsProvider credentials = qualified(RedisCredentialsProvider.class, pool.name());
		LettuceClientConfigurations clientConfigurations = (credentials != null) ? configurations.with(credentials)
				: configurations;
		return new PooledConnectionFactories(NO_TOPOLOGY_BEANS, clientConfigurations, this.customizers,
				Threading.VIRTUAL.isActive(this.environment))
			.create(pool.name(), pool.settings(), pool.redis(), connectionDetails(pool));
	}

	private DataRedisConnectionDetails connectionDetails(NamedPool pool) {
		DataRedisConnectionDetails bean = qualified(DataRedisConnectionDetails.class, pool.name());
		if (bean != null) {
			return bean;
		}
		Binder binder = Binder.get(this.environment);
		if (ADDRESSES.stream().noneMatch((key) -> binder.bind(pool.redis().key(key), Object.class).isBound())) {
			throw new UnusablePoolException("The Redis pool '%s' has no address.".formatted(pool.name()),
					("Set '%s' or '%s', or below them the nodes of sentinels, of a cluster or of a master with replicas. "
							+ "A named pool takes over nothing from 'spring.data.redis'.")
						.formatted(pool.redis().key("host"), pool.redis().key("url")));
		}
		return new KeyedConnectionDetails(pool.redis(), this.sslBundles.getIfAvailable());
	}

	private <T> @Nullable T qualified(Class<T> type, String qualifier) {
		List<String> names = Arrays.stream(this.beanFactory.getBeanNamesForType(type))
			.filter((name) -> BeanFactoryAnnotationUtils.isQualifierMatch(qualifier::equals, name, this.beanFactory))
			.toList();
		if (names.size() > 1) {
			throw new NoUniqueBeanDefinitionException(type, names);
		}
		return names.isEmpty() ? null : this.beanFactory.getBean(names.get(0), type);
	}

}
