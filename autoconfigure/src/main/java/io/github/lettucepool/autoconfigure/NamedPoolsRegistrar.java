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

import java.util.List;
import java.util.Map;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.HierarchicalBeanFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.aot.BeanRegistrationAotProcessor;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.RuntimeBeanReference;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.BeanDefinitionRegistryPostProcessor;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.aot.AbstractAotProcessor;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.util.StringUtils;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;

/**
 * Registers the beans of named pools. Each has the pool's name as its qualifier and is no
 * candidate where nothing is qualified.
 * <p>
 * A post-processor and not a {@link org.springframework.beans.factory.BeanRegistrar}:
 * that one cannot set qualifiers, and is called before the last auto-configurations have
 * registered the beans whose names a pool may collide with. The beans, and the names that
 * those of the primary pool have besides, are left out of what is generated ahead of
 * time, since this runs again when that is started.
 */
class NamedPoolsRegistrar implements BeanDefinitionRegistryPostProcessor {

	static final String FACTORIES_BEAN = "lettuceNamedConnectionFactories";

	private static final String CONNECTION_FACTORY = "RedisConnectionFactory";

	private static final String POOL = "RedisPool";

	private static final String TEMPLATE = "RedisTemplate";

	private static final String STRING_TEMPLATE = "StringRedisTemplate";

	private static final String REACTIVE_STRING_TEMPLATE = "ReactiveStringRedisTemplate";

	/**
	 * The ends of the names of a pool's beans. The beans of {@code spring.data.redis}
	 * have no other name, with a small letter first.
	 */
	private static final List<String> SUFFIXES = List.of(CONNECTION_FACTORY, POOL, TEMPLATE, STRING_TEMPLATE,
			REACTIVE_STRING_TEMPLATE);

	private final Environment environment;

	NamedPoolsRegistrar(Environment environment) {
		this.environment = environment;
	}

	@Override
	public void postProcessBeanDefinitionRegistry(BeanDefinitionRegistry registry) {
		NamedPools pools = NamedPools.read(this.environment);
		for (NamedPool pool : pools.pools()) {
			if (isInherited(pool, registry)) {
				continue;
			}
			if (pool.equals(pools.primary())) {
				nameBeansOfThePrimary(pool, registry);
			}
			else {
				registerBeans(pool, registry);
			}
		}
	}

	/**
	 * A parent context that has the pool too is configured by the same keys.
	 */
	private static boolean isInherited(NamedPool pool, BeanDefinitionRegistry registry) {
		BeanFactory parent = ((HierarchicalBeanFactory) registry).getParentBeanFactory();
		return parent != null && parent.containsBean(pool.bean(CONNECTION_FACTORY));
	}

	private void nameBeansOfThePrimary(NamedPool pool, BeanDefinitionRegistry registry) {
		String connectionFactory = StringUtils.uncapitalize(CONNECTION_FACTORY);
		if (!registry.containsBeanDefinition(connectionFactory) || !LettucePoolAutoConfiguration.class.getName()
			.equals(registry.getBeanDefinition(connectionFactory).getFactoryBeanName())) {
			throw new UnusablePoolException(
					("'%s' is '%s', but the connection factory that is injected where no pool is named does not come "
							+ "from a pool: the application has one of its own, or has switched the pool off.")
						.formatted(LettuceProperties.PRIMARY_POOL, pool.name()),
					"Remove '%s', or that connection factory, or '%s.enabled=false'."
						.formatted(LettuceProperties.PRIMARY_POOL, LettucePoolProperties.PREFIX));
		}
		SUFFIXES.forEach((suffix) -> {
			String bean = StringUtils.uncapitalize(suffix);
			if (registry.containsBeanDefinition(bean)
					&& registry.getBeanDefinition(bean) instanceof RootBeanDefinition definition) {
				refuseCollision(pool.bean(suffix), pool, registry);
				if (!Boolean.getBoolean(AbstractAotProcessor.AOT_PROCESSING)) {
					registry.registerAlias(bean, pool.bean(suffix));
				}
				// Not a qualifier of the definition, which would hide the bean's own
				// name.
				definition.setQualifiedElement(AnnotatedElementUtils.forAnnotations(
						AnnotationUtils.synthesizeAnnotation(Map.of("value", pool.name()), Qualifier.class, null)));
			}
		});
	}

	private static void refuseCollision(String bean, NamedPool pool, BeanDefinitionRegistry registry) {
		if (!registry.isBeanNameInUse(bean)) {
			return;
		}
		String where = "";
		if (registry.containsBeanDefinition(bean)) {
			String resource = registry.getBeanDefinition(bean).getResourceDescription();
			where = (resource != null) ? ", which is declared in " + resource : "";
		}
		throw new UnusablePoolException(
				"The Redis pool '%s' would have a bean '%s', but there is one with this name already%s."
					.formatted(pool.name(), bean, where),
				"Give the pool or the bean another name. The pool is declared by '%s'.".formatted(pool.prefix()));
	}

	private static void registerBeans(NamedPool pool, BeanDefinitionRegistry registry) {
		RuntimeBeanReference connectionFactory = new RuntimeBeanReference(pool.bean(CONNECTION_FACTORY));

		RootBeanDefinition factory = new RootBeanDefinition(PooledLettuceConnectionFactory.class);
		factory.setFactoryBeanName(FACTORIES_BEAN);
		factory.setFactoryMethodName("create");
		factory.getConstructorArgumentValues().addGenericArgumentValue(pool);
		register(CONNECTION_FACTORY, factory, pool, registry);

		RootBeanDefinition redisPool = new RootBeanDefinition(RedisPool.class);
		redisPool.setFactoryBeanName(connectionFactory.getBeanName());
		redisPool.setFactoryMethodName("getPool");
		register(POOL, redisPool, pool, registry);

		RootBeanDefinition template = new RootBeanDefinition(RedisTemplate.class);
		template.setTargetType(ResolvableType.forClassWithGenerics(RedisTemplate.class, Object.class, Object.class));
		template.getPropertyValues().add("connectionFactory", connectionFactory);
		register(TEMPLATE, template, pool, registry);

		register(STRING_TEMPLATE, template(StringRedisTemplate.class, connectionFactory), pool, registry);
		register(REACTIVE_STRING_TEMPLATE, template(ReactiveStringRedisTemplate.class, connectionFactory), pool,
				registry);
	}

	private static RootBeanDefinition template(Class<?> type, RuntimeBeanReference connectionFactory) {
		RootBeanDefinition template = new RootBeanDefinition(type);
		template.getConstructorArgumentValues().addGenericArgumentValue(connectionFactory);
		return template;
	}

	private static void register(String suffix, RootBeanDefinition definition, NamedPool pool,
			BeanDefinitionRegistry registry) {
		String bean = pool.bean(suffix);
		refuseCollision(bean, pool, registry);
		definition.setDefaultCandidate(false);
		// Unlike a qualified element, BeanFactoryAnnotationUtils sees it as well.
		definition.addQualifier(new AutowireCandidateQualifier(Qualifier.class, pool.name()));
		definition.setResourceDescription("the keys under '%s'".formatted(pool.prefix()));
		definition.setRole(BeanDefinition.ROLE_APPLICATION);
		definition.setAttribute(BeanRegistrationAotProcessor.IGNORE_REGISTRATION_ATTRIBUTE, true);
		registry.registerBeanDefinition(bean, definition);
	}

}
