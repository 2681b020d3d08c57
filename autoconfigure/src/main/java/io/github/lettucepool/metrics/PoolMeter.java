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
import java.util.stream.Stream;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.docs.MeterDocumentation;

/**
 * The meters of a pool, and the only place where their names stand.
 * <p>
 * Each has the tag {@link PoolMeterTag#POOL}. No tag has a value for each connection, so
 * the number of time series does not grow with the pool.
 */
public enum PoolMeter implements MeterDocumentation {

	/**
	 * Connections by lane and state.
	 */
	CONNECTIONS(Meter.Type.GAUGE, "lettuce.pool.connections", "connections", "Connections by lane and state",
			PoolMeterTag.LANE, PoolMeterTag.STATE),

	/**
	 * The greatest number of exclusive connections.
	 */
	MAX(Meter.Type.GAUGE, "lettuce.pool.max", "connections", "Greatest number of exclusive connections"),

	/**
	 * The greatest size that a pool may give itself; the same as {@link #MAX} if its size
	 * is fixed.
	 */
	MAX_LIMIT(Meter.Type.GAUGE, "lettuce.pool.max.limit", "connections", "Greatest size that the pool may give itself"),

	/**
	 * The number of exclusive connections that are kept idle.
	 */
	MIN(Meter.Type.GAUGE, "lettuce.pool.min", "connections", "Exclusive connections that are kept idle"),

	/**
	 * The greatest number of exclusive connections that may be idle.
	 */
	MAX_IDLE(Meter.Type.GAUGE, "lettuce.pool.max.idle", "connections",
			"Greatest number of exclusive connections that may be idle"),

	/**
	 * Borrowers that wait for an exclusive connection.
	 */
	PENDING(Meter.Type.GAUGE, "lettuce.pool.pending", "borrowers", "Borrowers that wait for an exclusive connection"),

	/**
	 * Commands of the shared lane that are not answered yet.
	 */
	COMMANDS_IN_FLIGHT(Meter.Type.GAUGE, "lettuce.pool.commands.in.flight", "commands",
			"Commands of the shared lane that are not answered yet"),

	/**
	 * Connections that are open for subscriptions, outside of the two lanes.
	 */
	SUBSCRIPTIONS(Meter.Type.GAUGE, "lettuce.pool.subscriptions", "connections",
			"Connections that are open for subscriptions"),

	/**
	 * The pools that can reach Redis, as far as they know without asking it: 0 while one
	 * cannot, 1 if it can or nothing has been connected yet.
	 */
	REACHABLE(Meter.Type.GAUGE, "lettuce.pool.reachable", "pools",
			"Whether Redis can be reached: 0 while it cannot, 1 if it can or was not tried yet"),

	/**
	 * The time that borrowers waited until they got an exclusive connection.
	 */
	ACQUIRE(Meter.Type.TIMER, "lettuce.pool.acquire", "seconds",
			"How long borrowers waited until they got an exclusive connection"),

	/**
	 * The time that borrowers had an exclusive connection.
	 */
	USAGE(Meter.Type.TIMER, "lettuce.pool.usage", "seconds", "How long borrowers had an exclusive connection"),

	/**
	 * The time that it took to open an exclusive or low-latency connection, handshake
	 * included.
	 */
	CREATION(Meter.Type.TIMER, "lettuce.pool.creation", "seconds",
			"How long it took to open an exclusive or low-latency connection, handshake included"),

	/**
	 * Borrowers that got no connection within {@code max-wait}.
	 */
	TIMEOUT(Meter.Type.COUNTER, "lettuce.pool.timeout", "borrowers",
			"Borrowers that got no exclusive connection within max-wait"),

	/**
	 * Borrowers that were turned away because {@code max-pending} were waiting.
	 */
	REJECTED(Meter.Type.COUNTER, "lettuce.pool.rejected", "borrowers",
			"Borrowers that were turned away because max-pending borrowers were waiting"),

	/**
	 * Exclusive and low-latency connections that were closed, by reason.
	 */
	CLOSED(Meter.Type.COUNTER, "lettuce.pool.closed", "connections",
			"Exclusive and low-latency connections that were closed, by reason", PoolMeterTag.REASON),

	/**
	 * Leases that lasted longer than {@code leak-detection-threshold}.
	 */
	LEAKED(Meter.Type.COUNTER, "lettuce.pool.leaked", "connections",
			"Leases that lasted longer than leak-detection-threshold");

	private final Meter.Type type;

	private final String name;

	private final String unit;

	private final String description;

	// Never handed out.
	@SuppressWarnings("ImmutableEnumChecker")
	private final PoolMeterTag[] tags;

	PoolMeter(Meter.Type type, String name, String unit, String description, PoolMeterTag... tags) {
		this.type = type;
		this.name = name;
		this.unit = unit;
		this.description = description;
		this.tags = Stream.concat(Stream.of(PoolMeterTag.POOL), Arrays.stream(tags)).toArray(PoolMeterTag[]::new);
	}

	@Override
	public String getName() {
		return this.name;
	}

	@Override
	public Meter.Type getType() {
		return this.type;
	}

	/**
	 * The unit of the meter. This is for readers: counts are registered without a base
	 * unit, because some registries append that to the name.
	 * @return the unit, in the plural
	 */
	public String getUnit() {
		return this.unit;
	}

	/**
	 * The meaning of the meter.
	 * @return one phrase without a full stop
	 */
	public String getDescription() {
		return this.description;
	}

	@Override
	public PoolMeterTag[] getKeyNames() {
		return this.tags.clone();
	}

}
