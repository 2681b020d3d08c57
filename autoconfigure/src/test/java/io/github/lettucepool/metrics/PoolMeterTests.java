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
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import io.github.lettucepool.FakeRedisPool;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that {@link PoolMeter} documents just the meters that {@link RedisPoolMetrics}
 * registers.
 */
class PoolMeterTests {

	private final FakeRedisPool pool = new FakeRedisPool("redis");

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	PoolMeterTests() {
		new RedisPoolMetrics(this.pool).bindTo(this.registry);
	}

	@ParameterizedTest
	@EnumSource
	void eachMeterIsRegisteredAsDocumented(PoolMeter documented) {
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
			});
	}

	@Test
	void noOtherMeterIsRegistered() {
		Set<String> documented = Arrays.stream(PoolMeter.values()).map(PoolMeter::getName).collect(Collectors.toSet());
		Set<String> registered = new HashSet<>();
		this.registry.forEachMeter((meter) -> registered.add(meter.getId().getName()));
		assertThat(registered).isEqualTo(documented);
	}

	@Test
	void everyMeterTellsItsUnit() {
		assertThat(PoolMeter.values()).extracting(PoolMeter::getUnit)
			.containsOnly("connections", "borrowers", "commands", "seconds");
	}

}
