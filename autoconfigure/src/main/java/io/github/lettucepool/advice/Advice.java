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

package io.github.lettucepool.advice;

import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * One thing about a pool that a person should look at.
 *
 * @param topic what it is about
 * @param text what was seen, and what to do about it; a sentence or more, without
 * passwords
 * @param recommended the value to give to the key that the topic is named after, or
 * {@code null} if there is no single right one
 */
public record Advice(Topic topic, String text, @Nullable Object recommended) {

	/**
	 * The topics of advice.
	 */
	public enum Topic {

		/**
		 * More connections are needed than {@code max-size} allows.
		 */
		MAX_SIZE,

		/**
		 * More connections are kept ready than are ever needed.
		 */
		MIN_IDLE,

		/**
		 * {@code max-wait} has no end, or is longer than callers wait.
		 */
		MAX_WAIT,

		/**
		 * The command timeout is longer than callers wait.
		 */
		TIMEOUT,

		/**
		 * The pools may open more connections than the server takes.
		 */
		MAXCLIENTS,

		/**
		 * Nothing ever borrowed from the pool.
		 */
		UNUSED;

		/**
		 * The topic as the endpoint shows it.
		 * @return the name in lower case with hyphens, for example {@code max-size}
		 */
		public String id() {
			return name().toLowerCase(Locale.ROOT).replace('_', '-');
		}

	}

}
