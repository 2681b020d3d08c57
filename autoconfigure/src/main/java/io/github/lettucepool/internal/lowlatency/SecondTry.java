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

import java.util.function.Predicate;
import java.util.function.Supplier;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.protocol.RedisCommand;

/**
 * The second try of a command whose low-latency connection was lost before the reply: in
 * the shared lane.
 *
 * @param lost takes note of the loss, and says whether the command may be sent again;
 * {@code false} if it might take effect twice
 * @param shared gives a connection of the shared lane
 */
public record SecondTry(Predicate<RedisCommand<?, ?, ?>> lost, Supplier<StatefulConnection<?, ?>> shared) {

	@SuppressWarnings("unchecked") // The lane's connections have the command's codec.
	<K, V, T> void send(RedisCommand<K, V, T> command) {
		((StatefulConnection<K, V>) this.shared.get()).dispatch(command);
	}

}
