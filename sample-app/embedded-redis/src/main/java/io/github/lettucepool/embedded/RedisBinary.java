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
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * Finds a redis-server to run: the one that the system property {@value #SYSTEM_PROPERTY}
 * or else the environment variable {@value #ENVIRONMENT_VARIABLE} names, or the one on
 * the class path for this operating system. Thread-safe.
 */
final class RedisBinary {

	static final String ENVIRONMENT_VARIABLE = "REDIS_SERVER";

	static final String SYSTEM_PROPERTY = "redis.server";

	private static final String VERSION = "7.0.15";

	static final String REMEDY = "Set %s=/path/to/redis-server, or use a Redis of your own with --spring.data.redis.host=..."
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
		String property = System.getProperty(SYSTEM_PROPERTY, "");
		if (!property.isBlank()) {
			return checked("The system property " + SYSTEM_PROPERTY, property);
		}
		String variable = System.getenv().getOrDefault(ENVIRONMENT_VARIABLE, "");
		if (!variable.isBlank()) {
			return checked(ENVIRONMENT_VARIABLE, variable);
		}
		Path path = unpacked;
		if (path == null || !Files.isExecutable(path)) {
			path = unpack(resourceName(System.getProperty("os.name"), System.getProperty("os.arch")));
			unpacked = path;
		}
		return path;
	}

	private static Path checked(String source, String value) {
		Path path = Path.of(value).toAbsolutePath();
		if (!Files.isExecutable(path) || Files.isDirectory(path)) {
			throw new EmbeddedRedisException(
					"%s names '%s', which is not an executable file. Let it name a redis-server, or unset it"
						.formatted(source, value),
					null);
		}
		return path;
	}

	/**
	 * Whether the executable was built with TLS: only then does it know a directive of
	 * TLS, and find fault with the next line.
	 * @return {@code true} if it was
	 */
	static boolean supportsTls() {
		Path binary = find();
		try {
			Process process = new ProcessBuilder(binary.toString(), "-").redirectErrorStream(true).start();
			try (OutputStream configuration = process.getOutputStream()) {
				configuration.write("tls-port 0\nport none\n".getBytes(StandardCharsets.UTF_8));
			}
			try (InputStream output = process.getInputStream()) {
				return new String(output.readAllBytes(), StandardCharsets.UTF_8).contains("'port none'");
			}
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Cannot run '%s'. %s".formatted(binary, REMEDY), ex);
		}
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
