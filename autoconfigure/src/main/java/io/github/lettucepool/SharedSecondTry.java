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

package io.github.lettucepool;

import java.util.function.Supplier;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.RedisCommand;

import io.github.lettucepool.PoolSettings.Replay;
import io.github.lettucepool.exclusive.SecondTry;
import io.github.lettucepool.shared.ReplayFilter;

/**
 * Sends again in the shared lane what may be sent twice.
 */
final class SharedSecondTry implements SecondTry {

	private final ReplayFilter filter;

	private final Supplier<StatefulConnection<?, ?>> shared;

	SharedSecondTry(Replay replay, ClientOptions options, Supplier<StatefulConnection<?, ?>> shared) {
		this.filter = new ReplayFilter(replay, options);
		this.shared = shared;
	}

	@Override
	public boolean isAllowed(RedisCommand<?, ?, ?> command) {
		return this.filter.test(command);
	}

	@Override
	@SuppressWarnings("unchecked") // The lane's connections have the command's codec.
	public <K, V, T> void send(RedisCommand<K, V, T> command) {
		((StatefulRedisConnection<K, V>) this.shared.get()).dispatch(command);
	}

}
