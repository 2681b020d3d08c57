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

package io.github.lettucepool.internal.shared;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;

import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.transport.FailedCommands;

/**
 * Finds the commands of a connection that wait too long for their reply, without a timer
 * for each.
 * <p>
 * Replies come in the order of the commands, so it is enough to note now and then which
 * command is the youngest. Once a note is older than the timeout, that command and all
 * before it are to be answered; those that are not have timed out. Nothing is counted, so
 * it does not matter who sends a command, or who cancels it. A command is found at most
 * two {@linkplain #interval intervals} after its timeout.
 * <p>
 * Not thread-safe.
 */
final class CommandExpiry {

	private static final Duration LONGEST_INTERVAL = Duration.ofMillis(500);

	private final Deque<Note> notes = new ArrayDeque<>();

	private Queue<RedisCommand<?, ?, ?>> underWay;

	/**
	 * Creates an expiry.
	 * @param underWay the commands that wait for their reply, in order
	 */
	CommandExpiry(Queue<RedisCommand<?, ?, ?>> underWay) {
		this.underWay = underWay;
	}

	/**
	 * Returns how often to look for expired commands.
	 * @param timeout the timeout
	 * @return the interval: a twentieth of it, 10 ms at least, 500 ms at most
	 */
	static Duration interval(Duration timeout) {
		return FailedCommands.lookInterval(timeout, LONGEST_INTERVAL);
	}

	/**
	 * Finds the commands that have waited for at least the timeout.
	 * @param now the time in nanoseconds
	 * @param timeout how long a command may wait
	 * @return the commands that are not done, the oldest first
	 */
	List<RedisCommand<?, ?, ?>> overdue(long now, Duration timeout) {
		Note youngest = null;
		for (Note note : this.notes) {
			if (now - note.time() < timeout.toNanos()) {
				break;
			}
			youngest = note;
		}
		RedisCommand<?, ?, ?> last = (youngest != null) ? youngest.command().get() : null;
		List<RedisCommand<?, ?, ?>> overdue = new ArrayList<>();
		if (last == null) {
			return overdue;
		}
		for (RedisCommand<?, ?, ?> command : this.underWay) {
			if (!command.isDone()) {
				overdue.add(command);
			}
			if (command == last) {
				return overdue;
			}
		}
		// The last of them has been answered, so all of them have.
		return List.of();
	}

	/**
	 * Notes what is under way, and forgets the notes that are older than the timeout.
	 * @param now the time in nanoseconds
	 * @param timeout how long a command may wait
	 */
	void note(long now, Duration timeout) {
		Note oldest;
		while ((oldest = this.notes.peek()) != null && now - oldest.time() >= timeout.toNanos()) {
			this.notes.remove();
		}
		RedisCommand<?, ?, ?> youngest = youngest();
		if (youngest != null) {
			this.notes.add(new Note(now, new WeakReference<>(youngest)));
		}
	}

	private @Nullable RedisCommand<?, ?, ?> youngest() {
		if (this.underWay instanceof Deque<RedisCommand<?, ?, ?>> deque) {
			return deque.peekLast();
		}
		RedisCommand<?, ?, ?> youngest = null;
		for (RedisCommand<?, ?, ?> command : this.underWay) {
			youngest = command;
		}
		return youngest;
	}

	/**
	 * Goes on with the commands that are under way now, wherever they are moved.
	 */
	void detach() {
		this.underWay = new ArrayDeque<>(this.underWay);
	}

	/**
	 * The commands under way that are not done.
	 * @return the commands, the oldest first
	 */
	List<RedisCommand<?, ?, ?>> pending() {
		List<RedisCommand<?, ?, ?>> pending = new ArrayList<>(this.underWay);
		pending.removeIf(RedisCommand::isDone);
		return pending;
	}

	/**
	 * The youngest command of a moment. It does not keep the command and its reply in
	 * memory.
	 *
	 * @param time the time in nanoseconds
	 * @param command the command
	 */
	private record Note(long time, WeakReference<RedisCommand<?, ?, ?>> command) {

	}

}
