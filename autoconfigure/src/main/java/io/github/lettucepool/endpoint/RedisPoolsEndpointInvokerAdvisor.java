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

package io.github.lettucepool.endpoint;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.OperationType;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvoker;
import org.springframework.boot.actuate.endpoint.invoke.OperationInvokerAdvisor;
import org.springframework.boot.actuate.endpoint.invoke.OperationParameters;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

/**
 * {@link OperationInvokerAdvisor} that refuses requests to change a pool whose body or
 * query says more than it may. Spring Boot adds these to what the path says, and lets
 * them overrule it.
 */
public final class RedisPoolsEndpointInvokerAdvisor implements OperationInvokerAdvisor {

	private static final EndpointId ENDPOINT = EndpointId.of("redispools");

	private static final Set<String> KNOWN = Set.of(RedisPoolsEndpointWebExtension.PATH, "maxSize", "minIdle");

	@Override
	public OperationInvoker apply(EndpointId endpoint, OperationType type, OperationParameters parameters,
			OperationInvoker invoker) {
		boolean changes = ENDPOINT.equals(endpoint) && type == OperationType.WRITE && parameters.stream()
			.anyMatch((parameter) -> parameter.getName().equals(RedisPoolsEndpointWebExtension.PATH));
		return changes ? (context) -> {
			String refused = refused(context.getArguments());
			return (refused != null) ? new WebEndpointResponse<>(new ErrorDescriptor(
					"%s is not allowed: the path names pool and action, and body and query only 'maxSize' and 'minIdle'."
						.formatted(Quoted.of(refused))),
					WebEndpointResponse.STATUS_BAD_REQUEST) : invoker.invoke(context);
		} : invoker;
	}

	private static @Nullable String refused(Map<String, @Nullable Object> arguments) {
		if (!(arguments.get(RedisPoolsEndpointWebExtension.PATH) instanceof String[])) {
			return RedisPoolsEndpointWebExtension.PATH;
		}
		return new TreeSet<>(arguments.keySet()).stream()
			.filter((name) -> !KNOWN.contains(name))
			.findFirst()
			.orElse(null);
	}

}
