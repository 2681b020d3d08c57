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

package io.github.lettucepool.internal.lowlatency;

import io.lettuce.core.protocol.RedisCommand;

/**
 * The second try of a command whose low-latency connection was lost before the reply.
 */
public interface SecondTry {

	/**
	 * Takes note of the loss.
	 * @param command the command
	 * @return whether it may be sent again; {@code false} if it might take effect twice
	 */
	boolean lost(RedisCommand<?, ?, ?> command);

	/**
	 * Sends a command again, on another way.
	 * @param <K> the type of keys
	 * @param <V> the type of values
	 * @param <T> the type of the result
	 * @param command the command
	 */
	<K, V, T> void send(RedisCommand<K, V, T> command);

}
