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

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.ConfigurationCondition;
import org.springframework.core.type.AnnotatedTypeMetadata;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;

/**
 * Matches if there is a pool to look at. {@link ConditionalOnBean} would overlook pools
 * that are injected by qualifier only, so an application with no other pools would not
 * see them.
 */
class OnRedisPoolCondition extends SpringBootCondition implements ConfigurationCondition {

	@Override
	public ConfigurationPhase getConfigurationPhase() {
		return ConfigurationPhase.REGISTER_BEAN;
	}

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition("Redis pool");
		ConfigurableListableBeanFactory beanFactory = context.getBeanFactory();
		for (Class<?> type : List.of(RedisPool.class, PooledLettuceConnectionFactory.class)) {
			String[] names = (beanFactory != null)
					? BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beanFactory, type, true, false)
					: new String[0];
			if (names.length > 0) {
				return ConditionOutcome
					.match(message.found("bean", "beans").items(ConditionMessage.Style.QUOTE, List.of(names)));
			}
		}
		// Named pools are registered after all conditions have been asked.
		return NamedPools.areDeclared(context.getEnvironment())
				? ConditionOutcome.match(message.because(LettuceProperties.POOLS + " declares a pool"))
				: ConditionOutcome.noMatch(message.didNotFind("any RedisPool bean").atAll());
	}

}
