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

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

/**
 * A server whose connections are opened at once, fail at once, or when a test says so.
 */
final class FakeServer {

	/** All that were opened, in order. */
	final List<FakeConnection> opened = new ArrayList<>();

	/** The attempts under way, in order. */
	final Deque<CompletableFuture<Lendable>> attempts = new ArrayDeque<>();

	/** How many attempts there were. */
	int begun;

	/** How many there were at the same time at most. */
	int mostAtATime;

	boolean slow;

	boolean withoutMaster;

	@Nullable RuntimeException down;

	CompletableFuture<Lendable> open() {
		this.begun++;
		CompletableFuture<Lendable> attempt = new CompletableFuture<>();
		this.attempts.add(attempt);
		this.mostAtATime = Math.max(this.mostAtATime, this.attempts.size());
		if (this.down != null) {
			fail(this.down);
		}
		else if (!this.slow) {
			succeed();
		}
		return attempt;
	}

	/**
	 * Ends the oldest attempt well.
	 * @return the new connection
	 */
	FakeConnection succeed() {
		FakeConnection connection = new FakeConnection();
		connection.complete = !this.withoutMaster;
		this.opened.add(connection);
		this.attempts.remove().complete(connection);
		return connection;
	}

	void fail(RuntimeException cause) {
		this.attempts.remove().completeExceptionally(cause);
	}

}
