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

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import io.github.lettucepool.PoolConnectException;

/**
 * Writes a line when a pool cannot reach a server and one when it can again, whatever the
 * lane. Looks at the errors from time to time, so that connecting costs no more for it.
 */
final class OutageLog {

	private static final Log logger = LogFactory.getLog(OutageLog.class);

	/**
	 * So many looks without an error end an outage. A server that accepts now one
	 * connection and then none has one outage.
	 */
	static final int CALM_LOOKS = 10;

	private final String pool;

	private final Supplier<Map<String, Throwable>> errors;

	private final Predicate<String> gone;

	private final Map<String, Outage> outages = new HashMap<>();

	/**
	 * Creates a log that does not look yet.
	 * @param pool the pool's name
	 * @param errors gives the servers that cannot be reached now, and why
	 * @param gone tells of a server that was among them whether it is not used any more
	 */
	OutageLog(String pool, Supplier<Map<String, Throwable>> errors, Predicate<String> gone) {
		this.pool = pool;
		this.errors = errors;
		this.gone = gone;
	}

	/**
	 * Looks at the pool. Called by one thread at a time.
	 * @param now the current time in nanoseconds
	 */
	void look(long now) {
		Map<String, Throwable> errors = this.errors.get();
		errors.forEach((server, error) -> this.outages.computeIfAbsent(server, (unknown) -> {
			logger.warn(
					"Pool '%s' cannot reach %s: %s".formatted(this.pool, server, PoolConnectException.describe(error)));
			return new Outage(now);
		}).calm = 0);
		this.outages.entrySet().removeIf((outage) -> !errors.containsKey(outage.getKey()) && isOver(outage, now));
	}

	private boolean isOver(Map.Entry<String, Outage> outage, long now) {
		if (++outage.getValue().calm < CALM_LOOKS) {
			return false;
		}
		logger.info((this.gone.test(outage.getKey()) ? "Pool '%s' does not use %s any more, which was lost %d s ago"
				: "Pool '%s' reaches %s again, after %d s")
			.formatted(this.pool, outage.getKey(), TimeUnit.NANOSECONDS.toSeconds(now - outage.getValue().since)));
		return true;
	}

	private static final class Outage {

		private final long since;

		private int calm;

		private Outage(long since) {
			this.since = since;
		}

	}

}
