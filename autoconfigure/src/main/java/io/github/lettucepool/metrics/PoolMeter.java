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
	 * Connections that are open, by lane and state.
	 */
	CONNECTIONS("lettuce.pool.connections", Meter.Type.GAUGE, "connections", "Connections by lane and state",
			PoolMeterTag.POOL, PoolMeterTag.LANE, PoolMeterTag.STATE),

	/**
	 * The greatest number of exclusive connections.
	 */
	MAX("lettuce.pool.max", Meter.Type.GAUGE, "connections", "Greatest number of exclusive connections",
			PoolMeterTag.POOL),

	/**
	 * The number of exclusive connections that are kept idle.
	 */
	MIN("lettuce.pool.min", Meter.Type.GAUGE, "connections", "Exclusive connections that are kept idle",
			PoolMeterTag.POOL),

	/**
	 * Borrowers that wait for an exclusive connection.
	 */
	PENDING("lettuce.pool.pending", Meter.Type.GAUGE, "borrowers", "Borrowers that wait for an exclusive connection",
			PoolMeterTag.POOL),

	/**
	 * Commands of the shared lane that are not answered yet.
	 */
	COMMANDS_IN_FLIGHT("lettuce.pool.commands.in.flight", Meter.Type.GAUGE, "commands",
			"Commands of the shared lane that are not answered yet", PoolMeterTag.POOL),

	/**
	 * Connections that are open for subscriptions, outside of the two lanes.
	 */
	SUBSCRIPTIONS("lettuce.pool.subscriptions", Meter.Type.GAUGE, "connections",
			"Connections that are open for subscriptions", PoolMeterTag.POOL),

	/**
	 * How long borrowers waited until they got an exclusive connection.
	 */
	ACQUIRE("lettuce.pool.acquire", Meter.Type.TIMER, "seconds",
			"How long borrowers waited until they got an exclusive connection", PoolMeterTag.POOL),

	/**
	 * How long borrowers had an exclusive connection.
	 */
	USAGE("lettuce.pool.usage", Meter.Type.TIMER, "seconds", "How long borrowers had an exclusive connection",
			PoolMeterTag.POOL),

	/**
	 * How long it took to open an exclusive connection, handshake included.
	 */
	CREATION("lettuce.pool.creation", Meter.Type.TIMER, "seconds",
			"How long it took to open an exclusive connection, handshake included", PoolMeterTag.POOL),

	/**
	 * Borrowers that got no connection within {@code max-wait}.
	 */
	TIMEOUT("lettuce.pool.timeout", Meter.Type.COUNTER, "borrowers",
			"Borrowers that got no exclusive connection within max-wait", PoolMeterTag.POOL),

	/**
	 * Borrowers that were turned away because {@code max-pending} were waiting.
	 */
	REJECTED("lettuce.pool.rejected", Meter.Type.COUNTER, "borrowers",
			"Borrowers that were turned away because max-pending borrowers were waiting", PoolMeterTag.POOL),

	/**
	 * Exclusive connections that were closed, by reason.
	 */
	CLOSED("lettuce.pool.closed", Meter.Type.COUNTER, "connections",
			"Exclusive connections that were closed, by reason", PoolMeterTag.POOL, PoolMeterTag.REASON),

	/**
	 * Leases that lasted longer than {@code leak-detection-threshold}.
	 */
	LEAKED("lettuce.pool.leaked", Meter.Type.COUNTER, "connections",
			"Leases that lasted longer than leak-detection-threshold", PoolMeterTag.POOL);

	private final String name;

	private final Meter.Type type;

	private final String unit;

	private final String description;

	// Never handed out.
	@SuppressWarnings("ImmutableEnumChecker")
	private final PoolMeterTag[] tags;

	PoolMeter(String name, Meter.Type type, String unit, String description, PoolMeterTag... tags) {
		this.name = name;
		this.type = type;
		this.unit = unit;
		this.description = description;
		this.tags = tags;
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
	 * What the meter counts or measures in. This is for readers: counts are registered
	 * without a base unit, because some registries append that to the name.
	 * @return the unit, in the plural
	 */
	public String getUnit() {
		return this.unit;
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

}
