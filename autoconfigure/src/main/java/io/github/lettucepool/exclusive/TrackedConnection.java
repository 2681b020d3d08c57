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

import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.driven.DrivenEventLoop;

/**
 * A connection that knows its own state, and that gives itself back when its borrower
 * closes it.
 */
interface TrackedConnection {

	/**
	 * What the connection's commands did to it.
	 * @return the tracker
	 */
	ConnectionTracker tracker();

	/**
	 * The event loop that the connection's user drives.
	 * @return the event loop; {@code null} if the connection has one of the ordinary kind
	 */
	default @Nullable DrivenEventLoop eventLoop() {
		return null;
	}

	/**
	 * Sets what happens when a borrower closes the connection.
	 * @param giveBack returns {@code true} if the connection was lent and is given back
	 * now, so that it must not be closed
	 */
	void onCloseByBorrower(GiveBack giveBack);

	/**
	 * Closes the connection for good.
	 * @return completes when it is closed
	 */
	CompletableFuture<Void> closeForGood();

	/**
	 * Takes a connection back from a borrower that closes it.
	 */
	@FunctionalInterface
	interface GiveBack {

		boolean giveBackIfLent();

	}

}
