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
import java.net.Socket;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real redis-server process on the loopback interface. Its data lies in a temporary
 * folder. It ends with {@link #close()}, or at the latest when the virtual machine shuts
 * down; one that has no time for its shutdown hooks, as after SIGKILL, leaves the process
 * and the folder behind. Thread-safe.
 */
public final class RedisServer implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(RedisServer.class);

	private static final String HOST = "127.0.0.1";

	private static final Duration START_TIMEOUT = Duration.ofSeconds(10);

	private static final Duration PROBE_TIMEOUT = Duration.ofMillis(500);

	private static final Duration REPLICATION_TIMEOUT = Duration.ofSeconds(20);

	private static final int START_ATTEMPTS = 5;

	/**
	 * As the C libraries put it.
	 */
	private static final Pattern ADDRESS_IN_USE = Pattern.compile("Address (already )?in use");

	private final ServerConfiguration configuration;

	private final Path folder;

	private final ServerLog log;

	private int port;

	private @Nullable RedisProcess process;

	private boolean closed;

	RedisServer(ServerConfiguration configuration) {
		this.configuration = configuration;
		this.folder = TemporaryFolder.create("redis-data");
		this.log = new ServerLog(this.folder.resolve("redis.log"));
		this.port = configuration.port();
	}

	/**
	 * A builder for a server.
	 * @return a new builder
	 */
	public static RedisServerBuilder builder() {
		return new RedisServerBuilder(false);
	}

	/**
	 * Whether the redis-server of this machine was built with TLS. The embedded one is on
	 * Linux.
	 * @return {@code true} if {@link RedisServerBuilder#tls} works
	 */
	public static boolean supportsTls() {
		return RedisBinary.supportsTls();
	}

	/**
	 * Starts the server, or starts it again on the same port, in the same folder and with
	 * the same configuration after {@link #stop} or {@link #kill}. Returns when it is
	 * ready. Does nothing if it runs.
	 * @return this server
	 * @throws EmbeddedRedisException if it does not start: the message has what it said
	 * @throws IllegalStateException if it was closed
	 */
	public synchronized RedisServer start() {
		if (this.closed) {
			throw new IllegalStateException("The server on port %d was closed".formatted(this.port));
		}
		if (isRunning()) {
			return this;
		}
		boolean anyPort = this.port == 0;
		for (int attempt = 1;; attempt++) {
			int candidate = anyPort ? this.configuration.freePort() : this.port;
			RedisProcess process = launch(candidate);
			try {
				awaitReady(process, candidate);
				this.process = process;
				this.port = candidate;
				logger.debug("Started redis-server on {}:{}, process {}", HOST, candidate, process.pid());
				return this;
			}
			catch (PortInUseException ex) {
				// Somebody took the free port in between.
				if (!anyPort || attempt == START_ATTEMPTS) {
					throw ex;
				}
			}
			catch (RuntimeException ex) {
				process.kill();
				throw ex;
			}
		}
	}

	private RedisProcess launch(int port) {
		Path file = this.folder.resolve("redis.conf");
		try {
			// Started again, a server reads what it wrote itself: a sentinel its peers,
			// a replica its master.
			if (port != this.port || !Files.exists(file)) {
				Files.writeString(file, this.configuration.file(port, this.folder));
			}
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Cannot write the configuration '%s'".formatted(file), ex);
		}
		this.log.mark();
		return RedisProcess.start(this.folder, file, this.log.file(), this.configuration.sentinel(),
				this.configuration.shutdownGrace());
	}

	private void awaitReady(RedisProcess process, int port) {
		try {
			Wait.until(START_TIMEOUT, "redis-server is ready on port " + port,
					() -> !process.isAlive() || isReady(process, port));
		}
		catch (EmbeddedRedisException ex) {
			throw new EmbeddedRedisException("%s%n%s".formatted(ex.getMessage(), this.log.sinceMark()), ex.getCause());
		}
		if (!process.isAlive()) {
			String said = this.log.sinceMark();
			throw ADDRESS_IN_USE.matcher(said).find() ? new PortInUseException(port)
					: new EmbeddedRedisException("redis-server ended at once:%n%s".formatted(said), null);
		}
	}

	/**
	 * Whether this very process answers, and not another server on the port. One whose
	 * default user is off answers nobody, but says in its log that it is ready.
	 */
	private boolean isReady(RedisProcess process, int port) {
		if (this.log.sinceMark().contains("Ready to accept connections")) {
			return true;
		}
		try (RespClient client = connect(port, PROBE_TIMEOUT, StandardCharsets.UTF_8)) {
			String info = String.valueOf(client.execute("INFO"));
			return info.contains("process_id:%d\r".formatted(process.pid())) && !info.contains("loading:1");
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Opens a connection, over TLS if the server speaks that, and logs in with the
	 * password if there is one.
	 * @return the connection, to be closed by the caller
	 * @throws IOException if that fails
	 * @throws EmbeddedRedisException if the password is not the server's any more
	 */
	public RespClient connect() throws IOException {
		return connect(port(), RespClient.TIMEOUT, StandardCharsets.UTF_8);
	}

	/**
	 * Like {@link #connect()}, for data that is not text.
	 * @return the connection, on which each character stands for a byte
	 */
	RespClient connectBinary() throws IOException {
		return connect(port(), RespClient.TIMEOUT, StandardCharsets.ISO_8859_1);
	}

	private RespClient connect(int port, Duration timeout, Charset charset) throws IOException {
		TestCertificates certificates = this.configuration.certificates();
		Socket socket = (certificates != null) ? certificates.clientSocket() : new Socket();
		RespClient client = new RespClient(socket, HOST, port, timeout, charset);
		try {
			if (this.configuration.password() != null) {
				client.execute("AUTH", this.configuration.password());
			}
			return client;
		}
		catch (IOException | RuntimeException ex) {
			client.close();
			throw ex;
		}
	}

	/**
	 * Runs a command on a connection of its own.
	 * @param command the command and its arguments
	 * @return a {@code String}, {@code Long}, {@code List} or {@code null}
	 * @throws EmbeddedRedisException if the server answers with an error
	 * @throws UncheckedIOException if the server does not answer within five seconds
	 */
	public @Nullable Object execute(String... command) {
		try (RespClient client = connect()) {
			return client.execute(command);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("%s on port %d failed".formatted(command[0], port()), ex);
		}
	}

	/**
	 * Like {@link #execute}, for a command that answers with a list.
	 */
	List<?> executeForList(String... command) {
		if (execute(command) instanceof List<?> list) {
			return list;
		}
		throw new EmbeddedRedisException("%s was not answered by a list".formatted(String.join(" ", command)), null);
	}

	/**
	 * Whether the server runs and is a master, with or without replicas.
	 * @return {@code false} for a replica
	 */
	public boolean isMaster() {
		return isRunning() && executeForList("ROLE").get(0).equals("master");
	}

	/**
	 * The lines of {@code CLIENT LIST}, without the connection that asks.
	 * @return a line for each client
	 */
	public List<String> clients() {
		try (RespClient client = connect()) {
			// Servers before 7.0 do not say that it is CLIENT LIST what it does.
			String self = "id=%s ".formatted(client.execute("CLIENT", "ID"));
			return String.valueOf(client.execute("CLIENT", "LIST"))
				.lines()
				.filter((line) -> !line.startsWith(self) && !line.contains("cmd=client|list"))
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("CLIENT LIST on port %d failed".formatted(port()), ex);
		}
	}

	/**
	 * Waits until replicas are connected to this master. They may still be loading what
	 * it sent them.
	 * @param count how many
	 * @throws EmbeddedRedisException if they are not within 20 seconds
	 */
	public void awaitReplicas(int count) {
		Wait.until(REPLICATION_TIMEOUT, "%d replicas of port %d are online".formatted(count, port()),
				() -> String.valueOf(execute("INFO", "replication"))
					.lines()
					.filter((line) -> line.contains("state=online"))
					.count() >= count);
	}

	/**
	 * The host.
	 * @return always the IPv4 loopback address; the server listens on {@code ::1} too
	 * where there is one
	 */
	public String host() {
		return HOST;
	}

	/**
	 * The port. It stays the same over all starts.
	 * @return the port
	 */
	public synchronized int port() {
		return this.port;
	}

	/**
	 * The certificates that the server was given.
	 * @return the certificates
	 * @throws IllegalStateException if it does not speak TLS
	 */
	public TestCertificates certificates() {
		TestCertificates certificates = this.configuration.certificates();
		if (certificates == null) {
			throw new IllegalStateException("%s does not speak TLS".formatted(this));
		}
		return certificates;
	}

	@Nullable String password() {
		return this.configuration.password();
	}

	/**
	 * The process.
	 * @return its id; that of the last one if it does not run
	 */
	public synchronized long pid() {
		if (this.process == null) {
			throw new IllegalStateException("The server was never started");
		}
		return this.process.pid();
	}

	/**
	 * Whether the process lives, paused or not.
	 * @return {@code true} from start to stop
	 */
	public synchronized boolean isRunning() {
		return this.process != null && this.process.isAlive();
	}

	/**
	 * Ends the server as an operator would, by SIGTERM, and by SIGKILL if it has not
	 * ended two seconds later. Does nothing if it does not run.
	 */
	public synchronized void stop() {
		if (this.process != null) {
			this.process.stop();
		}
	}

	/**
	 * Ends the server at once, as a crash would, by SIGKILL. Does nothing if it does not
	 * run.
	 */
	public synchronized void kill() {
		if (this.process != null) {
			this.process.kill();
		}
	}

	/**
	 * Stops the process without ending it (SIGSTOP): its sockets stay open and nothing is
	 * answered. Does nothing if it does not run.
	 */
	public synchronized void pause() {
		if (this.process != null) {
			this.process.pause();
		}
	}

	/**
	 * Lets a paused process go on (SIGCONT).
	 */
	public synchronized void resume() {
		if (this.process != null) {
			this.process.resume();
		}
	}

	/**
	 * The last lines that the server logged, over all its starts.
	 * @return the lines; empty once it is closed
	 */
	public String log() {
		return this.log.tail();
	}

	/**
	 * Stops the server for good and deletes its data.
	 */
	@Override
	public synchronized void close() {
		this.closed = true;
		stop();
		TemporaryFolder.delete(this.folder);
		if (this.configuration.unixSocket() != null) {
			// One that was killed leaves it.
			TemporaryFolder.delete(this.configuration.unixSocket());
		}
	}

	@Override
	public String toString() {
		return "RedisServer[%s:%d]".formatted(HOST, port());
	}

}
