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

package io.github.lettucepool.sample.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.stereotype.Component;

/**
 * Puts a load on the application's pool, for ten minutes at most. Deletes its keys when
 * it stops. Thread-safe.
 */
@Component
class LoadGenerator {

	private static final Logger logger = LoggerFactory.getLogger(LoadGenerator.class);

	private static final long LONGEST_NANOS = Duration.ofMinutes(10).toNanos();

	private final StringRedisTemplate redis;

	private final Calls calls = new Calls();

	private @Nullable Callers callers;

	private volatile @Nullable Load load;

	private volatile long startedAt;

	LoadGenerator(StringRedisTemplate redis) {
		this.redis = redis;
	}

	Calls calls() {
		return this.calls;
	}

	/**
	 * Starts a load, in place of one that runs.
	 * @param load the load
	 * @throws IllegalArgumentException if it asks for virtual threads and there are none
	 */
	synchronized void start(Load load) {
		if (load.virtual() && !Callers.virtualThreads()) {
			throw new IllegalArgumentException(
					"virtual: virtual threads need Java 21, this is Java " + Runtime.version().feature());
		}
		if (this.callers != null) {
			this.callers.close();
		}
		String value = "x".repeat(load.payload());
		this.callers = Callers.start(load.callers(), load.virtual(), Duration.ofMillis(load.thinkMillis()), this.calls,
				() -> load.mix().call(this.redis, value));
		this.startedAt = System.nanoTime();
		this.load = load;
	}

	synchronized void stop() {
		if (this.callers != null) {
			this.load = null;
			this.callers.close();
			this.callers = null;
			deleteKeys();
		}
	}

	/**
	 * The load that runs. Never waits, not even while callers end their calls.
	 * @return the load, or {@code null} if none does
	 */
	@Nullable Load current() {
		return this.load;
	}

	void stopIfForgotten() {
		if (this.load != null && System.nanoTime() - this.startedAt > LONGEST_NANOS) {
			stop();
		}
	}

	private void deleteKeys() {
		List<String> keys = new ArrayList<>();
		for (int i = 0; i < Mix.KEYS; i++) {
			keys.add(Mix.PREFIX + i);
		}
		keys.add(Mix.QUEUE_KEY);
		try {
			this.redis.delete(keys);
		}
		catch (DataAccessException ex) {
			logger.debug("The keys of the load stay until they expire", ex);
		}
	}

}
