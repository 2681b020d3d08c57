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

import org.jspecify.annotations.Nullable;

/**
 * The settings of a pool. Immutable; made by a {@link Builder} that refuses values which
 * cannot work.
 */
public final class PoolSettings {

	/**
	 * Times are counted in nanoseconds, which go a little further than this.
	 */
	private static final Duration LONGEST = Duration.ofDays(36_500);

	/**
	 * A server takes no more clients than that, unless it is told to. What is kept open
	 * is begun all at once.
	 */
	private static final int MOST_KEPT = 10_000;

	/**
	 * With {@code min-idle}, each connection that is retired is replaced. Four that live
	 * for a second take a few hundredths of a processor, four that live for a tenth a
	 * third.
	 */
	private static final Duration LEAST_LIFETIME = Duration.ofSeconds(1);

	/**
	 * Four PINGs that often take a few hundredths of a processor; without a pause, a
	 * quarter.
	 */
	private static final Duration LEAST_KEEPALIVE = Duration.ofMillis(100);

	/**
	 * Two kinds of connections, blocking and reactive ones, then need not take turns.
	 */
	private static final int FIRST_SIZE = 2;

	private final Values values;

	private PoolSettings(Values values) {
		this.values = values.copy();
		if (this.values.maxIdle == values.largestSize()) {
			this.values.maxIdle = -1;
		}
	}

	/**
	 * Returns how many multiplexed connections the shared lane has, for each codec in
	 * use. Default: a quarter of the available processors, at least 2, at most 4. 0 turns
	 * the lane off: then every operation borrows.
	 * @return the setting
	 */
	public int getSharedConnections() {
		return this.values.sharedConnections;
	}

	/**
	 * Returns whether a caller that waits for a reply on a connection of its own does the
	 * work of the event loop meanwhile. Default: {@code true}. If not, there are no
	 * low-latency connections either.
	 * @return the setting
	 */
	public boolean isCallerDriven() {
		return this.values.callerDriven;
	}

	/**
	 * Returns how many callers at a time may send an ordinary command over a connection
	 * that they have to themselves, instead of a shared one; with 0 all take the shared
	 * lane. Default: four times the available processors, at most 16.
	 * @return the setting
	 */
	public int getLowLatencyCallers() {
		return this.values.lowLatencyCallers;
	}

	/**
	 * The greatest number of exclusive connections, all codecs together. Default: 16. Of
	 * a pool that {@linkplain #isMaxSizeAuto() sizes itself}, the size now, or the one to
	 * start with.
	 * @return the setting
	 */
	public int getMaxSize() {
		return this.values.maxSize();
	}

	/**
	 * Returns whether the pool sizes itself: {@code maxSize} then changes with the load,
	 * from {@code minIdle}, 1 at least, to {@code maxSizeLimit}. Default: {@code false}.
	 * @return the setting
	 */
	public boolean isMaxSizeAuto() {
		return this.values.maxSizeAuto;
	}

	/**
	 * The greatest size that a pool may give itself, if it sizes itself. Default: 64.
	 * @return the setting
	 */
	public int getMaxSizeLimit() {
		return this.values.maxSizeLimit;
	}

	/**
	 * Returns how many exclusive connections are kept ready. Default: 0.
	 * @return the setting
	 */
	public int getMinIdle() {
		return this.values.minIdle;
	}

	/**
	 * Returns how many exclusive connections may be idle; more are closed when they come
	 * back. Default: {@code maxSize}.
	 * @return the setting
	 */
	public int getMaxIdle() {
		return (this.values.maxIdle >= 0) ? this.values.maxIdle : getMaxSize();
	}

	/**
	 * Returns how long a borrower waits for a connection. Negative: for ever. Zero: not
	 * for other borrowers, and {@code validationTimeout} for a connection that has to be
	 * opened or PINGed. Default: 3 seconds.
	 * @return the setting
	 */
	public Duration getMaxWait() {
		return this.values.maxWait;
	}

	/**
	 * Returns how many borrowers may wait; one more fails at once. Default: unlimited.
	 * @return the setting
	 */
	public int getMaxPending() {
		return this.values.maxPending;
	}

	/**
	 * Returns whether waiting borrowers are served strictly in order. Default:
	 * {@code false}, which is faster and lets nobody wait much longer than others.
	 * @return the setting
	 */
	public boolean isFair() {
		return this.values.fair;
	}

	/**
	 * Returns how long a connection may be idle before it is closed, down to
	 * {@code minIdle}. 0: for ever. Default: 10 minutes.
	 * @return the setting
	 */
	public Duration getIdleTimeout() {
		return this.values.idleTimeout;
	}

	/**
	 * Returns how old a connection may get; it is retired up to 10 % earlier, so that not
	 * all go at once. 0: any age; else 1 second at least. Default: 30 minutes.
	 * @return the setting
	 */
	public Duration getMaxLifetime() {
		return this.values.maxLifetime;
	}

	/**
	 * Returns how often an idle connection is PINGed. 0: never; else 100 ms at least.
	 * Default: 30 seconds.
	 * @return the setting
	 */
	public Duration getKeepaliveInterval() {
		return this.values.keepaliveInterval;
	}

	/**
	 * A connection that was idle for longer is PINGed before a borrower gets it. 0:
	 * always, and there are no low-latency connections. Default: 1 second.
	 * @return the setting
	 */
	public Duration getValidateAfterIdle() {
		return this.values.validateAfterIdle;
	}

	/**
	 * Returns how long a PING may take, before the connection counts as broken. Default:
	 * 500 milliseconds.
	 * @return the setting
	 */
	public Duration getValidationTimeout() {
		return this.values.validationTimeout;
	}

	/**
	 * Returns how many exclusive connections may be opened at the same time. Default: 4.
	 * @return the setting
	 */
	public int getMaxConcurrentConnects() {
		return this.values.maxConcurrentConnects;
	}

	/**
	 * A lease that lasts longer is reported once, with the borrower's stack. 0: never.
	 * Default: 0.
	 * @return the setting
	 */
	public Duration getLeakDetectionThreshold() {
		return this.values.leakDetectionThreshold;
	}

	/**
	 * When connections are opened. Default: {@link WarmUp#NONE}.
	 * @return the setting
	 */
	public WarmUp getWarmUp() {
		return this.values.warmUp;
	}

	/**
	 * The commands that the shared lane sends again after a reconnect. Default:
	 * {@link Replay#READS}.
	 * @return the setting
	 */
	public Replay getReplay() {
		return this.values.replay;
	}

	/**
	 * A builder that starts from the defaults.
	 * @return a new builder
	 */
	public static Builder builder() {
		return new Builder(new Values());
	}

	/**
	 * A builder that starts from these settings.
	 * @return a new builder
	 */
	public Builder mutate() {
		return new Builder(this.values.copy());
	}

	/**
	 * When connections are opened.
	 */
	public enum WarmUp {

		/**
		 * When they are needed; {@code minIdle} is filled in the background.
		 */
		NONE,

		/**
		 * In the background, as soon as the factory starts.
		 */
		BACKGROUND,

		/**
		 * Before the factory's start returns, which fails if they cannot be opened.
		 */
		REQUIRED

	}

	/**
	 * Which commands of the shared lane, sent but not answered when a connection broke,
	 * are sent again after the reconnect.
	 */
	public enum Replay {

		/**
		 * All of them: a write may take effect twice.
		 */
		ALL,

		/**
		 * Commands that only read; writes fail, since nobody knows whether they took
		 * effect.
		 */
		READS,

		/**
		 * None: all fail.
		 */
		NONE

	}

	/**
	 * The values with their defaults. A builder writes them; those of settings are never
	 * written again.
	 */
	private static final class Values implements Cloneable {

		private int sharedConnections = Math.max(2, Math.min(4, Runtime.getRuntime().availableProcessors() / 4));

		private boolean callerDriven = true;

		private int lowLatencyCallers = Math.min(16, Runtime.getRuntime().availableProcessors() * 4);

		// Null: the default.
		private @Nullable Integer maxSize;

		private boolean maxSizeAuto = false;

		private int maxSizeLimit = 64;

		private int minIdle = 0;

		// Negative: as many as maxSize.
		private int maxIdle = -1;

		private Duration maxWait = Duration.ofSeconds(3);

		private int maxPending = Integer.MAX_VALUE;

		private boolean fair = false;

		private Duration idleTimeout = Duration.ofMinutes(10);

		private Duration maxLifetime = Duration.ofMinutes(30);

		private Duration keepaliveInterval = Duration.ofSeconds(30);

		private Duration validateAfterIdle = Duration.ofSeconds(1);

		private Duration validationTimeout = Duration.ofMillis(500);

		private int maxConcurrentConnects = 4;

		private Duration leakDetectionThreshold = Duration.ZERO;

		private WarmUp warmUp = WarmUp.NONE;

		private Replay replay = Replay.READS;

		private int maxSize() {
			if (this.maxSize != null) {
				return this.maxSize;
			}
			return this.maxSizeAuto ? Math.min(Math.max(FIRST_SIZE, this.minIdle), this.maxSizeLimit) : 16;
		}

		private int largestSize() {
			return this.maxSizeAuto ? this.maxSizeLimit : maxSize();
		}

		private Values copy() {
			try {
				return (Values) clone();
			}
			catch (CloneNotSupportedException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

	/**
	 * Builds {@link PoolSettings}. Not thread-safe.
	 */
	public static final class Builder {

		private final Values values;

		private Builder(Values values) {
			this.values = values;
		}

		/**
		 * Sets how many multiplexed connections the shared lane has, for each codec in
		 * use. Default: a quarter of the available processors, at least 2, at most 4. 0
		 * turns the lane off: then every operation borrows. 10000 at most.
		 * @param sharedConnections the setting
		 * @return this builder
		 */
		public Builder sharedConnections(int sharedConnections) {
			this.values.sharedConnections = sharedConnections;
			return this;
		}

		/**
		 * Sets whether a caller that waits for a reply on a connection of its own does
		 * the work of the event loop meanwhile. Default: {@code true}. If not, there are
		 * no low-latency connections either.
		 * @param callerDriven the setting
		 * @return this builder
		 */
		public Builder callerDriven(boolean callerDriven) {
			this.values.callerDriven = callerDriven;
			return this;
		}

		/**
		 * Sets how many callers at a time may send an ordinary command over a connection
		 * that they have to themselves, instead of a shared one; with 0 all take the
		 * shared lane. Default: four times the available processors, at most 16. 10000 at
		 * most.
		 * @param lowLatencyCallers the setting
		 * @return this builder
		 */
		public Builder lowLatencyCallers(int lowLatencyCallers) {
			this.values.lowLatencyCallers = lowLatencyCallers;
			return this;
		}

		/**
		 * The greatest number of exclusive connections, all codecs together. Default: 16.
		 * The pool does not size itself then, unless {@link #maxSizeAuto()} follows.
		 * @param maxSize the setting
		 * @return this builder
		 */
		public Builder maxSize(int maxSize) {
			this.values.maxSize = maxSize;
			this.values.maxSizeAuto = false;
			return this;
		}

		/**
		 * Has the pool size itself: it grows while borrowers wait and more connections
		 * help, up to {@code maxSizeLimit}, and shrinks slowly when they are not needed,
		 * down to {@code minIdle}, 1 at least. It starts with the {@code maxSize} that
		 * was set before, or with 2. Default: a fixed size.
		 * @return this builder
		 */
		public Builder maxSizeAuto() {
			this.values.maxSizeAuto = true;
			return this;
		}

		/**
		 * The greatest size that a pool may give itself; has no effect on a fixed size.
		 * Default: 64.
		 * @param maxSizeLimit the setting
		 * @return this builder
		 */
		public Builder maxSizeLimit(int maxSizeLimit) {
			this.values.maxSizeLimit = maxSizeLimit;
			return this;
		}

		/**
		 * Sets how many exclusive connections are kept ready. Default: 0. 10000 at most.
		 * @param minIdle the setting
		 * @return this builder
		 */
		public Builder minIdle(int minIdle) {
			this.values.minIdle = minIdle;
			return this;
		}

		/**
		 * Sets how many exclusive connections may be idle; more are closed when they come
		 * back. Default: {@code maxSize}.
		 * @param maxIdle the setting
		 * @return this builder
		 */
		public Builder maxIdle(int maxIdle) {
			this.values.maxIdle = maxIdle;
			return this;
		}

		/**
		 * Sets how long a borrower waits for a connection. Negative: for ever. Zero: not
		 * for other borrowers, and {@code validationTimeout} for a connection that has to
		 * be opened or PINGed. Default: 3 seconds.
		 * @param maxWait the setting
		 * @return this builder
		 */
		public Builder maxWait(Duration maxWait) {
			this.values.maxWait = maxWait;
			return this;
		}

		/**
		 * Sets how many borrowers may wait; one more fails at once. Default: unlimited.
		 * @param maxPending the setting
		 * @return this builder
		 */
		public Builder maxPending(int maxPending) {
			this.values.maxPending = maxPending;
			return this;
		}

		/**
		 * Sets whether waiting borrowers are served strictly in order. Default:
		 * {@code false}, which is faster and lets nobody wait much longer than others.
		 * @param fair the setting
		 * @return this builder
		 */
		public Builder fair(boolean fair) {
			this.values.fair = fair;
			return this;
		}

		/**
		 * Sets how long a connection may be idle before it is closed, down to
		 * {@code minIdle}. 0: for ever. Default: 10 minutes.
		 * @param idleTimeout the setting
		 * @return this builder
		 */
		public Builder idleTimeout(Duration idleTimeout) {
			this.values.idleTimeout = idleTimeout;
			return this;
		}

		/**
		 * Sets how old a connection may get; it is retired up to 10 % earlier, so that
		 * not all go at once. 0: any age; else 1 second at least. Default: 30 minutes.
		 * @param maxLifetime the setting
		 * @return this builder
		 */
		public Builder maxLifetime(Duration maxLifetime) {
			this.values.maxLifetime = maxLifetime;
			return this;
		}

		/**
		 * Sets how often an idle connection is PINGed. 0: never; else 100 ms at least.
		 * Default: 30 seconds.
		 * @param keepaliveInterval the setting
		 * @return this builder
		 */
		public Builder keepaliveInterval(Duration keepaliveInterval) {
			this.values.keepaliveInterval = keepaliveInterval;
			return this;
		}

		/**
		 * A connection that was idle for longer is PINGed before a borrower gets it. 0:
		 * always, and there are no low-latency connections. Default: 1 second.
		 * @param validateAfterIdle the setting
		 * @return this builder
		 */
		public Builder validateAfterIdle(Duration validateAfterIdle) {
			this.values.validateAfterIdle = validateAfterIdle;
			return this;
		}

		/**
		 * Sets how long a PING may take, before the connection counts as broken. Default:
		 * 500 milliseconds.
		 * @param validationTimeout the setting
		 * @return this builder
		 */
		public Builder validationTimeout(Duration validationTimeout) {
			this.values.validationTimeout = validationTimeout;
			return this;
		}

		/**
		 * Sets how many exclusive connections may be opened at the same time. Default: 4.
		 * @param maxConcurrentConnects the setting
		 * @return this builder
		 */
		public Builder maxConcurrentConnects(int maxConcurrentConnects) {
			this.values.maxConcurrentConnects = maxConcurrentConnects;
			return this;
		}

		/**
		 * A lease that lasts longer is reported once, with the borrower's stack. 0:
		 * never. Default: 0.
		 * @param leakDetectionThreshold the setting
		 * @return this builder
		 */
		public Builder leakDetectionThreshold(Duration leakDetectionThreshold) {
			this.values.leakDetectionThreshold = leakDetectionThreshold;
			return this;
		}

		/**
		 * When connections are opened. Default: {@link WarmUp#NONE}.
		 * @param warmUp the setting
		 * @return this builder
		 */
		public Builder warmUp(WarmUp warmUp) {
			this.values.warmUp = warmUp;
			return this;
		}

		/**
		 * The commands that the shared lane sends again after a reconnect. Default:
		 * {@link Replay#READS}.
		 * @param replay the setting
		 * @return this builder
		 */
		public Builder replay(Replay replay) {
			this.values.replay = replay;
			return this;
		}

		/**
		 * The settings.
		 * @return new settings
		 * @throws InvalidPoolSettingException if a value is out of its range or does not
		 * fit another one
		 */
		public PoolSettings build() {
			Values values = this.values;
			atLeast("shared-connections", values.sharedConnections, 0);
			atMostKept("shared-connections", values.sharedConnections);
			atLeast("low-latency-callers", values.lowLatencyCallers, 0);
			atMostKept("low-latency-callers", values.lowLatencyCallers);
			String largest = values.maxSizeAuto ? "max-size-limit" : "max-size";
			atLeast(largest, values.largestSize(), 1);
			between("min-idle", values.minIdle, 0, largest, values.largestSize());
			atMostKept("min-idle", values.minIdle);
			if (values.maxIdle >= 0) {
				between("max-idle", values.maxIdle, values.minIdle, largest, values.largestSize());
			}
			if (values.maxSizeAuto) {
				between("max-size", values.maxSize(), Math.max(1, values.minIdle), largest, values.maxSizeLimit);
			}
			atLeast("max-pending", values.maxPending, 0);
			atLeast("max-concurrent-connects", values.maxConcurrentConnects, 1);
			notTooLong("max-wait", values.maxWait);
			atLeast("idle-timeout", values.idleTimeout, Duration.ZERO, "0 or more");
			zeroOrAtLeast("max-lifetime", values.maxLifetime, LEAST_LIFETIME,
					"1s, since opening connections all the time takes a processor");
			zeroOrAtLeast("keepalive-interval", values.keepaliveInterval, LEAST_KEEPALIVE,
					"100ms, since PINGs all the time take a processor");
			atLeast("validate-after-idle", values.validateAfterIdle, Duration.ZERO, "0 or more");
			atLeast("validation-timeout", values.validationTimeout, Duration.ofMillis(1), "at least 1ms");
			atLeast("leak-detection-threshold", values.leakDetectionThreshold, Duration.ZERO, "0 or more");
			return new PoolSettings(values);
		}

		private static void atLeast(String name, int value, int min) {
			if (value < min) {
				throw new InvalidPoolSettingException(name, value, "a number of at least " + min);
			}
		}

		private static void atMostKept(String name, int value) {
			if (value > MOST_KEPT) {
				throw new InvalidPoolSettingException(name, value, "a number of at most " + MOST_KEPT);
			}
		}

		private static void between(String name, int value, int min, String maxName, int max) {
			if (value < min || value > max) {
				throw new InvalidPoolSettingException(name, value,
						"a number from %d to %s, which is %d".formatted(min, maxName, max));
			}
		}

		private static void atLeast(String name, Duration value, Duration min, String allowed) {
			if (value.compareTo(min) < 0) {
				throw new InvalidPoolSettingException(name, value, "a duration of " + allowed);
			}
			notTooLong(name, value);
		}

		private static void zeroOrAtLeast(String name, Duration value, Duration min, String allowed) {
			atLeast(name, value, value.isZero() ? Duration.ZERO : min, "0, or at least " + allowed);
		}

		private static void notTooLong(String name, Duration value) {
			// The longest of all negative durations has no absolute value.
			if (value.compareTo(LONGEST) > 0 || value.compareTo(LONGEST.negated()) < 0) {
				throw new InvalidPoolSettingException(name, value,
						"a duration of at most %dd".formatted(LONGEST.toDays()));
			}
		}

	}

}
