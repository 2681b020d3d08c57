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

package io.github.lettucepool.internal.transport;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.protocol.CompleteableCommand;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the commands in order that a thread sends over several connections without
 * waiting for the replies. While one is under way, those that the thread sends after it
 * take the same connection; then the thread is free to choose another one.
 * <p>
 * A thread that waits for each of its commands needs no order and leaves nothing here. It
 * only asks {@link #connection}, which is a look at a map that is empty. So is a thread
 * local for a thread that sets it; but one that merely asks, as a virtual thread with a
 * single command does, would be given a map of its own.
 * <p>
 * Thread-safe. Only its own thread, or another one at a time in its place, adds to a
 * course; replies, on any thread, take away. One that has come to nothing is not used
 * again.
 */
public final class SendOrder {

	private final ConcurrentMap<Thread, Course> courses = new ConcurrentHashMap<>();

	/**
	 * The connection that a thread has to use.
	 * @param thread the thread that sends
	 * @return the connection; {@code null} if nothing is under way that the thread does
	 * not wait for, or if the connection is lost
	 */
	public @Nullable StatefulConnection<?, ?> connection(Thread thread) {
		Course course = this.courses.get(thread);
		return (course != null && course.connection.isOpen()) ? course.connection : null;
	}

	/**
	 * A thread sends a command and does not wait for it.
	 * @param thread the thread
	 * @param connection where it sends the command
	 * @param command the command
	 */
	public void underWay(Thread thread, StatefulConnection<?, ?> connection, RedisCommand<?, ?, ?> command) {
		if (command instanceof CompleteableCommand<?> completeable) {
			Course course = this.courses.get(thread);
			if (course == null || course.connection != connection || !course.isJoined()) {
				course = new Course(thread, connection);
				this.courses.put(thread, course);
			}
			completeable.onComplete(course);
		}
	}

	/**
	 * A connection is lost. Those who had commands there choose anew: a command that is
	 * cancelled while it waits to be sent again is never heard of.
	 * @param connection the connection, which may be opened again
	 */
	public void lost(StatefulConnection<?, ?> connection) {
		this.courses.values().removeIf((course) -> course.connection == connection);
	}

	/**
	 * The commands under way of one thread on one connection, and what is called at the
	 * end of each.
	 */
	private final class Course extends AtomicInteger implements BiConsumer<@Nullable Object, @Nullable Throwable> {

		private static final long serialVersionUID = 1;

		private final transient Thread thread;

		private final transient StatefulConnection<?, ?> connection;

		private Course(Thread thread, StatefulConnection<?, ?> connection) {
			super(1);
			this.thread = thread;
			this.connection = connection;
		}

		private boolean isJoined() {
			return getAndUpdate((underWay) -> (underWay > 0) ? underWay + 1 : 0) > 0;
		}

		@Override
		public void accept(@Nullable Object result, @Nullable Throwable failure) {
			if (decrementAndGet() == 0) {
				SendOrder.this.courses.remove(this.thread, this);
			}
		}

	}

}
