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
import io.micrometer.core.instrument.config.MeterFilter;

/**
 * {@link MeterFilter} for Prometheus, which drops units such as <code>{connection}</code>
 * from OpenTelemetry's meters of a pool: these count things, and have no place in a name,
 * where Micrometer would put them.
 */
public final class AnnotationUnitFilter implements MeterFilter {

	@Override
	public Meter.Id map(Meter.Id id) {
		String unit = id.getBaseUnit();
		boolean annotation = unit != null && unit.startsWith("{");
		return (annotation && id.getName().contains(".client.connection.")) ? id.withBaseUnit(null) : id;
	}

}
