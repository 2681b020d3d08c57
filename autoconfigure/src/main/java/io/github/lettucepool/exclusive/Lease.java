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

package io.github.lettucepool.exclusive;

import java.lang.ref.WeakReference;
import java.util.function.BooleanSupplier;

import org.jspecify.annotations.Nullable;

/**
 * A borrow under way: who has a connection, and since when.
 */
final class Lease {

	private final Thread thread;

	private final @Nullable Throwable stack;

	private long startNanos;

	private volatile boolean reported;

	private volatile @Nullable WeakReference<Object> user;

	private volatile BooleanSupplier used = () -> true;

	/**
	 * Prepares a lease of the current thread.
	 * @param withStack whether to remember the borrower's stack, which costs some
	 * microseconds
	 */
	Lease(boolean withStack) {
		this.thread = Thread.currentThread();
		this.stack = withStack ? new Throwable("Borrowed here") : null;
	}

	/**
	 * Starts the lease, before other threads see it.
	 * @param now the current time in nanoseconds
	 */
	void start(long now) {
		this.startNanos = now;
	}

	/**
	 * The name of the borrower's thread; one without a name, as virtual threads are, is
	 * told by its number.
	 * @return the name
	 */
	@SuppressWarnings("deprecation") // Thread.threadId() is newer than Java 17.
	String threadName() {
		String name = this.thread.getName();
		return name.isEmpty() ? "#" + this.thread.getId() : name;
	}

	/**
	 * Says through which object the borrower uses the connection.
	 * @param user the object, which is not kept from being garbage
	 * @param used whether it has used the connection; must not know the object
	 */
	void usedThrough(Object user, BooleanSupplier used) {
		this.used = used;
		this.user = new WeakReference<>(user);
	}

	/**
	 * Whether the borrower may have used the connection.
	 * @return {@code false} if it has not even seen it
	 */
	boolean isUsed() {
		return this.used.getAsBoolean();
	}

	/**
	 * Whether nobody can give the connection back any more.
	 * @return {@code true} if the object that the connection was used through is garbage
	 */
	boolean isForgotten() {
		WeakReference<Object> user = this.user;
		return user != null && user.get() == null;
	}

	long ageNanos(long now) {
		// It may have begun after its observer looked at the clock.
		return Math.max(0, now - this.startNanos);
	}

	@Nullable Throwable stack() {
		return this.stack;
	}

	boolean isReported() {
		return this.reported;
	}

	void markReported() {
		this.reported = true;
	}

}
