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

import java.time.Instant;
import java.util.List;

/**
 * How a pool that sizes itself came to its size.
 *
 * @param size the size now: the greatest number of exclusive connections
 * @param min the smallest size: {@code min-idle}, 1 at least
 * @param limit the greatest size
 * @param mayGrow whether the size can still grow if borrowers wait; {@code false} at the
 * limit, and while growing does not help
 * @param reason why the size is what it is, in a sentence
 * @param changes the last changes, the latest first
 */
public record PoolSizing(int size, int min, int limit, boolean mayGrow, String reason, List<Change> changes) {

	/**
	 * A change of the size.
	 *
	 * @param time when it was
	 * @param from the size before
	 * @param to the size after
	 * @param reason why, in a sentence
	 */
	public record Change(Instant time, int from, int to, String reason) {

	}

}
