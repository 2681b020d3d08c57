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

import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * The tables of {@code docs/faults.md} and of the README that say how soon Redis is used
 * again after a fault. Each test that measures it logs rows of them, behind a mark by
 * which they are found.
 */
public final class RecoveryTable {

	private static final Log logger = LogFactory.getLog(RecoveryTable.class);

	private RecoveryTable() {
	}

	/**
	 * Logs a row.
	 * @param fault what happened
	 * @param cells what stands behind it: times, and whatever else tells rows apart
	 */
	public static void row(String fault, Object... cells) {
		String rest = Arrays.stream(cells)
			.map((cell) -> (cell instanceof Duration time) ? String.valueOf(time.toMillis()) : String.valueOf(cell))
			.collect(Collectors.joining(" | "));
		logger.info("recovery: | %s | %s |".formatted(fault, rest));
	}

}
