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

/**
 * The names of the meters of a pool.
 */
public enum MeterConvention {

	/**
	 * The pool's own names, {@code lettuce.pool.*}.
	 */
	LETTUCE_POOL,

	/**
	 * The names, units and attributes of OpenTelemetry's semantic conventions for
	 * connection pools, {@code db.client.connection.*}. What these conventions do not
	 * know keeps the pool's own name.
	 */
	OPENTELEMETRY

}
