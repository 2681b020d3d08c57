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

import java.time.Duration;

import io.lettuce.core.api.StatefulConnection;

import io.github.lettucepool.driven.DrivenEventLoop;

/**
 * Waits for the replies to all commands of a connection at once. A caller who waits for
 * one after the other is woken up and put to sleep again while they come in.
 */
public final class OutstandingReplies {

	private OutstandingReplies() {
	}

	/**
	 * Waits until every command has been answered or has failed. Returns at once for a
	 * connection that is not of the exclusive lane, and when the thread is interrupted,
	 * which it stays.
	 * @param connection the connection
	 * @param atMost for how long at most
	 */
	public static void await(StatefulConnection<?, ?> connection, Duration atMost) {
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
