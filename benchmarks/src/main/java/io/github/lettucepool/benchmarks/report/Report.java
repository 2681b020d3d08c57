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

package io.github.lettucepool.benchmarks.report;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * A whole run.
 *
 * @param time when it ended
 * @param machine what it was taken on
 * @param command the driver's arguments
 * @param roundTime how long a round lasted
 * @param cells what was measured
 */
public record Report(Instant time, Machine machine, String command, Duration roundTime, List<Cell> cells) {

	/**
	 * Whether every contestant answered everything, and right.
	 * @return {@code true} if so
	 */
	public boolean clean() {
		return this.cells.stream().flatMap((cell) -> cell.results().stream()).allMatch(Result::clean);
	}

}
