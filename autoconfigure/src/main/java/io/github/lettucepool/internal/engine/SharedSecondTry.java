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

package io.github.lettucepool.internal.engine;

import java.util.function.Supplier;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.protocol.RedisCommand;

import io.github.lettucepool.internal.lowlatency.SecondTry;
import io.github.lettucepool.internal.shared.ReplayFilter;

/**
 * Sends again in the shared lane what may be sent twice.
 */
final class SharedSecondTry implements SecondTry {

	private final ReplayFilter filter;

	private final Supplier<StatefulConnection<?, ?>> shared;

	SharedSecondTry(ReplayFilter filter, Supplier<StatefulConnection<?, ?>> shared) {
		this.filter = filter;
		this.shared = shared;
	}

	@Override
	public boolean lost(RedisCommand<?, ?, ?> command) {
		return this.filter.lost(command) == null;
	}

	@Override
	@SuppressWarnings("unchecked") // The lane's connections have the command's codec.
	public <K, V, T> void send(RedisCommand<K, V, T> command) {
		((StatefulConnection<K, V>) this.shared.get()).dispatch(command);
	}

}
