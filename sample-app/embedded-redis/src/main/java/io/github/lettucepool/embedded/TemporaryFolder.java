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
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Temporary folders that are deleted when the virtual machine shuts down.
 */
final class TemporaryFolder {

	private static final Set<Path> folders = ConcurrentHashMap.newKeySet();

	static {
		Runtime.getRuntime().addShutdownHook(new Thread(TemporaryFolder::deleteAll, "temporary-folders"));
	}

	private TemporaryFolder() {
	}

	static Path create(String prefix) {
		try {
			Path folder = Files.createTempDirectory("lettuce-pool-" + prefix + "-");
			folders.add(folder);
			return folder;
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Cannot create a temporary folder", ex);
		}
	}

	static void delete(Path folder) {
		folders.remove(folder);
		try (Stream<Path> paths = Files.walk(folder)) {
			paths.sorted(Comparator.reverseOrder()).forEach((path) -> path.toFile().delete());
		}
		catch (IOException | UncheckedIOException ex) {
			// It is a temporary folder: whatever is left does no harm.
		}
	}

	private static void deleteAll() {
		// Servers write into their folders until they have ended.
		RedisProcess.endAll();
		folders.forEach(TemporaryFolder::delete);
	}

}
