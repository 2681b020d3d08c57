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

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.benchmarks.client.Contestant;

/**
 * How a contestant came out of a cell.
 *
 * @param contestant the contestant
 * @param figures what was measured, or {@code null} if it could not take part
 * @param failure why it could not, or {@code null}
 */
public record Result(Contestant contestant, @Nullable Figures figures, @Nullable String failure) {

	/**
	 * Whether every reply came and was what had been written.
	 * @return {@code true} if so
	 */
	public boolean clean() {
		return this.figures != null && this.figures.errors() == 0 && this.figures.wrong() == 0;
	}

}
