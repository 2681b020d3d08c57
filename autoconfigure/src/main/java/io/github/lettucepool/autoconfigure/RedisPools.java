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

import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.SimpleAutowireCandidateResolver;
import org.springframework.util.Assert;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;

/**
 * Finds the pools of an application, those that are injected by qualifier only included.
 */
final class RedisPools {

	private RedisPools() {
	}

	/**
	 * All pools by their own name, which the health components, the meters and the
	 * endpoint have in common: those that are beans, and those of connection factories
	 * that are. A pool that is a bean twice counts once.
	 * @param beanFactory where the pools are beans
	 * @return the pools, in the order in which they were declared
	 * @throws IllegalStateException if two pools have the same name
	 */
	static Map<String, RedisPool> byName(ConfigurableListableBeanFactory beanFactory) {
		Map<String, RedisPool> pools = new LinkedHashMap<>();
		SimpleAutowireCandidateResolver.resolveAutowireCandidates(beanFactory, RedisPool.class)
			.forEach((beanName, pool) -> add(pools, beanName, pool));
		SimpleAutowireCandidateResolver.resolveAutowireCandidates(beanFactory, PooledLettuceConnectionFactory.class)
			.forEach((beanName, factory) -> add(pools, beanName, factory.getPool()));
		return pools;
	}

	private static void add(Map<String, RedisPool> pools, String beanName, RedisPool pool) {
		RedisPool other = pools.putIfAbsent(pool.getName(), pool);
		Assert.state(other == null || other == pool,
				() -> ("There are two Redis pools with the name '%s', one of them the bean '%s': "
						+ "give each pool a name of its own")
					.formatted(pool.getName(), beanName));
	}

}
