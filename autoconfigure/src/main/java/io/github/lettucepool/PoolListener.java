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

package io.github.lettucepool;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Hears what happens in a pool's exclusive lane, for meters and the like.
 * <p>
 * An implementation must be thread-safe, must not block and must not throw: it is called
 * on the way of a borrow, on the threads of borrowers and of the event loop. What it
 * throws all the same is logged once and goes no further. Times are in nanoseconds, so
 * that nothing is allocated for them.
 */
public interface PoolListener {

	/**
	 * A listener that does nothing.
	 */
	PoolListener NONE = new PoolListener() {
	};

	/**
	 * A borrower has to wait, because no connection is ready for it. Called on the
	 * borrower's thread, when the wait begins.
	 * @return is told when the wait is over, or {@code null} if nobody wants to know
	 */
	default @Nullable Wait waiting() {
		return null;
	}

	/**
	 * A borrower got a connection.
	 * @param waitNanos how long the borrower waited for it, in nanoseconds
	 */
	default void borrowed(long waitNanos) {
	}

	/**
	 * A connection came back.
	 * @param usedNanos how long the borrower had it, in nanoseconds
	 */
	default void returned(long usedNanos) {
	}

	/**
	 * A connection was opened: an exclusive one, or a low-latency one.
	 * @param connectNanos how long connecting took, handshake included, in nanoseconds
	 */
	default void opened(long connectNanos) {
	}

	/**
	 * A connection could not be opened.
	 * @param cause what connecting failed with
	 */
	default void connectFailed(Throwable cause) {
	}

	/**
	 * A connection was closed: an exclusive one, or a low-latency one.
	 * @param reason why
	 */
	default void closed(CloseReason reason) {
	}

	/**
	 * A borrower gave up by itself before it had a connection: its thread was
	 * interrupted, or its subscriber cancelled.
	 * @param waitNanos how long the borrower had waited, in nanoseconds
	 */
	default void gaveUp(long waitNanos) {
	}

	/**
	 * A borrower waited for {@code max-wait} and got nothing.
	 */
	default void timedOut() {
	}

	/**
	 * A borrower was turned away at once, because {@code max-pending} borrowers were
	 * waiting already.
	 */
	default void rejected() {
	}

	/**
	 * A lease lasts longer than {@code leak-detection-threshold}. Called once for each
	 * lease.
	 * @param thread the name of the thread that borrowed the connection
	 * @param age how long it has had it
	 */
	default void leaked(String thread, Duration age) {
	}

	/**
	 * The pool's factory was destroyed: nothing more will happen.
	 */
	default void poolClosed() {
	}

	/**
	 * A wait under way.
	 */
	@FunctionalInterface
	interface Wait {

		/**
		 * The wait is over. Called once, on any thread.
		 * @param failure why the borrower got no connection, which is a
		 * {@link java.util.concurrent.CancellationException} if it gave up by itself, or
		 * {@code null} if it got one
		 */
		void ended(@Nullable Throwable failure);

	}

}
