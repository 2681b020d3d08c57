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

import org.springframework.beans.factory.annotation.BeanFactoryAnnotationUtils;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledLettuceConnectionFactory;

/**
 * An application that prints where its pools are and by which names, and ends.
 * {@link AheadOfTimeTests} makes it ahead of time, for which it must not be a nested
 * class.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class AheadOfTimeApplication {

	@Bean
	CommandLineRunner printer(ApplicationContext context) {
		return (arguments) -> context.getBeansOfType(PooledLettuceConnectionFactory.class).forEach((bean, factory) -> {
			System.out.println("%s is on %s".formatted(factory.getPool().getName(), factory.getHostName()));
			String pool = factory.getPool().getName();
			if (bean.startsWith(pool + "Redis") && !pool.equals(NamedPools.DEFAULT_POOL)) {
				BeanFactoryAnnotationUtils.qualifiedBeanOfType(context.getAutowireCapableBeanFactory(),
						StringRedisTemplate.class, pool);
				System.out.println("a template has the qualifier " + pool);
			}
			for (String alias : context.getAliases(bean)) {
				System.out.println("%s is also called %s".formatted(bean, alias));
			}
		});
	}

	public static void main(String[] arguments) {
		SpringApplication application = new SpringApplication(AheadOfTimeApplication.class);
		application.setWebApplicationType(WebApplicationType.NONE);
		application.run(arguments).close();
	}

}
