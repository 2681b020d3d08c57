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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * One run of redis-server. It ends at the latest when the virtual machine shuts down; one
 * that has no time for its shutdown hooks, as after SIGKILL, leaves it running.
 * Thread-safe.
 */
final class RedisProcess {

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(2);

	private static final Path SETSID = Path.of("/usr/bin/setsid");

	private static final Set<RedisProcess> running = ConcurrentHashMap.newKeySet();

	private static volatile boolean virtualMachineEnds;

	private final Process process;

	private final Duration shutdownGrace;

	private volatile boolean paused;

	private RedisProcess(Process process, Duration shutdownGrace) {
		this.process = process;
		this.shutdownGrace = shutdownGrace;
	}

	/**
	 * Starts a server and does not wait until it is ready.
	 * @param folder the folder to work in
	 * @param configuration the configuration file
	 * @param output the file to append its output to
	 * @param sentinel whether it is to be a sentinel
	 * @param shutdownGrace how long it may go on when the virtual machine ends
	 * @return the process
	 * @throws EmbeddedRedisException if the executable cannot be run
	 */
	static RedisProcess start(Path folder, Path configuration, Path output, boolean sentinel, Duration shutdownGrace) {
		Path binary = RedisBinary.find();
		try {
			Process process = new ProcessBuilder(command(binary, configuration, sentinel)).directory(folder.toFile())
				.redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
				.start();
			return register(new RedisProcess(process, shutdownGrace));
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Cannot run '%s'. %s".formatted(binary, RedisBinary.REMEDY), ex);
		}
	}

	private static RedisProcess register(RedisProcess started) {
		running.add(started);
		started.process.onExit().thenRun(() -> running.remove(started));
		if (virtualMachineEnds) {
			started.kill();
			throw new EmbeddedRedisException("No server is started while the virtual machine ends", null);
		}
		return started;
	}

	private static List<String> command(Path binary, Path configuration, boolean sentinel) {
		List<String> command = new ArrayList<>();
		// Ctrl+C goes to all processes of the terminal's group. In a group of its own the
		// server outlives it until the application has ended.
		if (Files.isExecutable(SETSID)) {
			command.add(SETSID.toString());
		}
		command.add(binary.toString());
		command.add(configuration.toString());
		if (sentinel) {
			command.add("--sentinel");
		}
		return command;
	}

	long pid() {
		return this.process.pid();
	}

	boolean isAlive() {
		return this.process.isAlive();
	}

	/**
	 * Stops the process without ending it.
	 */
	void pause() {
		signal("STOP");
		this.paused = true;
	}

	void resume() {
		if (this.paused) {
			signal("CONT");
			this.paused = false;
		}
	}

	private void signal(String name) {
		if (!isAlive()) {
			return;
		}
		try {
			// The shell has this command built in, not every machine has it as a file.
			Process kill = new ProcessBuilder("/bin/sh", "-c", "kill -%s %d".formatted(name, pid())).start();
			ended(kill, STOP_TIMEOUT);
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Cannot send SIG%s to process %d".formatted(name, pid()), ex);
		}
	}

	/**
	 * Asks the process to end, then makes it. Works on a paused one too.
	 */
	void stop() {
		this.process.destroy();
		resume();
		if (!ended(this.process, STOP_TIMEOUT)) {
			kill();
		}
	}

	void kill() {
		this.process.destroyForcibly();
		ended(this.process, STOP_TIMEOUT);
	}

	/**
	 * Ends all processes when the virtual machine ends, each after its grace.
	 */
	static void endAll() {
		virtualMachineEnds = true;
		long start = System.nanoTime();
		for (RedisProcess process : running) {
			Duration left = process.shutdownGrace.minusNanos(System.nanoTime() - start);
			if (!ended(process.process, left)) {
				process.kill();
			}
		}
	}

	/**
	 * Waits even if the thread is interrupted, so that nothing is deleted or started
	 * again under a process that still lives.
	 */
	private static boolean ended(Process process, Duration timeout) {
		long deadline = System.nanoTime() + timeout.toNanos();
		boolean interrupted = false;
		try {
			while (true) {
				try {
					return process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

}
