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
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;

/**
 * {@link MeterFilter} that gives the meters of a pool the names, units and attributes of
 * OpenTelemetry's semantic conventions where these have one. It comes before filters that
 * look for such names. Redis's own clients use {@code redis.client.connection.closed},
 * which the conventions do not have yet.
 */
public final class OpenTelemetryFilter implements MeterFilter {

	private static final String CONNECTION = "{connection}";

	private static final String SECONDS = "s";

	private static final Map<String, PoolMeter> METERS = Arrays.stream(PoolMeter.values())
		.collect(Collectors.toMap(PoolMeter::getName, Function.identity()));

	private static final Map<PoolMeter, Convention> CONVENTIONS = Map.of(PoolMeter.CONNECTIONS,
			new Convention("db.client.connection.count", CONNECTION), PoolMeter.MAX,
			new Convention("db.client.connection.max", CONNECTION), PoolMeter.MIN,
			new Convention("db.client.connection.idle.min", CONNECTION), PoolMeter.MAX_IDLE,
			new Convention("db.client.connection.idle.max", CONNECTION), PoolMeter.PENDING,
			new Convention("db.client.connection.pending_requests", "{request}"), PoolMeter.ACQUIRE,
			new Convention("db.client.connection.wait_time", SECONDS), PoolMeter.USAGE,
			new Convention("db.client.connection.use_time", SECONDS), PoolMeter.CREATION,
			new Convention("db.client.connection.create_time", SECONDS), PoolMeter.TIMEOUT,
			new Convention("db.client.connection.timeouts", "{timeout}"), PoolMeter.CLOSED,
			new Convention("redis.client.connection.closed", CONNECTION));

	private static final Map<String, String> KEYS = Map.of(PoolMeterTag.POOL.asString(),
			"db.client.connection.pool.name", PoolMeterTag.STATE.asString(), "db.client.connection.state",
			PoolMeterTag.REASON.asString(), "redis.client.connection.close.reason");

	private static final Tag EXCLUSIVE = Tag.of(PoolMeterTag.LANE.asString(), "exclusive");

	private static final Tag ACTIVE = Tag.of(PoolMeterTag.STATE.asString(), "active");

	private static final Tag USED = Tag.of(PoolMeterTag.STATE.asString(), "used");

	@Override
	public Meter.Id map(Meter.Id id) {
		// Asked for each meter of the application.
		PoolMeter meter = METERS.get(id.getName());
		return (meter != null) ? map(id, meter) : id;
	}

	private static Meter.Id map(Meter.Id id, PoolMeter meter) {
		List<Tag> tags = id.getTags()
			.stream()
			.filter((tag) -> !tag.equals(EXCLUSIVE))
			.map((tag) -> tag.equals(ACTIVE) ? USED : tag)
			.map((tag) -> Tag.of(KEYS.getOrDefault(tag.getKey(), tag.getKey()), tag.getValue()))
			.toList();
		Convention convention = CONVENTIONS.get(meter);
		// OpenTelemetry knows no connections that are not borrowed, and no lanes.
		if (convention == null || (meter == PoolMeter.CONNECTIONS && !id.getTags().contains(EXCLUSIVE))) {
			return id.replaceTags(tags);
		}
		return id.replaceTags(tags).withName(convention.name()).withBaseUnit(convention.unit());
	}

	private record Convention(String name, String unit) {

	}

}
