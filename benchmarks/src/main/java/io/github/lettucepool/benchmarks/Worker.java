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

import java.io.EOFException;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.text.ParseException;

import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.benchmarks.client.Client;
import io.github.lettucepool.benchmarks.client.Contestant;
import io.github.lettucepool.benchmarks.client.Target;

/**
 * The process of one contestant: does the tasks that come in on standard input, until its
 * end. A process of its own gives each contestant its own compiled code, heap and
 * processor time, as in an application that uses no other.
 */
public final class Worker implements Runner {

	private final Contestant contestant;

	private @Nullable Client client;

	private @Nullable Target target;

	Worker(Contestant contestant) {
		this.contestant = contestant;
	}

	/**
	 * Entry point of the process.
	 * @param args the contestant's constant, and where to put a flight recording, if one
	 * is wanted
	 * @throws Exception if tasks cannot be read or answered
	 */
	public static void main(String[] args) throws Exception {
		PrintStream replies = System.out;
		// Whatever a library prints must not get among the replies.
		System.setOut(System.err);
		Recording recording = (args.length > 1) ? record(Path.of(args[1])) : null;
		try (Worker worker = new Worker(Contestant.valueOf(args[0]))) {
			worker.work(new ObjectInputStream(System.in), new ObjectOutputStream(replies));
		}
		if (recording != null) {
			recording.close();
		}
		// A client's threads are none of the driver's business.
		System.exit(0);
	}

	private static Recording record(Path file) throws IOException, ParseException {
		Recording recording = new Recording(Configuration.getConfiguration("profile"));
		recording.setDestination(file);
		recording.start();
		return recording;
	}

	private void work(ObjectInputStream tasks, ObjectOutputStream replies)
			throws IOException, ClassNotFoundException, InterruptedException {
		while (true) {
			Task task;
			try {
				task = (Task) tasks.readObject();
			}
			catch (EOFException ex) {
				return;
			}
			replies.writeObject(run(task));
			replies.flush();
		}
	}

	@Override
	public Reply run(Task task) throws InterruptedException {
		try {
			Client opened = open(task.target());
			String keys = task.workload().keys(this.contestant, task.number());
			return new Reply(Round.run(task.callers(), task.time().toNanos(),
					(caller) -> task.workload().prepare(opened, caller, keys + caller)), null);
		}
		catch (RuntimeException ex) {
			return new Reply(null, ex.toString());
		}
	}

	private Client open(Target target) {
		if (this.client != null && target.equals(this.target)) {
			return this.client;
		}
		close();
		this.client = this.contestant.open(target);
		this.target = target;
		return this.client;
	}

	@Override
	public void close() {
		if (this.client != null) {
			this.client.close();
			this.client = null;
		}
	}

}
