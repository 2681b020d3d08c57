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

package io.github.lettucepool.sample.lab;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;

/**
 * A load, as the page asks for it.
 *
 * @param callers how many callers
 * @param virtual whether they run on virtual threads
 * @param mix what they do
 * @param payload the size of a value in bytes
 * @param thinkMillis how long a caller waits after each call, in milliseconds
 */
record Load(@Min(1) @Max(Load.MAX_CALLERS) int callers, boolean virtual, @NotNull Mix mix,
		@Min(1) @Max(Load.MAX_PAYLOAD) int payload, @Min(0) @Max(Load.MAX_THINK) int thinkMillis) {

	static final int MAX_CALLERS = 256;

	static final int MAX_PAYLOAD = 65_536;

	static final int MAX_THINK = 1000;

}
