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

package io.github.lettucepool.shared;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Queue;

import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.protocol.RedisCommand;

/**
 * Finds the commands of a connection that wait too long for their reply, without a timer
 * for each.
 * <p>
 * Replies come in the order of the commands, so it is enough to note now and then how
 * many commands were sent so far. Once a note is older than the timeout, all commands
 * that were sent before it are to be answered; those that are not have timed out. A
 * command is found between its timeout and a tenth of it later (at least 10 ms, at most 1
 * s).
 * <p>
 * Not thread-safe: for the event loop of the connection.
 */
final class CommandExpiry {

	private final Queue<RedisCommand<?, ?, ?>> underWay;

	private final Deque<Note> notes = new ArrayDeque<>();

	private long sent;

	/**
	 * Creates an expiry.
	 * @param underWay the commands that wait for their reply, in order
	 */
	CommandExpiry(Queue<RedisCommand<?, ?, ?>> underWay) {
		this.underWay = underWay;
	}

	/**
	 * Begins to count; what is under way now is taken as sent now.
	 */
	void start() {
		this.notes.clear();
		this.sent = this.underWay.size();
	}

	/**
	 * How often to look for expired commands.
	 * @param timeout the timeout
	 * @return the interval
	 */
	static Duration interval(Duration timeout) {
		return Duration.ofMillis(Math.max(10, Math.min(1000, timeout.toMillis() / 10)));
	}

	/**
	 * Says that commands were sent.
	 * @param count how many
	 */
	void sent(int count) {
		this.sent += count;
	}

	/**
	 * Expires what waits too long, and notes what was sent until now.
	 * @param now the time in nanoseconds
	 * @param timeout how long a command may wait
	 */
	void expire(long now, Duration timeout) {
		long overdue = 0;
		Note note;
		while ((note = this.notes.peek()) != null && now - note.time() >= timeout.toNanos()) {
			overdue = note.sent();
			this.notes.remove();
		}
		long answered = this.sent - this.underWay.size();
		Iterator<RedisCommand<?, ?, ?>> commands = this.underWay.iterator();
		for (long i = answered; i < overdue && commands.hasNext(); i++) {
			expire(commands.next(), timeout);
		}
		Note last = this.notes.peekLast();
		if (last == null || last.sent() != this.sent) {
			this.notes.add(new Note(now, this.sent));
		}
	}

	/**
	 * Lets a command time out, if it is not answered.
	 * @param command the command
	 * @param timeout how long it had
	 */
	static void expire(RedisCommand<?, ?, ?> command, Duration timeout) {
		if (!command.isDone()) {
			command.completeExceptionally(new RedisCommandTimeoutException(
					"%s timed out after %d ms".formatted(command.getType(), timeout.toMillis())));
		}
	}

	/**
	 * What had been sent at a time.
	 *
	 * @param time the time in nanoseconds
	 * @param sent the number of commands
	 */
	private record Note(long time, long sent) {

	}

}
