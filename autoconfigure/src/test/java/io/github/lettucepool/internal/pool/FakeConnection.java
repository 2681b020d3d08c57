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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;

/**
 * A connection to nowhere: a test says how it does, and sees what the pool does with it.
 */
final class FakeConnection implements Lendable {

	/** Its probes that were not answered yet. */
	final List<CompletableFuture<CloseReason>> probes = new ArrayList<>();

	/** The threads that said that they wait on it, {@code null} for none. */
	final List<@Nullable Thread> users = new ArrayList<>();

	boolean open = true;

	boolean complete = true;

	boolean silentlyClosed;

	boolean answersProbes = true;

	@Nullable CloseReason reasonToClose;

	@Nullable CompletableFuture<@Nullable CloseReason> order;

	/** What looking at it, putting it in order and closing it fail with. */
	@Nullable Error failure;

	CompletableFuture<Void> closing = CompletableFuture.completedFuture(null);

	volatile boolean closed;

	@Nullable Lease lease;

	/**
	 * Loses the connection.
	 */
	void lose() {
		this.open = false;
	}

	@Override
	public boolean isOpen() {
		return this.open && !this.closed;
	}

	@Override
	public boolean isComplete() {
		return this.complete;
	}

	@Override
	public boolean look() {
		failIfItShould();
		this.open &= !this.silentlyClosed;
		return true;
	}

	@Override
	public CompletableFuture<@Nullable CloseReason> probe() {
		if (this.answersProbes) {
			return CompletableFuture.completedFuture(null);
		}
		CompletableFuture<CloseReason> probe = new CompletableFuture<>();
		this.probes.add(probe);
		return probe;
	}

	@Override
	public void usedBy(@Nullable Thread user) {
		this.users.add(user);
	}

	@Override
	public @Nullable CloseReason reasonToClose() {
		return this.reasonToClose;
	}

	@Override
	public @Nullable CompletableFuture<@Nullable CloseReason> putInOrder() {
		failIfItShould();
		return this.order;
	}

	private void failIfItShould() {
		if (this.failure != null) {
			throw this.failure;
		}
	}

	@Override
	public void lentBy(@Nullable Lease lease) {
		this.lease = lease;
	}

	@Override
	public CompletableFuture<Void> closeForGood() {
		this.closed = true;
		failIfItShould();
		return this.closing;
	}

}
