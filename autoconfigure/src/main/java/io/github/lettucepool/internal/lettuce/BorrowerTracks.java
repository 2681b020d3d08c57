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

package io.github.lettucepool.internal.lettuce;

import java.time.Duration;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.protocol.ReadOnlyCommands.ReadOnlyPredicate;

import io.github.lettucepool.internal.driven.DrivenEventLoop;

/**
 * The traces of a borrower on its connection so far.
 */
public final class BorrowerTracks {

	private BorrowerTracks() {
	}

	/**
	 * Returns whether a later borrower would inherit anything: a transaction, watched
	 * keys, another database, commands that are not flushed, or what cannot be put in
	 * order. Until that is over, a command that goes over another connection would miss
	 * it.
	 * @param connection the connection
	 * @return whether there is such a thing
	 */
	public static boolean isLeft(StatefulConnection<?, ?> connection) {
		return connection instanceof TrackedConnection tracked && tracked.tracker().isMarked();
	}

	/**
	 * The commands that may go to a replica: none that belong to what has been left at
	 * the master.
	 * @param readOnly knows the commands that only read
	 * @return tells of a command of the exclusive lane
	 */
	public static ReadOnlyPredicate replicable(ReadOnlyPredicate readOnly) {
		return (command) -> !(command instanceof TrackedCommand<?, ?, ?> tracked && tracked.isMarked())
				&& readOnly.isReadOnly(command);
	}

	/**
	 * Waits until every command has been answered or has failed: a caller who waits for
	 * one after the other is woken up and put to sleep again while they come in. Returns
	 * at once for a connection that is not of the exclusive lane, and when the thread is
	 * interrupted, which it stays.
	 * @param connection the connection
	 * @param atMost for how long at most
	 */
	public static void awaitReplies(StatefulConnection<?, ?> connection, Duration atMost) {
		if (connection instanceof TrackedConnection tracked) {
			DrivenEventLoop eventLoop = tracked.eventLoop();
			if (eventLoop == null) {
				tracked.tracker().awaitReplies(atMost.toNanos());
				return;
			}
			try {
				eventLoop.drive(() -> !tracked.tracker().isReplyOutstanding(), atMost.toNanos());
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}
	}

}
