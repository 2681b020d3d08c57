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

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

/**
 * The time that commands may take when the application has not set a timeout: one time
 * for ordinary commands, and for a command that blocks as long as its own argument says,
 * and a margin.
 * <p>
 * To be set as the timeout source of the client options. The exclusive lane, where
 * blocking commands go, then keeps to it; the shared lane applies the one time.
 * Immutable.
 */
public final class CommandTimeouts extends TimeoutOptions.TimeoutSource {

	private static final Duration MARGIN = Duration.ofSeconds(2);

	private static final double NOT_BLOCKING = -1;

	private final Duration timeout;

	/**
	 * Creates the timeouts.
	 * @param timeout for commands that do not block
	 * @throws IllegalArgumentException if it is not positive
	 */
	public CommandTimeouts(Duration timeout) {
		if (timeout.isZero() || timeout.isNegative()) {
			throw new IllegalArgumentException("timeout is %s: it must be positive".formatted(timeout));
		}
		this.timeout = timeout;
	}

	/**
	 * The timeouts of a client.
	 * @param options the client's options
	 * @return the timeouts, or {@code null} if the client has others
	 */
	public static @Nullable CommandTimeouts of(ClientOptions options) {
		return (options.getTimeoutOptions().getSource() instanceof CommandTimeouts timeouts) ? timeouts : null;
	}

	/**
	 * Returns how long commands may take that do not block.
	 * @return the time
	 */
	public Duration getTimeout() {
		return this.timeout;
	}

	/**
	 * Returns whether a command waits at the server, which it says in its arguments.
	 * @param command the command
	 * @return {@code true} if it may wait
	 */
	public boolean isBlocking(RedisCommand<?, ?, ?> command) {
		return blockingSeconds(command) >= 0;
	}

	/**
	 * Returns how long a command may take.
	 * @param command the command
	 * @return the time in nanoseconds; 0 for as long as it takes
	 */
	@Override
	public long getTimeout(@Nullable RedisCommand<?, ?, ?> command) {
		double seconds = (command != null) ? blockingSeconds(command) : NOT_BLOCKING;
		if (seconds == NOT_BLOCKING) {
			return this.timeout.toNanos();
		}
		return (seconds > 0) ? (long) (seconds * TimeUnit.SECONDS.toNanos(1)) + MARGIN.toNanos() : 0;
	}

	@Override
	public TimeUnit getTimeUnit() {
		return TimeUnit.NANOSECONDS;
	}

	/**
	 * For how many seconds a command may block, which it says in its words.
	 */
	private static double blockingSeconds(RedisCommand<?, ?, ?> command) {
		return switch (command.getType().toString()) {
			case "BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BZPOPMIN", "BZPOPMAX" -> number(last(words(command)));
			case "BLMPOP", "BZMPOP" -> number(words(command)[0]);
			case "WAIT", "WAITAOF" -> milliseconds(last(words(command)));
			case "XREAD", "XREADGROUP" -> block(words(command));
			default -> NOT_BLOCKING;
		};
	}

	private static double block(String[] words) {
		for (int i = 0; i < words.length - 1; i++) {
			if ("STREAMS".equals(words[i])) {
				return NOT_BLOCKING;
			}
			if ("BLOCK".equals(words[i])) {
				return milliseconds(words[i + 1]);
			}
		}
		return NOT_BLOCKING;
	}

	private static double milliseconds(String word) {
		double milliseconds = number(word);
		return (milliseconds >= 0) ? milliseconds / 1000 : milliseconds;
	}

	private static double number(String word) {
		try {
			return Math.max(NOT_BLOCKING, Double.parseDouble(word));
		}
		catch (NumberFormatException ex) {
			return NOT_BLOCKING;
		}
	}

	private static String last(String[] words) {
		return words[words.length - 1];
	}

	private static String[] words(RedisCommand<?, ?, ?> command) {
		return ((command.getArgs() != null) ? command.getArgs().toCommandString() : "").split(" ", -1);
	}

}
