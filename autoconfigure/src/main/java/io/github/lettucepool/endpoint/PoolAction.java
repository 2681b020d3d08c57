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

package io.github.lettucepool.endpoint;

import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.RedisPool;

/**
 * The actions of the {@link RedisPoolsEndpoint} on a pool.
 */
enum PoolAction {

	/**
	 * Changes {@code max-size}, {@code min-idle} or both, or the bounds of a pool that
	 * sizes itself.
	 */
	RESIZE,

	/**
	 * Replaces all exclusive connections.
	 */
	RETIRE,

	/**
	 * Lends nothing until it is resumed.
	 */
	SUSPEND,

	/**
	 * Lends again.
	 */
	RESUME;

	private static final Log logger = LogFactory.getLog(RedisPoolsEndpoint.class);

	private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

	/**
	 * Changes a pool.
	 * @param action what to do
	 * @param pool the pool
	 * @param maxSize the new {@code max-size}, or {@code null}
	 * @param minIdle the new {@code min-idle}, or {@code null}
	 * @throws IllegalArgumentException if there is no such action, or a number is none or
	 * out of its range; the message says what is allowed
	 */
	static void perform(String action, RedisPool pool, @Nullable String maxSize, @Nullable String minIdle) {
		PoolAction found = Arrays.stream(values())
			.filter((candidate) -> candidate.id().equals(action))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("There is no action %s, but these: %s.".formatted(
					Quoted.of(action), Arrays.stream(values()).map(PoolAction::id).collect(Collectors.joining(", ")))));
		Integer newSize = number("maxSize", 1, maxSize);
		Integer newIdle = number("minIdle", 0, minIdle);
		switch (found) {
			case RESIZE -> resize(pool, newSize, newIdle);
			case RETIRE -> pool.retireAll();
			case SUSPEND -> pool.suspend();
			case RESUME -> pool.resume();
		}
		PoolSettings settings = pool.getSettings();
		logger.info("Pool '%s': %s was asked for by its endpoint; max-size=%d, min-idle=%d".formatted(pool.getName(),
				action, settings.getMaxSize(), settings.getMinIdle()));
	}

	private static void resize(RedisPool pool, @Nullable Integer maxSize, @Nullable Integer minIdle) {
		if (maxSize == null && minIdle == null) {
			throw new IllegalArgumentException("'resize' needs 'maxSize', 'minIdle' or both.");
		}
		PoolSettings settings = pool.getSettings();
		int largest = settings.isMaxSizeAuto() ? settings.getMaxSizeLimit() : settings.getMaxSize();
		pool.resize((maxSize != null) ? maxSize : largest, (minIdle != null) ? minIdle : settings.getMinIdle());
	}

	private static @Nullable Integer number(String parameter, int least, @Nullable String value) {
		if (value == null) {
			return null;
		}
		if (NUMBER.matcher(value).matches()) {
			long number = Long.parseLong(value);
			if (number >= least && number <= Integer.MAX_VALUE) {
				return (int) number;
			}
		}
		throw new IllegalArgumentException("'%s' must be a whole number from %d to %d, not %s.".formatted(parameter,
				least, Integer.MAX_VALUE, Quoted.of(value)));
	}

	private String id() {
		return name().toLowerCase(Locale.ROOT);
	}

}
