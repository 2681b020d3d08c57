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

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import io.github.lettucepool.PoolSnapshot;

/**
 * Writes a line when a pool becomes saturated and one when it has recovered, not more
 * than one such pair a minute. Looks at figures from time to time, so that borrowers pay
 * nothing for it.
 */
final class SaturationLog {

	private static final Log logger = LogFactory.getLog(SaturationLog.class);

	/**
	 * So many looks without saturation make a recovery.
	 */
	static final int CALM_LOOKS = 5;

	static final Duration LINE_INTERVAL = Duration.ofMinutes(1);

	private final String pool;

	private final Supplier<PoolSnapshot.Exclusive> figures;

	private final Supplier<String> holders;

	private boolean saturated;

	private boolean told;

	private long since;

	private long lastLine = System.nanoTime() - LINE_INTERVAL.toNanos();

	private int untold;

	private int calm;

	/**
	 * Creates a log that does not look yet.
	 * @param pool the pool's name
	 * @param figures gives the figures now
	 * @param holders says who has had connections for longest
	 */
	SaturationLog(String pool, Supplier<PoolSnapshot.Exclusive> figures, Supplier<String> holders) {
		this.pool = pool;
		this.figures = figures;
		this.holders = holders;
	}

	/**
	 * Looks at the pool. Called by one thread at a time.
	 * @param now the current time in nanoseconds
	 */
	void look(long now) {
		PoolSnapshot.Exclusive figures = this.figures.get();
		if (figures.saturated()) {
			this.calm = 0;
			if (!this.saturated) {
				this.saturated = true;
				this.since = now;
				becameSaturated(figures, now);
			}
		}
		else if (this.saturated && ++this.calm >= CALM_LOOKS) {
			this.saturated = false;
			if (this.told) {
				logger.info("Pool '%s' has recovered: nobody waits any more, after %d s of saturation"
					.formatted(this.pool, TimeUnit.NANOSECONDS.toSeconds(now - this.since)));
			}
		}
	}

	private void becameSaturated(PoolSnapshot.Exclusive figures, long now) {
		this.told = now - this.lastLine >= LINE_INTERVAL.toNanos();
		if (!this.told) {
			this.untold++;
			return;
		}
		String before = (this.untold > 0) ? "; left out since the last such line: %d".formatted(this.untold) : "";
		logger.warn("Pool '%s' is saturated: active=%d, pending=%d; %s%s".formatted(this.pool, figures.active(),
				figures.pending(), this.holders.get(), before));
		this.lastLine = now;
		this.untold = 0;
	}

}
