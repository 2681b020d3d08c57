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

package io.github.lettucepool.internal.transport;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import io.lettuce.core.sentinel.api.reactive.RedisSentinelReactiveCommands;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Gives Lettuce an answer of the sentinels as if it had asked one of them itself. It
 * knows no other way to be told of a master and its replicas.
 */
public final class AnsweredSentinel {

	/**
	 * The types that get a stand-in. A native image has to know.
	 */
	public static final List<Class<?>> TYPES = List.of(StatefulRedisSentinelConnection.class,
			RedisSentinelReactiveCommands.class);

	private AnsweredSentinel() {
	}

	/**
	 * Stands in for a connection that is open.
	 * @param answer what is answered
	 * @return knows the calls of {@code SentinelTopologyProvider} and no others
	 */
	static StatefulRedisSentinelConnection<?, ?> connection(Sentinels.Answer answer) {
		RedisSentinelReactiveCommands<?, ?> commands = proxy(RedisSentinelReactiveCommands.class,
				(method) -> switch (method.getName()) {
					case "master" -> Mono.just(answer.master());
					case "replicas" -> Flux.fromIterable(answer.replicas());
					default -> throw new UnsupportedOperationException(method.toString());
				});
		return proxy(StatefulRedisSentinelConnection.class, (method) -> switch (method.getName()) {
			case "reactive" -> commands;
			case "closeAsync" -> CompletableFuture.completedFuture(null);
			default -> throw new UnsupportedOperationException(method.toString());
		});
	}

	private static <T> T proxy(Class<T> type, Function<Method, Object> calls) {
		return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type },
				(proxy, method, arguments) -> calls.apply(method)));
	}

}
