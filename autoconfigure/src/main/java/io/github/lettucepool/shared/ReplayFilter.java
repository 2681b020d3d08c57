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

package io.github.lettucepool.shared;

import java.util.Collection;
import java.util.Map;
import java.util.function.Predicate;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.Value;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolSettings.Replay;

/**
 * Which commands may be sent again after their connection was lost: those that the
 * setting allows, unless a part of the reply has arrived. The whole reply would be added
 * to that part.
 */
public final class ReplayFilter implements Predicate<RedisCommand<?, ?, ?>> {

	private final Predicate<RedisCommand<?, ?, ?>> allowed;

	/**
	 * Creates a filter.
	 * @param replay what may be sent again
	 * @param options know which commands are read-only
	 */
	public ReplayFilter(Replay replay, ClientOptions options) {
		this.allowed = switch (replay) {
			case ALL -> (command) -> true;
			case READS -> options.getReadOnlyCommands()::isReadOnly;
			case NONE -> (command) -> false;
		};
	}

	@Override
	public boolean test(RedisCommand<?, ?, ?> command) {
		CommandOutput<?, ?, ?> output = command.getOutput();
		return this.allowed.test(command) && (output == null || isEmpty(output.get()));
	}

	private static boolean isEmpty(@Nullable Object value) {
		if (value instanceof Collection<?> collection) {
			return collection.isEmpty();
		}
		if (value instanceof Map<?, ?> map) {
			return map.isEmpty();
		}
		if (value instanceof ScanCursor cursor) {
			return cursor.getCursor() == null;
		}
		if (value instanceof Value<?> single) {
			return single.isEmpty();
		}
		return value == null || value.equals(0L);
	}

}
