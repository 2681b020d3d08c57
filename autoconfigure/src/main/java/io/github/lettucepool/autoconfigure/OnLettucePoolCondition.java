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
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionEvaluationReport;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Matches if the pool is wanted: not if {@code lettuce.pool.enabled}, or where that is
 * unset Spring Boot's twin of it, says no; and not if the application excludes
 * {@link DataRedisAutoConfiguration}, for then it wants no Redis, or another one.
 */
class OnLettucePoolCondition extends SpringBootCondition {

	private static final String KEY = LettucePoolProperties.PREFIX + ".enabled";

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition("Lettuce Pool");
		if (isExcluded(DataRedisAutoConfiguration.class, context.getBeanFactory())) {
			return ConditionOutcome.noMatch(message.because("DataRedisAutoConfiguration is excluded"));
		}
		Binder binder = Binder.get(context.getEnvironment());
		PoolKeys twins = new PoolKeys(binder, PoolKeys.BOOT_PREFIX);
		Boolean enabled = binder.bind(KEY, Bindable.of(Boolean.class), new NoBlankValues(context.getEnvironment()))
			.orElse(null);
		if (enabled != null) {
			return outcome(enabled, KEY, message);
		}
		Boolean twin = twins.get("enabled", Boolean.class);
		if (twin != null) {
			return outcome(twin, twins.key("enabled"), message);
		}
		return ConditionOutcome.match(message.because(KEY + " is not set"));
	}

	private static ConditionOutcome outcome(boolean enabled, String key, ConditionMessage.Builder message) {
		return enabled ? ConditionOutcome.match(message.because(key + " is true")) : ConditionOutcome.noMatch(message
			.because(key + " is false; what is to start without the pool too injects an ObjectProvider<RedisPool>"));
	}

	private boolean isExcluded(Class<?> autoConfiguration, @Nullable ConfigurableListableBeanFactory beanFactory) {
		return beanFactory != null
				&& ConditionEvaluationReport.get(beanFactory).getExclusions().contains(autoConfiguration.getName());
	}

}
