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
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Remembers what a pool tells its listeners.
 */
final class PoolEvents implements PoolListener {

	private final AtomicInteger borrowed = new AtomicInteger();

	private final AtomicInteger returned = new AtomicInteger();

	private final AtomicInteger opened = new AtomicInteger();

	private final AtomicInteger connectsFailed = new AtomicInteger();

	private final AtomicInteger timedOut = new AtomicInteger();

	private final AtomicInteger rejected = new AtomicInteger();

	private final Queue<CloseReason> closed = new ConcurrentLinkedQueue<>();

	private final Queue<String> leaked = new ConcurrentLinkedQueue<>();

	private final Queue<Thread> connectThreads = new ConcurrentLinkedQueue<>();

	@Override
	public void borrowed(long waitNanos) {
		this.borrowed.incrementAndGet();
	}

	@Override
	public void returned(long usedNanos) {
		this.returned.incrementAndGet();
	}

	@Override
	public void opened(long connectNanos) {
		this.opened.incrementAndGet();
		this.connectThreads.add(Thread.currentThread());
	}

	@Override
	public void connectFailed(Throwable cause) {
		this.connectsFailed.incrementAndGet();
		this.connectThreads.add(Thread.currentThread());
	}

	@Override
	public void closed(CloseReason reason) {
		this.closed.add(reason);
	}

	@Override
	public void timedOut() {
		this.timedOut.incrementAndGet();
	}

	@Override
	public void rejected() {
		this.rejected.incrementAndGet();
	}

	@Override
	public void leaked(String thread, Duration age) {
		this.leaked.add(thread);
	}

	int borrowedCount() {
		return this.borrowed.get();
	}

	int returnedCount() {
		return this.returned.get();
	}

	int openedCount() {
		return this.opened.get();
	}

	int connectsFailedCount() {
		return this.connectsFailed.get();
	}

	int timedOutCount() {
		return this.timedOut.get();
	}

	int rejectedCount() {
		return this.rejected.get();
	}

	/**
	 * Why connections were closed, in order.
	 * @return a reason for each
	 */
	List<CloseReason> closeReasons() {
		return List.copyOf(this.closed);
	}

	int closedFor(CloseReason reason) {
		return Collections.frequency(this.closed, reason);
	}

	/**
	 * The threads that were reported as keeping a connection for too long.
	 * @return the names of the threads
	 */
	List<String> leakingThreads() {
		return List.copyOf(this.leaked);
	}

	/**
	 * The threads on which attempts to connect ended.
	 * @return the threads
	 */
	List<Thread> connectingThreads() {
		return List.copyOf(this.connectThreads);
	}

}
