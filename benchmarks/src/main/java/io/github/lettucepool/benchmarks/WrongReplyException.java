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

package io.github.lettucepool.benchmarks;

import java.io.Serial;

import org.jspecify.annotations.Nullable;

/**
 * A reply was not what its caller had written: a client that mixes up replies measures
 * nothing.
 */
final class WrongReplyException extends RuntimeException {

	@Serial
	private static final long serialVersionUID = 1L;

	WrongReplyException(@Nullable Object expected, @Nullable Object actual) {
		super("Expected %s, got %s".formatted(shorten(expected), shorten(actual)));
	}

	private static String shorten(@Nullable Object value) {
		String text = String.valueOf(value);
		return (text.length() <= 60) ? text : text.substring(0, 60) + "…";
	}

}
