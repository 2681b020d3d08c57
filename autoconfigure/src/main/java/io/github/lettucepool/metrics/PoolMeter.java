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

package io.github.lettucepool.metrics;

import java.util.Arrays;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;
import org.jspecify.annotations.Nullable;

/**
 * The meters of a pool, and the only place where their names stand: their own, and that
 * of OpenTelemetry's semantic conventions where these have one. Redis's own clients use
 * {@code redis.client.connection.closed}, which the conventions do not have yet.
 * <p>
 * Each has the tag {@link PoolMeterTag#POOL}. No tag has a value for each connection, so
 * the number of time series does not grow with the pool.
 */
public enum PoolMeter implements MeterDocumentation {

	/**
	 * Connections of the exclusive lane, by state.
	 */
	EXCLUSIVE_CONNECTIONS(Meter.Type.GAUGE, "lettuce.pool.connections", "connections", "Connections by lane and state",
			new OpenTelemetry("db.client.connection.count", "{connection}", PoolMeterTag.POOL, PoolMeterTag.STATE),
			PoolMeterTag.POOL, PoolMeterTag.LANE, PoolMeterTag.STATE),

	/**
	 * Connections of the shared lane, by state. OpenTelemetry knows no such connections:
	 * they are not borrowed.
	 */
	SHARED_CONNECTIONS(Meter.Type.GAUGE, "lettuce.pool.connections", "connections", "Connections by lane and state",
			null, PoolMeterTag.POOL, PoolMeterTag.LANE, PoolMeterTag.STATE),

	/**
	 * The greatest number of exclusive connections.
	 */
	MAX(Meter.Type.GAUGE, "lettuce.pool.max", "connections", "Greatest number of exclusive connections",
			new OpenTelemetry("db.client.connection.max", "{connection}", PoolMeterTag.POOL), PoolMeterTag.POOL),

	/**
	 * The number of exclusive connections that are kept idle.
	 */
	MIN(Meter.Type.GAUGE, "lettuce.pool.min", "connections", "Exclusive connections that are kept idle",
			new OpenTelemetry("db.client.connection.idle.min", "{connection}", PoolMeterTag.POOL), PoolMeterTag.POOL),

	/**
	 * The greatest number of exclusive connections that may be idle.
	 */
	MAX_IDLE(Meter.Type.GAUGE, "lettuce.pool.max.idle", "connections",
			"Greatest number of exclusive connections that may be idle",
			new OpenTelemetry("db.client.connection.idle.max", "{connection}", PoolMeterTag.POOL), PoolMeterTag.POOL),

	/**
	 * Borrowers that wait for an exclusive connection.
	 */
	PENDING(Meter.Type.GAUGE, "lettuce.pool.pending", "borrowers", "Borrowers that wait for an exclusive connection",
			new OpenTelemetry("db.client.connection.pending_requests", "{request}", PoolMeterTag.POOL),
			PoolMeterTag.POOL),

	/**
	 * Commands of the shared lane that are not answered yet.
	 */
	COMMANDS_IN_FLIGHT(Meter.Type.GAUGE, "lettuce.pool.commands.in.flight", "commands",
			"Commands of the shared lane that are not answered yet", null, PoolMeterTag.POOL),

	/**
	 * Connections that are open for subscriptions, outside of the two lanes.
	 */
	SUBSCRIPTIONS(Meter.Type.GAUGE, "lettuce.pool.subscriptions", "connections",
			"Connections that are open for subscriptions", null, PoolMeterTag.POOL),

	/**
	 * Whether Redis can be reached, as far as the pool knows without asking it: 0 while
	 * it cannot, 1 if it can or nothing has been connected yet.
	 */
	REACHABLE(Meter.Type.GAUGE, "lettuce.pool.reachable", "pools",
			"Whether Redis can be reached: 0 while it cannot, 1 if it can or was not tried yet", null,
			PoolMeterTag.POOL),

	/**
	 * How long borrowers waited until they got an exclusive connection.
	 */
	ACQUIRE(Meter.Type.TIMER, "lettuce.pool.acquire", "seconds",
			"How long borrowers waited until they got an exclusive connection",
			new OpenTelemetry("db.client.connection.wait_time", "s", PoolMeterTag.POOL), PoolMeterTag.POOL),

	/**
	 * How long borrowers had an exclusive connection.
	 */
	USAGE(Meter.Type.TIMER, "lettuce.pool.usage", "seconds", "How long borrowers had an exclusive connection",
			new OpenTelemetry("db.client.connection.use_time", "s", PoolMeterTag.POOL), PoolMeterTag.POOL),

	/**
	 * How long it took to open an exclusive connection, handshake included.
	 */
	CREATION(Meter.Type.TIMER, "lettuce.pool.creation", "seconds",
			"How long it took to open an exclusive connection, handshake included",
			new OpenTelemetry("db.client.connection.create_time", "s", PoolMeterTag.POOL), PoolMeterTag.POOL),

	/**
	 * Borrowers that got no connection within {@code max-wait}.
	 */
	TIMEOUT(Meter.Type.COUNTER, "lettuce.pool.timeout", "borrowers",
			"Borrowers that got no exclusive connection within max-wait",
			new OpenTelemetry("db.client.connection.timeouts", "{timeout}", PoolMeterTag.POOL), PoolMeterTag.POOL),

	/**
	 * Borrowers that were turned away because {@code max-pending} were waiting.
	 */
	REJECTED(Meter.Type.COUNTER, "lettuce.pool.rejected", "borrowers",
			"Borrowers that were turned away because max-pending borrowers were waiting", null, PoolMeterTag.POOL),

	/**
	 * Exclusive connections that were closed, by reason.
	 */
	CLOSED(Meter.Type.COUNTER, "lettuce.pool.closed", "connections",
			"Exclusive connections that were closed, by reason",
			new OpenTelemetry("redis.client.connection.closed", "{connection}", PoolMeterTag.POOL, PoolMeterTag.REASON),
			PoolMeterTag.POOL, PoolMeterTag.REASON),

	/**
	 * Leases that lasted longer than {@code leak-detection-threshold}.
	 */
	LEAKED(Meter.Type.COUNTER, "lettuce.pool.leaked", "connections",
			"Leases that lasted longer than leak-detection-threshold", null, PoolMeterTag.POOL);

	private final Meter.Type type;

	private final String name;

	private final String unit;

	private final String description;

	@SuppressWarnings("ImmutableEnumChecker") // Nobody changes its tags.
	private final @Nullable OpenTelemetry openTelemetry;

	// Never handed out.
	@SuppressWarnings("ImmutableEnumChecker")
	private final PoolMeterTag[] tags;

	PoolMeter(Meter.Type type, String name, String unit, String description, @Nullable OpenTelemetry openTelemetry,
			PoolMeterTag... tags) {
		this.type = type;
		this.name = name;
		this.unit = unit;
		this.description = description;
		this.openTelemetry = openTelemetry;
		this.tags = tags;
	}

	@Override
	public String getName() {
		return this.name;
	}

	/**
	 * The name under a convention.
	 * @param convention the convention
	 * @return the name
	 */
	public String getName(MeterConvention convention) {
		OpenTelemetry other = other(convention);
		return (other != null) ? other.name : this.name;
	}

	@Override
	public Meter.Type getType() {
		return this.type;
	}

	/**
	 * What the meter counts or measures in. This is for readers: under the pool's own
	 * convention, counts are registered without a base unit, because some registries
	 * append that to the name.
	 * @return the unit, in the plural
	 */
	public String getUnit() {
		return this.unit;
	}

	/**
	 * The unit that the meter is registered with, apart from timers, whose unit is the
	 * registry's.
	 * @param convention the convention
	 * @return the unit, or {@code null} for none
	 */
	public @Nullable String getUnit(MeterConvention convention) {
		OpenTelemetry other = other(convention);
		return (other != null) ? other.unit : null;
	}

	/**
	 * What the meter tells.
	 * @return one phrase without a full stop
	 */
	public String getDescription() {
		return this.description;
	}

	@Override
	public PoolMeterTag[] getKeyNames() {
		return this.tags.clone();
	}

	/**
	 * The tags under a convention.
	 * @param convention the convention
	 * @return the tags
	 */
	public PoolMeterTag[] getKeyNames(MeterConvention convention) {
		OpenTelemetry other = other(convention);
		return (other != null) ? other.tags.clone() : this.tags.clone();
	}

	boolean hasTag(PoolMeterTag tag, MeterConvention convention) {
		return Arrays.asList(getKeyNames(convention)).contains(tag);
	}

	private @Nullable OpenTelemetry other(MeterConvention convention) {
		return (convention == MeterConvention.OPENTELEMETRY) ? this.openTelemetry : null;
	}

	/**
	 * What a meter is in OpenTelemetry's semantic conventions.
	 */
	private static final class OpenTelemetry {

		private final String name;

		private final String unit;

		private final PoolMeterTag[] tags;

		private OpenTelemetry(String name, String unit, PoolMeterTag... tags) {
			this.name = name;
			this.unit = unit;
			this.tags = tags;
		}

	}

}
