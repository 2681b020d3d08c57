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

package io.github.lettucepool.embedded.junit;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;

/**
 * Puts servers where {@link Redis} asks for them.
 */
class RedisExtension implements BeforeAllCallback, TestInstancePostProcessor, ParameterResolver {

	private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(RedisExtension.class);

	@Override
	public void beforeAll(ExtensionContext context) throws IllegalAccessException {
		inject(context, null, context.getRequiredTestClass());
	}

	@Override
	public void postProcessTestInstance(Object test, ExtensionContext context) throws IllegalAccessException {
		inject(context, test, test.getClass());
	}

	private void inject(ExtensionContext context, @Nullable Object test, Class<?> type) throws IllegalAccessException {
		for (Field field : AnnotationSupport.findAnnotatedFields(type, Redis.class,
				(field) -> Modifier.isStatic(field.getModifiers()) == (test == null),
				HierarchyTraversalMode.TOP_DOWN)) {
			field.setAccessible(true);
			field.set(test, give(context, field, field.getType()));
		}
	}

	@Override
	public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
		return parameter.isAnnotated(Redis.class);
	}

	@Override
	public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
		return give(context, parameter.getParameter(), parameter.getParameter().getType());
	}

	private Object give(ExtensionContext context, AnnotatedElement receiver, Class<?> type) {
		Redis redis = receiver.getAnnotation(Redis.class);
		Asked asked = Asked.of(type, redis);
		Started started = redis.own()
				? context.getStore(NAMESPACE).computeIfAbsent(receiver, (key) -> asked.start(), Started.class)
				: Started.shared(asked);
		return started.restored();
	}

}
