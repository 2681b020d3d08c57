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

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Ends commands that will not be answered.
 */
public final class FailedCommands {

	private static final Log logger = LogFactory.getLog(FailedCommands.class);

	private FailedCommands() {
	}

	/**
	 * The failure of a future. Spring Data translates none of the exceptions that
	 * dependent futures wrap that in.
	 * @param error what a future tells
	 * @return the error itself
	 */
	public static Throwable unwrap(Throwable error) {
		Throwable unwrapped = error;
		while ((unwrapped instanceof CompletionException || unwrapped instanceof ExecutionException)
				&& unwrapped.getCause() != null) {
			unwrapped = unwrapped.getCause();
		}
		return unwrapped;
	}

	/**
	 * Lets a command fail, whatever those do who wait for it: the next command is to fail
	 * too.
	 * @param command the command
	 * @param cause the cause
	 */
	public static void fail(RedisCommand<?, ?, ?> command, Throwable cause) {
		try {
			command.completeExceptionally(cause);
		}
		catch (RuntimeException | Error ex) {
			logger.warn("A callback failed that was told of the failure of %s".formatted(command.getType()), ex);
		}
	}

	/**
	 * Returns how often to look for commands whose time is over.
	 * @param timeout how long a command may take
	 * @param longest the longest interval
	 * @return a twentieth of the timeout, 10 ms at least
	 */
	public static Duration lookInterval(Duration timeout, Duration longest) {
		return Duration.ofMillis(Math.max(10, Math.min(longest.toMillis(), timeout.toMillis() / 20)));
	}

	/**
	 * Lets a command time out, if it is not done.
	 * @param command the command
	 * @param timeout how long it had
	 */
	public static void timedOut(RedisCommand<?, ?, ?> command, Duration timeout) {
		if (!command.isDone()) {
			fail(command, new RedisCommandTimeoutException(
					"%s timed out after %d ms".formatted(command.getType(), timeout.toMillis())));
		}
	}

	/**
	 * Lets a command time out elsewhere, since those who wait for it may block; here, if
	 * nothing is done there any more, or no thread can be started there.
	 * @param command the command
	 * @param timeout how long it had
	 * @param elsewhere where
	 */
	public static void timedOut(RedisCommand<?, ?, ?> command, Duration timeout, Executor elsewhere) {
		try {
			elsewhere.execute(() -> timedOut(command, timeout));
		}
		catch (RejectedExecutionException | Error ex) {
			timedOut(command, timeout);
		}
	}

	/**
	 * Has the commands of a closed connection fail on cancellation. Spring Data does not
	 * translate Lettuce's cancellation.
	 * @param commands the commands
	 * @return the commands for Lettuce to cancel
	 */
	public static List<RedisCommand<?, ?, ?>> closed(List<RedisCommand<?, ?, ?>> commands) {
		return commands.stream().<RedisCommand<?, ?, ?>>map((command) -> new Closed<>(command)).toList();
	}

	private static final class Closed<K, V, T> extends CommandWrapper<K, V, T> {

		private Closed(RedisCommand<K, V, T> command) {
			super(command);
		}

		@Override
		public void cancel() {
			fail(this, new RedisConnectionException(
					"The connection was closed before the reply to %s arrived".formatted(getType())));
		}

	}

}
