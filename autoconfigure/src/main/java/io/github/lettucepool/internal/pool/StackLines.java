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

package io.github.lettucepool.internal.pool;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The place where a connection was borrowed, one line for each frame. The lines are made
 * when somebody reads them: figures are taken several times a second, by advice and
 * meters for instance, and hardly anybody reads stacks. Thread-safe.
 */
final class StackLines extends AbstractList<String> {

	private final Throwable stack;

	private volatile @Nullable List<String> lines;

	/**
	 * Creates the lines.
	 * @param stack was made where the connection was borrowed
	 */
	StackLines(Throwable stack) {
		this.stack = stack;
	}

	@Override
	public String get(int index) {
		return lines().get(index);
	}

	@Override
	public int size() {
		return lines().size();
	}

	private List<String> lines() {
		List<String> lines = this.lines;
		if (lines == null) {
			// From where the borrower comes in: the lane's own frames say nothing new.
			lines = Arrays.stream(this.stack.getStackTrace())
				.dropWhile((frame) -> frame.getClassName().startsWith(StackLines.class.getPackageName()))
				.map(StackTraceElement::toString)
				.toList();
			this.lines = lines;
		}
		return lines;
	}

}
