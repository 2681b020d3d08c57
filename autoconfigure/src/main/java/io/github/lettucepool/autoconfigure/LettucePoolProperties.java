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

package io.github.lettucepool.autoconfigure;

import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

import io.github.lettucepool.PoolSettings.Replay;
import io.github.lettucepool.PoolSettings.WarmUp;
import io.github.lettucepool.metrics.MeterConvention;

/**
 * The keys of a pool with their defaults, for an IDE. A key that does not exist is
 * refused, so that a misspelt one is noticed. {@link PoolSettingsMapper} reads the keys
 * one by one, since it has to know which ones the user wrote.
 */
@ConfigurationProperties(prefix = LettucePoolProperties.PREFIX, ignoreUnknownFields = false)
public class LettucePoolProperties {

	static final String PREFIX = "lettuce.pool";

	/**
	 * Whether the pool makes the Redis connection factory; if not, Spring Boot makes its
	 * own.
	 */
	private boolean enabled = true;

	/**
	 * Number of multiplexed connections for ordinary commands, or "auto" for a quarter of
	 * the processors, at least 2 and at most 4; with 0 every operation borrows.
	 */
	private String sharedConnections = "auto";

	/**
	 * Whether a caller that waits for a reply on a connection of its own does the work of
	 * the event loop meanwhile; if not, there are no low-latency callers either.
	 */
	private boolean callerDriven = true;

	/**
	 * Number of callers at a time that may send an ordinary command over a connection of
	 * their own instead of a shared one, or "auto" for four times the processors, at most
	 * 16; with 0 all take the shared lane.
	 */
	private String lowLatencyCallers = "auto";

	/**
	 * Maximum number of exclusive connections, of all kinds together, or "auto" for a
	 * pool that sizes itself, up to "max-size-limit".
	 */
	private String maxSize = "16";

	/**
	 * Greatest size that a pool with a "max-size" of "auto" may give itself.
	 */
	private int maxSizeLimit = 64;

	/**
	 * Number of exclusive connections to keep ready.
	 */
	private int minIdle = 0;

	/**
	 * Maximum number of idle exclusive connections; as many as "max-size" if unset.
	 */
	private @Nullable Integer maxIdle;

	/**
	 * How long a borrower waits for a connection; for ever if negative, not for other
	 * borrowers if 0.
	 */
	private Duration maxWait = Duration.ofSeconds(3);

	/**
	 * Maximum number of borrowers that wait, one more fails at once; unlimited if unset.
	 */
	private @Nullable Integer maxPending;

	/**
	 * Whether to serve waiting borrowers strictly in order.
	 */
	private boolean fair = false;

	/**
	 * How long a connection may be idle before it is closed, down to "min-idle"; for ever
	 * if 0.
	 */
	private Duration idleTimeout = Duration.ofMinutes(10);

	/**
	 * How old a connection may get before it is retired, 1s at least; any age if 0.
	 */
	private Duration maxLifetime = Duration.ofMinutes(30);

	/**
	 * How often an idle connection is PINGed, 100ms at least; never if 0.
	 */
	private Duration keepaliveInterval = Duration.ofSeconds(30);

	/**
	 * How long a connection may be idle before it is PINGed for its next borrower; always
	 * PINGed if 0, and there are no low-latency callers.
	 */
	private Duration validateAfterIdle = Duration.ofSeconds(1);

	/**
	 * How long a PING may take before the connection counts as broken.
	 */
	private Duration validationTimeout = Duration.ofMillis(500);

	/**
	 * Maximum number of exclusive connections that are being opened at the same time.
	 */
	private int maxConcurrentConnects = 4;

	/**
	 * How long a connection may be borrowed before it is reported as a leak, once, with
	 * its borrower's stack; never if 0.
	 */
	private Duration leakDetectionThreshold = Duration.ZERO;

	/**
	 * When to open the shared connections and "min-idle" exclusive ones.
	 */
	private WarmUp warmUp = WarmUp.NONE;

	/**
	 * Which commands of the shared lane, sent but not answered when a connection broke,
	 * are sent again after the reconnect. Has no effect in a cluster: there all fail.
	 */
	private Replay replay = Replay.READS;

	private final Health health = new Health();

	private final Metrics metrics = new Metrics();

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public String getSharedConnections() {
		return this.sharedConnections;
	}

	public void setSharedConnections(String sharedConnections) {
		this.sharedConnections = sharedConnections;
	}

	public boolean isCallerDriven() {
		return this.callerDriven;
	}

	public void setCallerDriven(boolean callerDriven) {
		this.callerDriven = callerDriven;
	}

	public String getLowLatencyCallers() {
		return this.lowLatencyCallers;
	}

	public void setLowLatencyCallers(String lowLatencyCallers) {
		this.lowLatencyCallers = lowLatencyCallers;
	}

	public String getMaxSize() {
		return this.maxSize;
	}

	public void setMaxSize(String maxSize) {
		this.maxSize = maxSize;
	}

	public int getMaxSizeLimit() {
		return this.maxSizeLimit;
	}

	public void setMaxSizeLimit(int maxSizeLimit) {
		this.maxSizeLimit = maxSizeLimit;
	}

	public int getMinIdle() {
		return this.minIdle;
	}

	public void setMinIdle(int minIdle) {
		this.minIdle = minIdle;
	}

	public @Nullable Integer getMaxIdle() {
		return this.maxIdle;
	}

	public void setMaxIdle(@Nullable Integer maxIdle) {
		this.maxIdle = maxIdle;
	}

	public Duration getMaxWait() {
		return this.maxWait;
	}

	public void setMaxWait(Duration maxWait) {
		this.maxWait = maxWait;
	}

	public @Nullable Integer getMaxPending() {
		return this.maxPending;
	}

	public void setMaxPending(@Nullable Integer maxPending) {
		this.maxPending = maxPending;
	}

	public boolean isFair() {
		return this.fair;
	}

	public void setFair(boolean fair) {
		this.fair = fair;
	}

	public Duration getIdleTimeout() {
		return this.idleTimeout;
	}

	public void setIdleTimeout(Duration idleTimeout) {
		this.idleTimeout = idleTimeout;
	}

	public Duration getMaxLifetime() {
		return this.maxLifetime;
	}

	public void setMaxLifetime(Duration maxLifetime) {
		this.maxLifetime = maxLifetime;
	}

	public Duration getKeepaliveInterval() {
		return this.keepaliveInterval;
	}

	public void setKeepaliveInterval(Duration keepaliveInterval) {
		this.keepaliveInterval = keepaliveInterval;
	}

	public Duration getValidateAfterIdle() {
		return this.validateAfterIdle;
	}

	public void setValidateAfterIdle(Duration validateAfterIdle) {
		this.validateAfterIdle = validateAfterIdle;
	}

	public Duration getValidationTimeout() {
		return this.validationTimeout;
	}

	public void setValidationTimeout(Duration validationTimeout) {
		this.validationTimeout = validationTimeout;
	}

	public int getMaxConcurrentConnects() {
		return this.maxConcurrentConnects;
	}

	public void setMaxConcurrentConnects(int maxConcurrentConnects) {
		this.maxConcurrentConnects = maxConcurrentConnects;
	}

	public Duration getLeakDetectionThreshold() {
		return this.leakDetectionThreshold;
	}

	public void setLeakDetectionThreshold(Duration leakDetectionThreshold) {
		this.leakDetectionThreshold = leakDetectionThreshold;
	}

	public WarmUp getWarmUp() {
		return this.warmUp;
	}

	public void setWarmUp(WarmUp warmUp) {
		this.warmUp = warmUp;
	}

	public Replay getReplay() {
		return this.replay;
	}

	public void setReplay(Replay replay) {
		this.replay = replay;
	}

	public Health getHealth() {
		return this.health;
	}

	public Metrics getMetrics() {
		return this.metrics;
	}

	/**
	 * How saturation shows in the health of the pools.
	 */
	public static class Health {

		/**
		 * Health of a pool that is saturated: all connections are borrowed and somebody
		 * waits.
		 */
		private SaturationStatus saturation = SaturationStatus.UP;

		/**
		 * For how long a pool must be saturated before that changes its health.
		 */
		private Duration saturationAfter = Duration.ofSeconds(10);

		public SaturationStatus getSaturation() {
			return this.saturation;
		}

		public void setSaturation(SaturationStatus saturation) {
			this.saturation = saturation;
		}

		public Duration getSaturationAfter() {
			return this.saturationAfter;
		}

		public void setSaturationAfter(Duration saturationAfter) {
			this.saturationAfter = saturationAfter;
		}

		/**
		 * The health that a saturated pool can have.
		 */
		public enum SaturationStatus {

			/**
			 * Healthy; the details say that it is saturated.
			 */
			UP,

			/**
			 * Out of service.
			 */
			OUT_OF_SERVICE,

			/**
			 * Down.
			 */
			DOWN

		}

	}

	/**
	 * How the meters of the pools are named.
	 */
	public static class Metrics {

		/**
		 * Names of the meters: the pool's own, or those of OpenTelemetry's semantic
		 * conventions where there are any.
		 */
		private MeterConvention convention = MeterConvention.LETTUCE_POOL;

		public MeterConvention getConvention() {
			return this.convention;
		}

		public void setConvention(MeterConvention convention) {
			this.convention = convention;
		}

	}

}
