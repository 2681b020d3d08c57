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

import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;

/**
 * A connection as the pool sees it: something with a life, which is opened, lent, looked
 * at, put in order and closed. The pool knows nothing else of it.
 * <p>
 * Nothing here waits: what takes time returns a future, which the pool bounds.
 */
public interface Lendable {

	/**
	 * Returns whether it can be used, as far as is known without asking the peer.
	 * @return {@code false} for good once it is closed or broken
	 */
	boolean isOpen();

	/**
	 * Returns whether it can do all that it is for.
	 * @return {@code false} if it was opened while its master was away, and only reads
	 */
	default boolean isComplete() {
		return true;
	}

	/**
	 * Looks whether the peer has closed it, where nobody watches it while it is idle.
	 * {@link #isOpen()} tells afterwards.
	 * @return {@code false} if only a {@linkplain #probe() probe} can tell
	 */
	boolean look();

	/**
	 * Asks the peer whether it is there. Any answer proves that it is.
	 * @return completes with the reason to close the connection, or with {@code null} if
	 * it is fit to be lent
	 */
	CompletableFuture<@Nullable CloseReason> probe();

	/**
	 * Says which thread is going to wait for replies.
	 * @param user the thread, or {@code null} if none will
	 */
	void usedBy(@Nullable Thread user);

	/**
	 * Looks at what a borrower left behind that cannot be put in order.
	 * @return the reason to close the connection, or {@code null}
	 */
	@Nullable CloseReason reasonToClose();

	/**
	 * Puts in order what a borrower left behind.
	 * @return completes, when the peer has answered, with the reason to close the
	 * connection, or with {@code null} if it is in order; {@code null} if there was
	 * nothing to do
	 */
	@Nullable CompletableFuture<@Nullable CloseReason> putInOrder();

	/**
	 * Says by which lease it is lent now. A borrower who closes the connection ends that
	 * lease instead.
	 * @param lease the lease, or {@code null} if it is not lent
	 */
	void lentBy(@Nullable Lease lease);

	/**
	 * Closes it, whoever has it.
	 * @return completes when it is closed
	 */
	CompletableFuture<Void> closeForGood();

}
