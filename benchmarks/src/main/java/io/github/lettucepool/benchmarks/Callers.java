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

import java.io.Serializable;
import java.util.concurrent.ThreadFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * How many threads call at the same time, and of which kind.
 *
 * @param count how many
 * @param virtual whether they are virtual threads
 */
record Callers(int count, boolean virtual) implements Serializable {

	/**
	 * More would measure the machine's scheduler.
	 */
	static final int MAX = 10_000;

	private static final Pattern SYNTAX = Pattern.compile("(\\d{1,5})(v?)");

	static Callers platform(int count) {
		return new Callers(count, false);
	}

	static Callers virtual(int count) {
		return new Callers(count, true);
	}

	/**
	 * Reads {@code 32} as 32 platform threads and {@code 32v} as 32 virtual ones.
	 * @param text what to read
	 * @return the callers
	 * @throws IllegalArgumentException if that is not what the text says
	 */
	static Callers parse(String text) {
		Matcher matcher = SYNTAX.matcher(text);
		if (matcher.matches()) {
			int count = Integer.parseInt(matcher.group(1));
			if (count >= 1 && count <= MAX) {
				return new Callers(count, !matcher.group(2).isEmpty());
			}
		}
		throw new IllegalArgumentException(
				"--callers: '%s' is not a number from 1 to %d, with a 'v' behind it for virtual threads".formatted(text,
						MAX));
	}

	/**
	 * Whether this JDK has such threads.
	 * @return {@code true} if so
	 */
	boolean available() {
		return !this.virtual || Runtime.version().feature() >= 21;
	}

	ThreadFactory threads() {
		String prefix = "caller-";
		return this.virtual ? new VirtualThreadTaskExecutor(prefix).getVirtualThreadFactory()
				: new CustomizableThreadFactory(prefix);
	}

	/**
	 * The callers as a person says it.
	 * @return such as "128 virtual threads"
	 */
	String describe() {
		return "%d %s thread%s".formatted(this.count, this.virtual ? "virtual" : "platform",
				(this.count == 1) ? "" : "s");
	}

	@Override
	public String toString() {
		return this.count + (this.virtual ? "v" : "");
	}

}
