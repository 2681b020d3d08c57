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
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.lettucepool.FakeRedisPool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

/**
 * Tests that {@link PoolMeter} documents just the meters that {@link RedisPoolMetrics}
 * registers.
 */
@org.junit.jupiter.api.Tag("unit")
class PoolMeterTests {

	/** As published, with their units; the last one is what Redis's own clients use. */
	private static final Map<String, String> SEMANTIC_CONVENTIONS = Map.ofEntries(
			Map.entry("db.client.connection.count", "{connection}"),
			Map.entry("db.client.connection.idle.max", "{connection}"),
			Map.entry("db.client.connection.idle.min", "{connection}"),
			Map.entry("db.client.connection.max", "{connection}"),
			Map.entry("db.client.connection.pending_requests", "{request}"),
			Map.entry("db.client.connection.timeouts", "{timeout}"), Map.entry("db.client.connection.create_time", "s"),
			Map.entry("db.client.connection.wait_time", "s"), Map.entry("db.client.connection.use_time", "s"),
			Map.entry("redis.client.connection.closed", "{connection}"));

	private final FakeRedisPool pool = new FakeRedisPool("redis");

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	@ParameterizedTest
	@EnumSource
	void eachMeterIsRegisteredAsDocumented(PoolMeter documented) {
		new RedisPoolMetrics(this.pool).bindTo(this.registry);
		Set<String> keys = Arrays.stream(documented.getKeyNames())
			.map(PoolMeterTag::asString)
			.collect(Collectors.toSet());
		assertThat(this.registry.getMeters())
			.filteredOn((meter) -> meter.getId().getName().equals(documented.getName()))
			.isNotEmpty()
			.allSatisfy((meter) -> {
				Meter.Id id = meter.getId();
				assertThat(id.getType()).isEqualTo(documented.getType());
				assertThat(id.getDescription()).isEqualTo(documented.getDescription());
				assertThat(id.getTags().stream().map(Tag::getKey)).containsExactlyInAnyOrderElementsOf(keys);
				if (documented.getType() != Meter.Type.TIMER) {
					assertThat(id.getBaseUnit()).isNull();
				}
			});
	}

	@Test
	void noOtherMeterIsRegistered() {
		new RedisPoolMetrics(this.pool).bindTo(this.registry);
		Set<String> documented = Arrays.stream(PoolMeter.values()).map(PoolMeter::getName).collect(Collectors.toSet());
		Set<String> registered = new HashSet<>();
		this.registry.forEachMeter((meter) -> registered.add(meter.getId().getName()));
		assertThat(registered).isEqualTo(documented);
	}

	@Test
	void openTelemetrysNamesAndUnitsAreThePublishedOnes() {
		Map<String, String> used = new HashMap<>();
		openTelemetry().forEachMeter((meter) -> {
			Meter.Id id = meter.getId();
			if (!id.getName().startsWith("lettuce.pool.")) {
				used.put(id.getName(), (id.getType() == Meter.Type.TIMER) ? "s" : id.getBaseUnit());
			}
		});
		assertThat(used).isEqualTo(SEMANTIC_CONVENTIONS);
	}

	@Test
	void whatOpenTelemetryDoesNotKnowKeepsItsName() {
		openTelemetry();
		assertThat(this.registry.getMeters()).extracting((meter) -> meter.getId().getName())
			.filteredOn((name) -> name.startsWith("lettuce.pool."))
			.containsOnly("lettuce.pool.connections", "lettuce.pool.commands.in.flight", "lettuce.pool.subscriptions",
					"lettuce.pool.reachable", "lettuce.pool.max.limit", "lettuce.pool.rejected", "lettuce.pool.leaked");
		assertThat(this.registry.get("lettuce.pool.connections").gauges())
			.allSatisfy((gauge) -> assertThat(gauge.getId().getTag("lane")).isIn("shared", "low-latency"));
	}

	@Test
	void openTelemetrysAttributesAreThePublishedOnes() {
		Map<String, Set<String>> own = Map.of("lettuce.pool.connections",
				Set.of("lane", "db.client.connection.pool.name", "db.client.connection.state"),
				"db.client.connection.count", Set.of("db.client.connection.pool.name", "db.client.connection.state"),
				"redis.client.connection.closed",
				Set.of("db.client.connection.pool.name", "redis.client.connection.close.reason"));
		assertThat(openTelemetry().getMeters()).allSatisfy((meter) -> {
			Meter.Id id = meter.getId();
			assertThat(id.getTags().stream().map(Tag::getKey)).containsExactlyInAnyOrderElementsOf(
					own.getOrDefault(id.getName(), Set.of("db.client.connection.pool.name")));
		});
	}

	@Test
	void openTelemetrysStatesAreIdleAndUsed() {
		this.pool.exclusive(8, 0, 5, 2, 0);
		openTelemetry();
		assertThat(this.registry.get("db.client.connection.count").gauges())
			.extracting((gauge) -> gauge.getId().getTag("db.client.connection.pool.name"),
					(gauge) -> gauge.getId().getTag("db.client.connection.state"), Gauge::value)
			.containsExactlyInAnyOrder(tuple("redis", "used", 5.0), tuple("redis", "idle", 2.0));
	}

	@Test
	void everyMeterTellsItsUnit() {
		assertThat(PoolMeter.values()).extracting(PoolMeter::getUnit)
			.containsOnly("connections", "borrowers", "commands", "pools", "seconds");
	}

	@Test
	void prometheusNamesHaveNoUnitThatCountsThings() {
		PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
		prometheus.config().meterFilter(new OpenTelemetryFilter()).meterFilter(new AnnotationUnitFilter());
		new RedisPoolMetrics(this.pool).bindTo(prometheus);
		assertThat(prometheus.scrape().lines().filter((line) -> line.startsWith("# TYPE"))).contains(
				"# TYPE db_client_connection_count gauge", "# TYPE db_client_connection_max gauge",
				"# TYPE db_client_connection_idle_min gauge", "# TYPE db_client_connection_pending_requests gauge",
				"# TYPE db_client_connection_timeouts_total counter",
				"# TYPE db_client_connection_wait_time_seconds summary",
				"# TYPE redis_client_connection_closed_total counter");
	}

	private SimpleMeterRegistry openTelemetry() {
		this.registry.config().meterFilter(new OpenTelemetryFilter());
		new RedisPoolMetrics(this.pool).bindTo(this.registry);
		return this.registry;
	}

}
