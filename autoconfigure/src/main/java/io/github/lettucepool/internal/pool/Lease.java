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

package io.github.lettucepool.internal.pool;

import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;

/**
 * A borrow under way: who has a connection, and since when. It ends once, whoever ends
 * it. Thread-safe.
 */
public final class Lease {

	private final Leases leases;

	private final PooledConnection connection;

	private final Borrower borrower;

	private final long startNanos;

	private final AtomicBoolean ended = new AtomicBoolean();

	private volatile boolean reported;

	private volatile @Nullable WeakReference<Object> user;

	private volatile boolean seen = true;

	Lease(Leases leases, PooledConnection connection, Borrower borrower, long now) {
		this.leases = leases;
		this.connection = connection;
		this.borrower = borrower;
		this.startNanos = now;
	}

	/**
	 * The connection that is lent.
	 * @return the connection
	 */
	public Lendable connection() {
		return this.connection.connection();
	}

	/**
	 * Says through which object the borrower uses the connection. Should that become
	 * garbage before the lease has ended, the pool ends it and closes the connection.
	 * @param user the object, which is not kept from being garbage
	 */
	public void usedThrough(Object user) {
		this.user = new WeakReference<>(user);
	}

	/**
	 * Says through which object the borrower is going to use the connection, should it
	 * take it: a subscriber may cancel in the very instant in which it arrives.
	 * @param handle the object, which is not kept from being garbage
	 */
	public void handedTo(Object handle) {
		this.seen = false;
		usedThrough(handle);
	}

	/**
	 * Says that the borrower has taken the connection.
	 */
	public void seen() {
		if (!this.seen) {
			this.seen = true;
		}
	}

	boolean isSeen() {
		return this.seen;
	}

	/**
	 * Gives the connection back. Does not wait.
	 * @return {@code false} if the lease has ended before
	 */
	public boolean end() {
		if (!endNow()) {
			return false;
		}
		this.leases.ended(this);
		return true;
	}

	/**
	 * Ends the lease, and leaves the connection to the caller.
	 * @return {@code false} if the lease has ended before
	 */
	boolean endNow() {
		return this.ended.compareAndSet(false, true);
	}

	/**
	 * Ends the lease if nobody can end it any more.
	 * @return whether it ended now
	 */
	boolean endIfForgotten() {
		WeakReference<Object> user = this.user;
		return user != null && user.get() == null && endNow();
	}

	boolean isOf(Leases leases) {
		return this.leases == leases;
	}

	PooledConnection pooled() {
		return this.connection;
	}

	Borrower borrower() {
		return this.borrower;
	}

	long ageNanos(long now) {
		// It may have begun after its observer looked at the clock.
		return Math.max(0, now - this.startNanos);
	}

	boolean isReported() {
		return this.reported;
	}

	void markReported() {
		this.reported = true;
	}

	/**
	 * The borrower.
	 *
	 * @param thread the thread that asked; the connection may arrive on another one
	 * @param stack where it asked, or {@code null} if nobody looks for leaks
	 */
	record Borrower(Thread thread, @Nullable Throwable stack) {

		static Borrower current(boolean withStack) {
			return new Borrower(Thread.currentThread(), withStack ? new Throwable("Borrowed here") : null);
		}

		/**
		 * The name of the thread. A thread without one, as virtual threads are, is told
		 * by its number.
		 */
		@SuppressWarnings("deprecation") // Thread.threadId() is newer than Java 17.
		String threadName() {
			String name = this.thread.getName();
			return name.isEmpty() ? "#" + this.thread.getId() : name;
		}

	}

}
