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

package io.github.lettucepool.autoconfigure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The texts that users read.
 */
final class Documents {

	private static final Path ROOT = Path.of("..");

	private Documents() {
	}

	static Stream<Path> all() {
		try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
			List<Path> found = docs.filter((file) -> file.toString().endsWith(".md")).sorted().toList();
			return Stream.concat(
					Stream.of("README.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md").map(ROOT::resolve),
					found.stream());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static Path doc(String name) {
		return ROOT.resolve("docs").resolve(name);
	}

	/**
	 * The sources that are deployed, one by one.
	 */
	static Stream<String> mainSources() {
		try (Stream<Path> files = Files.walk(Path.of("src", "main", "java"))) {
			return files.filter((file) -> file.toString().endsWith(".java")).toList().stream().map(Documents::text);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static String text(Path document) {
		try {
			return Files.readString(document);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
