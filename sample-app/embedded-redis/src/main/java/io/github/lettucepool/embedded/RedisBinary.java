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
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * Finds a redis-server to run: the one that the environment variable
 * {@value #ENVIRONMENT_VARIABLE} or the system property {@value #SYSTEM_PROPERTY} names,
 * or the one on the class path for this operating system.
 */
final class RedisBinary {

	static final String ENVIRONMENT_VARIABLE = "REDIS_SERVER";

	static final String SYSTEM_PROPERTY = "redis.server";

	private static final String VERSION = "7.0.15";

	private static final String REMEDY = "Set %s=/path/to/redis-server, or use a Redis of your own with --spring.data.redis.host=..."
		.formatted(ENVIRONMENT_VARIABLE);

	private static @Nullable Path unpacked;

	private RedisBinary() {
	}

	/**
	 * Finds the executable; unpacks it on the first call.
	 * @return its path
	 * @throws EmbeddedRedisException if there is none for this machine
	 */
	static synchronized Path find() {
		String own = System.getProperty(SYSTEM_PROPERTY, System.getenv(ENVIRONMENT_VARIABLE));
		if (own != null && !own.isBlank()) {
			return checked(Path.of(own));
		}
		Path path = unpacked;
		if (path == null || !Files.isExecutable(path)) {
			path = unpack(resourceName(System.getProperty("os.name"), System.getProperty("os.arch")));
			unpacked = path;
		}
		return path;
	}

	private static Path checked(Path path) {
		if (!Files.isExecutable(path) || Files.isDirectory(path)) {
			throw new EmbeddedRedisException(
					"%s names '%s', which is not an executable file. Set it to a redis-server or unset it"
						.formatted(ENVIRONMENT_VARIABLE, path),
					null);
		}
		return path.toAbsolutePath();
	}

	/**
	 * The name of the resource with the executable for a platform.
	 * @param osName as in the system property {@code os.name}
	 * @param osArch as in the system property {@code os.arch}
	 * @return the name
	 * @throws EmbeddedRedisException if there is none
	 */
	static String resourceName(String osName, String osArch) {
		String os = osName.toLowerCase(Locale.ROOT);
		String arch = switch (osArch.toLowerCase(Locale.ROOT)) {
			case "amd64", "x86_64" -> "amd64";
			case "aarch64", "arm64" -> "arm64";
			default -> "";
		};
		String system = os.contains("linux") ? "linux" : (os.contains("mac") || os.contains("darwin")) ? "darwin" : "";
		if (system.isEmpty() || arch.isEmpty()) {
			throw new EmbeddedRedisException(
					"No embedded redis-server for %s on %s; there is one for Linux and macOS on x86-64 and arm64. %s"
						.formatted(osName, osArch, REMEDY),
					null);
		}
		return "redis-server-%s-%s-%s".formatted(VERSION, system, arch);
	}

	private static Path unpack(String resource) {
		try (InputStream source = RedisBinary.class.getResourceAsStream("/" + resource)) {
			if (source == null) {
				throw new EmbeddedRedisException("The class path has no '%s'. %s".formatted(resource, REMEDY), null);
			}
			Path folder = TemporaryFolder.create("redis-server");
			Path path = folder.resolve("redis-server");
			Files.copy(source, path);
			if (!path.toFile().setExecutable(true)) {
				throw new EmbeddedRedisException("Cannot make '%s' executable. %s".formatted(path, REMEDY), null);
			}
			return path;
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Cannot unpack the embedded redis-server. " + REMEDY, ex);
		}
	}

}
