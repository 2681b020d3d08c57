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

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.context.properties.bind.BindableRuntimeHintsRegistrar;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;

/**
 * The hints that a native image needs, since the beans of named pools are registered at
 * run time: how their keys are bound, and how the beans are made.
 */
class NamedPoolsRuntimeHints implements RuntimeHintsRegistrar {

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		BindableRuntimeHintsRegistrar.forTypes(NamedPoolProperties.class).registerHints(hints, classLoader);
		hints.reflection()
			.registerType(PoolSettings.Builder.class, MemberCategory.INVOKE_PUBLIC_METHODS)
			.registerType(NamedConnectionFactories.class, MemberCategory.INVOKE_DECLARED_METHODS)
			.registerType(PooledLettuceConnectionFactory.class, MemberCategory.INVOKE_PUBLIC_METHODS)
			.registerType(RedisTemplate.class, MemberCategory.INVOKE_PUBLIC_CONSTRUCTORS,
					MemberCategory.INVOKE_PUBLIC_METHODS)
			.registerType(StringRedisTemplate.class, MemberCategory.INVOKE_PUBLIC_CONSTRUCTORS)
			.registerType(ReactiveStringRedisTemplate.class, MemberCategory.INVOKE_PUBLIC_CONSTRUCTORS);
	}

}
