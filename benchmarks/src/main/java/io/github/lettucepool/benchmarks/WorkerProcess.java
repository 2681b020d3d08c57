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

package io.github.lettucepool.benchmarks;

import java.io.File;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.benchmarks.client.Contestant;

/**
 * The driver's end of a {@link Worker}. One that does not answer in time is ended and
 * takes no further part.
 */
final class WorkerProcess implements Runner {

	/**
	 * For starting the process, connecting, and callers that wait for a command's
	 * timeout.
	 */
	private static final Duration GRACE = Duration.ofSeconds(40);

	private final Process process;

	private final ObjectOutputStream tasks;

	private @Nullable ObjectInputStream replies;

	private @Nullable String failure;

	private WorkerProcess(Process process) throws IOException {
		this.process = process;
		this.tasks = new ObjectOutputStream(process.getOutputStream());
	}

	static Runner start(Contestant contestant, Options options) throws IOException {
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(List.of("-cp", System.getProperty("java.class.path"), "-Xms512m", "-Xmx512m"));
		// Replies go to standard output: the JVM must not write there.
		command.addAll(List.of("-XX:+DisplayVMOutputToStderr", "-Xlog:disable", "-Xlog:all=warning:stderr"));
		if (Runtime.version().feature() >= 24) {
			// What Netty needs to run there as it does on older ones, without warnings.
			command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
		}
		command.addAll(List.of(Worker.class.getName(), contestant.name()));
		if (options.jfr() != null) {
			command.add(options.jfr().resolve(contestant.id() + ".jfr").toString());
		}
		ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT)
			.directory(new File("."));
		return new WorkerProcess(builder.start());
	}

	@Override
	public Reply run(Task task) throws InterruptedException {
		if (this.failure != null) {
			return new Reply(null, this.failure);
		}
		CompletableFuture<Reply> exchange = CompletableFuture.supplyAsync(() -> exchange(task));
		try {
			return exchange.get(task.time().plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (TimeoutException ex) {
			return end("no answer within %s of %s with %s".formatted(GRACE, task.workload().id(),
					task.callers().describe()));
		}
		catch (ExecutionException ex) {
			return end("its process ended: " + ex.getCause());
		}
	}

	private Reply end(String failure) {
		this.failure = failure;
		this.process.destroyForcibly();
		return new Reply(null, failure);
	}

	private Reply exchange(Task task) {
		try {
			this.tasks.writeObject(task);
			this.tasks.flush();
			ObjectInputStream replies = this.replies;
			if (replies == null) {
				// Waits for the other end's header, so not before there is a task.
				replies = new ObjectInputStream(this.process.getInputStream());
				this.replies = replies;
			}
			return (Reply) replies.readObject();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (ClassNotFoundException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Ends the process, which notices that there is no further task.
	 */
	@Override
	public void close() {
		try {
			this.tasks.close();
			if (!this.process.waitFor(10, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
		}
		catch (IOException ex) {
			// It has ended already.
			this.process.destroyForcibly();
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
	}

}
