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

package io.github.lettucepool.internal.shared;

import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The attempt to open the shared lane. It lasts until the lane is reset, since whatever
 * is lost is opened again. Thread-safe.
 */
final class Opening {

	private final CompletableFuture<Void> first = new CompletableFuture<>();

	private final CompletableFuture<Void> all = new CompletableFuture<>();

	private final Queue<CompletableFuture<Void>> underWay = new ConcurrentLinkedQueue<>();

	private final AtomicInteger missing;

	private final AtomicInteger waiting = new AtomicInteger();

	// Guarded by this.
	private CompletableFuture<Void> last = this.first;

	Opening(int size) {
		this.missing = new AtomicInteger(size);
	}

	/**
	 * Completes when one connection is open, or with the first error.
	 */
	CompletableFuture<Void> first() {
		return this.first;
	}

	/**
	 * Returns whether no connection is open and none has failed, or actions that waited
	 * for that are still to be done.
	 */
	boolean isAwaited() {
		return !this.first.isDone() || this.waiting.get() > 0;
	}

	/**
	 * Does something when one connection is open or has failed, in the order of the
	 * calls.
	 */
	synchronized void afterFirst(Runnable action) {
		this.waiting.incrementAndGet();
		this.last = this.last.handle((ignored, ex) -> {
			try {
				action.run();
				return null;
			}
			finally {
				this.waiting.decrementAndGet();
			}
		});
	}

	/**
	 * Completes when all connections are open, or with the first error.
	 */
	CompletableFuture<Void> all() {
		return this.all;
	}

	/**
	 * A connection begins to be opened.
	 * @return to be completed when it is open or has failed
	 */
	CompletableFuture<Void> oneStarted() {
		CompletableFuture<Void> ended = new CompletableFuture<>();
		this.underWay.removeIf(CompletableFuture::isDone);
		this.underWay.add(ended);
		return ended;
	}

	/**
	 * Completes when nothing is being opened any more. A client that is shut down
	 * meanwhile would leave the socket open.
	 */
	CompletableFuture<Void> ended() {
		return CompletableFuture.allOf(this.underWay.toArray(CompletableFuture[]::new));
	}

	void oneOpened() {
		this.first.complete(null);
		if (this.missing.decrementAndGet() == 0) {
			this.all.complete(null);
		}
	}

	void oneFailed(Throwable cause) {
		this.first.completeExceptionally(cause);
		this.all.completeExceptionally(cause);
	}

}
