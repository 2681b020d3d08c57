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

package io.github.lettucepool.internal.transport;

import org.jspecify.annotations.Nullable;

/**
 * A connection whose replies may send their commands on to another node: the server has
 * moved the key there.
 */
public interface Rerouting {

	/**
	 * The current thread begins to hand replies, or the loss of the connection, to
	 * commands.
	 * @return what {@link #endReplies} is to be given
	 */
	@Nullable Object beginReplies();

	/**
	 * The current thread has handed them over.
	 * @param before what {@link #beginReplies} returned
	 */
	void endReplies(@Nullable Object before);

}
