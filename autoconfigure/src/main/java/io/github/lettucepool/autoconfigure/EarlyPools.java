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

import java.util.function.Consumer;

import org.springframework.beans.factory.config.BeanPostProcessor;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;

/**
 * Shows each pool to an observer before it starts, so that the observer misses nothing: a
 * factory starts while beans are still being made, and some of them use it at once.
 *
 * @param observer gets each pool once or more
 */
record EarlyPools(Consumer<RedisPool> observer) implements BeanPostProcessor {

	@Override
	public Object postProcessBeforeInitialization(Object bean, String beanName) {
		if (bean instanceof PooledLettuceConnectionFactory factory) {
			this.observer.accept(factory.getPool());
		}
		else if (bean instanceof RedisPool pool) {
			this.observer.accept(pool);
		}
		return bean;
	}

}
