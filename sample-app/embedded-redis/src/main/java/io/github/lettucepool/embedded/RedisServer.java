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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real redis-server process on the loopback interface. Its data lies in a temporary
 * folder. It ends with {@link #close()}, or with the virtual machine at the latest.
 * Thread-safe.
 */
public final class RedisServer implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(RedisServer.class);

	private static final Duration START_TIMEOUT = Duration.ofSeconds(10);

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

	private static final int START_ATTEMPTS = 5;

	private static final int LOG_TAIL_LINES = 8;

	private static final Set<RedisServer> running = ConcurrentHashMap.newKeySet();

	private final Builder configuration;

	private final Path folder;

	private int port;

	private @Nullable Process process;

	private RedisServer(Builder configuration) {
		this.configuration = configuration;
		this.folder = TemporaryFolder.create("redis-data");
		this.port = configuration.port;
	}

	/**
	 * A builder for a server.
	 * @return a new builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Starts the server, or starts it again on the same port after {@link #stop} or
	 * {@link #kill}. Returns when it answers.
	 * @return this server
	 * @throws EmbeddedRedisException if it does not start: the message has what it said
	 */
	public synchronized RedisServer start() {
		if (isRunning()) {
			return this;
		}
		boolean anyPort = this.port == 0;
		for (int attempt = 1;; attempt++) {
			int candidate = anyPort ? FreePort.any() : this.port;
			try {
				launch(candidate);
				this.port = candidate;
				running.add(this);
				logger.debug("Started redis-server on 127.0.0.1:{}, process {}", candidate, pid());
				return this;
			}
			catch (EmbeddedRedisException ex) {
				// Somebody may have taken the free port in between.
				if (!anyPort || attempt == START_ATTEMPTS || FreePort.isFree(candidate)) {
					throw ex;
				}
			}
		}
	}

	private void launch(int port) {
		try {
			Path log = this.folder.resolve("redis.log");
			Process process = new ProcessBuilder(command(port)).directory(this.folder.toFile())
				.redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
				.start();
			this.process = process;
			awaitReady(process, port);
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Cannot run redis-server", ex);
		}
	}

	private List<String> command(int port) {
		List<String> command = new ArrayList<>();
		command.add(RedisBinary.find().toString());
		command.addAll(List.of("--port", String.valueOf(port), "--bind", "127.0.0.1", "--save", "", "--appendonly",
				"no", "--dir", this.folder.toString()));
		if (this.configuration.password != null) {
			command.addAll(
					List.of("--requirepass", this.configuration.password, "--masterauth", this.configuration.password));
		}
		command.addAll(this.configuration.directives);
		return command;
	}

	private void awaitReady(Process process, int port) {
		long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
		while (System.nanoTime() < deadline) {
			if (!process.isAlive()) {
				throw new EmbeddedRedisException(failure(port), null);
			}
			if (answers(process, port)) {
				return;
			}
			pause(10);
		}
		process.destroyForcibly();
		throw new EmbeddedRedisException("redis-server did not answer on port %d within %d s:%n%s".formatted(port,
				START_TIMEOUT.toSeconds(), log()), null);
	}

	private String failure(int port) {
		String said = log();
		if (said.contains("Address already in use") || said.contains("Address in use")) {
			return "redis-server cannot listen on port %d, which is already in use: choose another port or 0 for a free one"
				.formatted(port);
		}
		return "redis-server ended at once:%n%s".formatted(said);
	}

	/**
	 * Whether this very process answers, and not another server on the port.
	 */
	private boolean answers(Process process, int port) {
		try (RespClient client = new RespClient(host(), port)) {
			authenticate(client);
			String info = String.valueOf(client.execute("INFO", "server"));
			return info.contains("process_id:" + process.pid() + "\r");
		}
		catch (EmbeddedRedisException | IOException ex) {
			return false;
		}
	}

	private void authenticate(RespClient client) throws IOException {
		if (this.configuration.password != null) {
			client.execute("AUTH", this.configuration.password);
		}
	}

	/**
	 * Runs a command on a connection of its own.
	 * @param command the command and its arguments
	 * @return a {@code String}, {@code Long}, {@code List} or {@code null}
	 * @throws EmbeddedRedisException if the server answers with an error
	 */
	public @Nullable Object execute(String... command) {
		try (RespClient client = new RespClient(host(), port())) {
			authenticate(client);
			return client.execute(command);
		}
		catch (IOException ex) {
			throw new UncheckedIOException("%s on port %d failed".formatted(command[0], this.port), ex);
		}
	}

	/**
	 * The lines of {@code CLIENT LIST}, without the connection that asks.
	 * @return a line for each client
	 */
	public List<String> clients() {
		return String.valueOf(execute("CLIENT", "LIST"))
			.lines()
			.filter((line) -> !line.contains("cmd=client|list"))
			.toList();
	}

	/**
	 * The host.
	 * @return always the IPv4 loopback address
	 */
	public String host() {
		return "127.0.0.1";
	}

	/**
	 * The port.
	 * @return the port; 0 before the first start, if it is to be a free one
	 */
	public synchronized int port() {
		return this.port;
	}

	/**
	 * The process.
	 * @return its id
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
	 * Ends the server as an operator would; does nothing if it does not run.
	 */
	public synchronized void stop() {
		Process process = this.process;
		if (process == null || !process.isAlive()) {
			running.remove(this);
			return;
		}
		resume();
		process.destroy();
		if (!ended(process, STOP_TIMEOUT)) {
			kill();
		}
		running.remove(this);
	}

	/**
	 * Ends the server at once, as a crash would; does nothing if it does not run.
	 */
	public synchronized void kill() {
		if (this.process != null) {
			this.process.destroyForcibly();
			ended(this.process, STOP_TIMEOUT);
		}
		running.remove(this);
	}

	/**
	 * Stops the process without ending it (SIGSTOP): its sockets stay open and nothing is
	 * answered.
	 */
	public void pause() {
		signal("-STOP");
	}

	/**
	 * Lets a paused process go on (SIGCONT).
	 */
	public void resume() {
		signal("-CONT");
	}

	private synchronized void signal(String signal) {
		if (!isRunning()) {
			return;
		}
		try {
			Process kill = new ProcessBuilder("kill", signal, String.valueOf(pid())).start();
			ended(kill, STOP_TIMEOUT);
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Cannot send %s to process %d".formatted(signal, pid()), ex);
		}
	}

	/**
	 * The last lines that the server logged.
	 * @return the lines
	 */
	public String log() {
		try {
			List<String> lines = Files.readAllLines(this.folder.resolve("redis.log"));
			return String.join(System.lineSeparator(),
					lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
		}
		catch (IOException ex) {
			return "";
		}
	}

	/**
	 * Stops the server and deletes its data.
	 */
	@Override
	public void close() {
		stop();
		TemporaryFolder.delete(this.folder);
	}

	/**
	 * Ends all servers when the virtual machine ends, each after its grace.
	 */
	static void endAll() {
		long start = System.nanoTime();
		for (RedisServer server : running) {
			long grace = server.configuration.grace.toNanos();
			while (server.isRunning() && System.nanoTime() - start < grace) {
				pause(20);
			}
			server.kill();
		}
	}

	private static boolean ended(Process process, Duration timeout) {
		try {
			return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	private static void pause(long millis) {
		try {
			TimeUnit.MILLISECONDS.sleep(millis);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new EmbeddedRedisException("Interrupted while redis-server was starting", ex);
		}
	}

	/**
	 * Says what kind of server to start.
	 */
	public static final class Builder {

		private int port;

		private @Nullable String password;

		private Duration grace = Duration.ZERO;

		private final List<String> directives = new ArrayList<>();

		private Builder() {
		}

		/**
		 * The port.
		 * @param port the port; 0, the default, for a free one
		 * @return this builder
		 */
		public Builder port(int port) {
			this.port = port;
			return this;
		}

		/**
		 * The password of the default user.
		 * @param password the password; none by default
		 * @return this builder
		 */
		public Builder password(String password) {
			this.password = password;
			return this;
		}

		/**
		 * How long the server may go on when the virtual machine ends, so that an
		 * application which is shutting down still has it. It ends earlier when it is
		 * closed.
		 * @param grace the time; none by default
		 * @return this builder
		 */
		public Builder shutdownGrace(Duration grace) {
			this.grace = grace;
			return this;
		}

		/**
		 * A line of the server's configuration.
		 * @param directive the directive
		 * @param values its values
		 * @return this builder
		 */
		public Builder config(String directive, String... values) {
			this.directives.add("--" + directive);
			this.directives.addAll(List.of(values));
			return this;
		}

		/**
		 * Makes the server and starts it.
		 * @return the running server
		 * @throws EmbeddedRedisException if it does not start
		 */
		public RedisServer start() {
			RedisServer server = new RedisServer(this);
			try {
				return server.start();
			}
			catch (RuntimeException ex) {
				server.close();
				throw ex;
			}
		}

	}

}
