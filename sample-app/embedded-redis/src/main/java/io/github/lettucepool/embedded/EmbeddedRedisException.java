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

package io.github.lettucepool.embedded;

import org.jspecify.annotations.Nullable;

/**
 * A Redis server cannot be started or does not do what it was told. The message says what
 * to do about it.
 */
public class EmbeddedRedisException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	/**
	 * Creates the exception.
	 * @param message what happened, and what to do
	 * @param cause the cause, if there is one
	 */
	public EmbeddedRedisException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
