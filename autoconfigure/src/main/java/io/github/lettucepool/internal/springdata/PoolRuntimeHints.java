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

package io.github.lettucepool.internal.springdata;

import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

import io.github.lettucepool.internal.transport.Activation;
import io.github.lettucepool.internal.transport.AnsweredSentinel;

/**
 * The hints about the pool that a native image needs.
 */
class PoolRuntimeHints implements RuntimeHintsRegistrar {

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		BorrowedConnection.TYPES.forEach(hints.proxies()::registerJdkProxy);
		BlockingCommands.TYPES.forEach(hints.proxies()::registerJdkProxy);
		hints.proxies().registerJdkProxy(Activation.TYPE);
		AnsweredSentinel.TYPES.forEach(hints.proxies()::registerJdkProxy);
	}

}
