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

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Says what kind of server to start. Unless told otherwise, it listens on a free port of
 * the loopback interface, keeps nothing on disk and lets everybody in. Not thread-safe.
 */
public final class RedisServerBuilder {

	private static final int MAX_PORT = 65_535;

	/**
	 * What a socket address has room for on the smallest of the supported systems.
	 */
	private static final int MAX_SOCKET_PATH_BYTES = 103;

	private final boolean sentinel;

	private int port;

	private @Nullable String password;

	private @Nullable TestCertificates certificates;

	private @Nullable Path unixSocket;

	private Duration shutdownGrace = Duration.ZERO;

	private final List<List<String>> directives = new ArrayList<>();

	RedisServerBuilder(boolean sentinel) {
		this.sentinel = sentinel;
	}

	/**
	 * The port.
	 * @param port the port; 0, the default, for a free one
	 * @return this builder
	 * @throws IllegalArgumentException if it is not from 0 to 65535
	 */
	public RedisServerBuilder port(int port) {
		if (port < 0 || port > MAX_PORT) {
			throw new IllegalArgumentException("port is %d: it must be from 0 to %d".formatted(port, MAX_PORT));
		}
		this.port = port;
		return this;
	}

	/**
	 * The password of the default user, which the server also shows to its master.
	 * @param password the password; none by default
	 * @return this builder
	 */
	public RedisServerBuilder password(String password) {
		this.password = password;
		return this;
	}

	/**
	 * Lets the server speak TLS only, on its port. A client need not have a certificate,
	 * but one that it shows is checked; {@code config("tls-auth-clients", "yes")} asks
	 * for one. Needs a redis-server {@linkplain RedisServer#supportsTls() with TLS}.
	 * @param certificates the certificates
	 * @return this builder
	 */
	public RedisServerBuilder tls(TestCertificates certificates) {
		this.certificates = certificates;
		return this;
	}

	/**
	 * Lets the server listen on a Unix domain socket too. {@link RedisServer#close()}
	 * deletes the file.
	 * @param path the file; its folder must exist
	 * @return this builder
	 * @throws IllegalArgumentException if the path is too long for a socket
	 */
	public RedisServerBuilder unixSocket(Path path) {
		Path absolute = path.toAbsolutePath();
		int length = absolute.toString().getBytes(StandardCharsets.UTF_8).length;
		if (length > MAX_SOCKET_PATH_BYTES) {
			throw new IllegalArgumentException("The path of a socket may have %d bytes, '%s' has %d"
				.formatted(MAX_SOCKET_PATH_BYTES, absolute, length));
		}
		this.unixSocket = absolute;
		return this;
	}

	/**
	 * Makes the server a replica. It need not be in step with its master when it has
	 * started: see {@link RedisServer#awaitReplicas}.
	 * @param master the master, which has been started
	 * @return this builder
	 */
	public RedisServerBuilder replicaOf(RedisServer master) {
		String masterPassword = master.password();
		if (masterPassword != null) {
			config("masterauth", masterPassword);
		}
		return config("replicaof", master.host(), String.valueOf(master.port()));
	}

	/**
	 * How long the server may go on when the virtual machine ends, so that an application
	 * which is shutting down still has it. It ends earlier when it is closed.
	 * @param grace the time; none by default
	 * @return this builder
	 */
	public RedisServerBuilder shutdownGrace(Duration grace) {
		this.shutdownGrace = grace;
		return this;
	}

	/**
	 * A line of the server's configuration. It wins over what this builder sets by
	 * itself.
	 * @param directive the directive
	 * @param values its values, not quoted
	 * @return this builder
	 */
	public RedisServerBuilder config(String directive, String... values) {
		this.directives.add(Stream.concat(Stream.of(directive.toLowerCase(Locale.ROOT)), Stream.of(values)).toList());
		return this;
	}

	/**
	 * Makes the server and starts it.
	 * @return the running server
	 * @throws EmbeddedRedisException if it does not start: the message says why
	 */
	public RedisServer start() {
		RedisServer server = new RedisServer(new ServerConfiguration(this.port, this.password, this.certificates,
				this.unixSocket, this.shutdownGrace, this.sentinel, List.copyOf(this.directives)));
		try {
			return server.start();
		}
		catch (RuntimeException ex) {
			server.close();
			throw ex;
		}
	}

}
