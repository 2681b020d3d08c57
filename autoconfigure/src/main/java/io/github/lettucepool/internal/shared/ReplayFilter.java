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

package io.github.lettucepool.internal.shared;

import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.Predicate;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolSettings.Replay;
import io.github.lettucepool.internal.transport.PartialReplyException;

/**
 * The commands that may be sent again after their connection was lost: those that the
 * setting allows. It is not asked for one of whose reply a part has arrived, see
 * {@link PartialReplyException}.
 * <p>
 * A command is sent again twice at most. Its own reply may be the reason why the server
 * closes the connection, with all commands of others on it. Thread-safe.
 */
public final class ReplayFilter implements Predicate<RedisCommand<?, ?, ?>> {

	private static final Log logger = LogFactory.getLog(ReplayFilter.class);

	private static final int MAX_REPLAYS = 2;

	private final Predicate<RedisCommand<?, ?, ?>> allowed;

	private final Map<RedisCommand<?, ?, ?>, Integer> losses = Collections.synchronizedMap(new WeakHashMap<>());

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

	/**
	 * Returns whether a command may be sent on another connection than the one that was
	 * lost.
	 */
	@Override
	public boolean test(RedisCommand<?, ?, ?> command) {
		try {
			return this.allowed.test(command);
		}
		catch (RuntimeException ex) {
			logger.warn("The ReadOnlyCommands of the client options failed for " + command.getType(), ex);
			return false;
		}
	}

	/**
	 * Takes note that a command was sent and then lost with its connection.
	 * @param command the command
	 * @return the error for its caller, or {@code null} if it is to be sent again
	 */
	public @Nullable RedisConnectionException lost(RedisCommand<?, ?, ?> command) {
		if (!test(command)) {
			return unknown(command);
		}
		// The same one below all wrappers, whatever the lane.
		int times = this.losses.merge(CommandWrapper.unwrap(command), 1, Integer::sum);
		return (times <= MAX_REPLAYS) ? null
				: new RedisConnectionException(
						"The connection was lost each time that %s was sent, %d times, before the reply arrived"
							.formatted(command.getType(), times));
	}

	/**
	 * The error for the caller of a command that is not sent again.
	 * @param command the command
	 * @return a new exception
	 */
	static RedisConnectionException unknown(RedisCommand<?, ?, ?> command) {
		return new RedisConnectionException("The connection was lost before the reply to " + command.getType()
				+ " arrived; it is not known whether it took effect");
	}

}
