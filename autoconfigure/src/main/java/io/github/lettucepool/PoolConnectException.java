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

import java.util.concurrent.CompletionException;
import java.util.regex.Pattern;

import org.springframework.core.NestedExceptionUtils;
import org.springframework.data.redis.RedisConnectionFailureException;

import io.github.lettucepool.internal.transport.Addresses;

/**
 * A pool cannot connect to Redis. The message names the pool, the address and the reason;
 * it never holds a password.
 */
public class PoolConnectException extends RedisConnectionFailureException {

	private static final long serialVersionUID = 1L;

	/**
	 * The full stop of a message that becomes a part of a longer one.
	 */
	private static final Pattern END = Pattern.compile("(?<!\\.)\\.\\s*$");

	/**
	 * The name of the pool.
	 */
	private final String pool;

	/**
	 * Creates the exception.
	 * @param pool the pool's name
	 * @param cause what connecting failed with
	 */
	public PoolConnectException(String pool, Throwable cause) {
		super("Pool '%s' cannot connect to Redis: %s".formatted(pool, describe(cause)), cause);
		this.pool = pool;
	}

	/**
	 * The pool that cannot connect.
	 * @return the pool's name
	 */
	public String getPool() {
		return this.pool;
	}

	/**
	 * Says in one line what connecting failed with: the error's own message, which has
	 * the address, that of its root, which has the reason, and those of other addresses
	 * that were tried.
	 * @param error what connecting failed with
	 * @return one line
	 */
	public static String describe(Throwable error) {
		Throwable top = (error instanceof CompletionException && error.getCause() != null) ? error.getCause() : error;
		StringBuilder text = new StringBuilder(message(top));
		append(text, ": ", message(NestedExceptionUtils.getMostSpecificCause(top)));
		for (Throwable part = top; part != null; part = part.getCause()) {
			for (Throwable other : part.getSuppressed()) {
				// Reactor leaves a plain one that says where somebody waited.
				if (other.getClass() != Exception.class) {
					append(text, "; ", describe(other));
				}
			}
		}
		return text.toString();
	}

	private static void append(StringBuilder text, String separator, String message) {
		if (text.indexOf(message) < 0) {
			text.append(separator).append(message);
		}
	}

	private static String message(Throwable error) {
		String message = error.getMessage();
		return (message != null) ? Addresses.in(END.matcher(message).replaceFirst(""))
				: error.getClass().getSimpleName();
	}

}
