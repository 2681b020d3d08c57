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

import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Whether a pool is set up without a shared lane, the application's own or one with a
 * name.
 */
class OnPoolWithoutSharedLaneCondition extends SpringBootCondition {

	private static final String KEY = "shared-connections";

	@Override
	public ConditionOutcome getMatchOutcome(ConditionContext context, AnnotatedTypeMetadata metadata) {
		ConditionMessage.Builder message = ConditionMessage.forCondition("Pool without a shared lane");
		Binder binder = Binder.get(context.getEnvironment());
		boolean match = isZero(binder, LettucePoolProperties.PREFIX) || PoolNames.find(context.getEnvironment())
			.stream()
			.anyMatch((name) -> isZero(binder, NamedPools.prefix(name)));
		return new ConditionOutcome(match, message.because("a pool has " + (match ? "" : "not ") + KEY + "=0"));
	}

	private static boolean isZero(Binder binder, String prefix) {
		return binder.bind(prefix + "." + KEY, String.class).orElse("").trim().equals("0");
	}

}
