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

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * What a server wrote to its standard output, over all its starts. Not thread-safe.
 */
final class ServerLog {

	private static final int TAIL_LINES = 20;

	private final Path file;

	private int mark;

	ServerLog(Path file) {
		this.file = file;
	}

	Path file() {
		return this.file;
	}

	/**
	 * Lets {@link #sinceMark} begin here.
	 */
	void mark() {
		this.mark = bytes().length;
	}

	String sinceMark() {
		byte[] bytes = bytes();
		return text(Arrays.copyOfRange(bytes, Math.min(this.mark, bytes.length), bytes.length));
	}

	/**
	 * The last lines.
	 * @return the lines; empty before the first start and after the folder was deleted
	 */
	String tail() {
		List<String> lines = text(bytes()).lines().toList();
		return String.join(System.lineSeparator(), lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
	}

	private byte[] bytes() {
		try {
			return Files.readAllBytes(this.file);
		}
		catch (IOException ex) {
			return new byte[0];
		}
	}

	private static String text(byte[] bytes) {
		return new String(bytes, StandardCharsets.UTF_8);
	}

}
