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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;

/**
 * The right to have a connection: one permit for each of {@code max-size}, and one queue
 * of those that wait, blocking and asynchronous alike.
 * <p>
 * <b>Order.</b> A strict queue hands each permit to the one who has waited for longest.
 * That costs two thread switches for every borrow, because the next in line has to wake
 * up before anything happens, while the thread that just gave a permit back is running
 * and often wants the next one. So, unless {@code fair} is set, a running thread may take
 * a free permit past the queue, as an unfair lock allows; but only as long as the head of
 * the queue has not waited for {@value #PATIENCE_MICROS} microseconds for each in the
 * queue, or for {@value #LONGEST_PATIENCE_MICROS} in all. After that the permits go to
 * the queue in order until its head is young again: ten thousand a second, unless more
 * than 150 wait. While waiters are regularly overtaken, they are not woken for nothing
 * ({@link Overtaking}). This has the throughput of the unfair queue and bounds what it
 * does to the slowest waiters. Asynchronous waiters have no thread that could come back
 * and try again, so they are always handed their permit in order.
 * <p>
 * Why it is safe:
 * <ul>
 * <li><b>A free permit and a waiter do not stay side by side.</b> {@link #available} is
 * changed by compare-and-set and may be taken without the lock. A waiter is added and
 * taken out under the lock. A permit that is given back while nobody waits is added first
 * and the queue is looked at afterwards; a waiter enters the queue first and looks at the
 * permits afterwards. So one of the two sees the other. While overtaking is expected the
 * queue is not looked at, and a guard does it instead; who gives a permit back looks
 * himself if that has just ended.</li>
 * <li><b>No wake-up is lost.</b> A permit wakes one waiter. Should that one leave for
 * another reason, because its time is over or it is interrupted, or should it find two
 * permits where it takes one, it wakes the next.</li>
 * <li><b>No permit is lost or doubled.</b> A waiter is granted its permit, or leaves
 * without one, under the lock: one of the two, once. Who finds that it was granted one
 * just when it is interrupted, or when it has taken another, gives it back; so does the
 * clock, for a future that was cancelled in between.</li>
 * </ul>
 */
final class PermitQueue {

	/**
	 * How long the head of the queue can be passed by, for each that waits. Half of it
	 * halves the longest waits, and costs up to an eighth of the throughput.
	 */
	private static final long PATIENCE_MICROS = 100;

	private static final long LONGEST_PATIENCE_MICROS = 15_000;

	private final boolean fair;

	private final int maxPending;

	private final PoolClock clock;

	private final AtomicInteger available;

	private final Lock lock = new ReentrantLock();

	private final ArrayDeque<Waiter> waiters = new ArrayDeque<>();

	private final Overtaking overtaking;

	private volatile int pending;

	private volatile boolean canBeOvertaken;

	private volatile long headSinceNanos;

	// Since when the queue has not been empty; means nothing while it is.
	private volatile long queuedSinceNanos;

	private volatile boolean suspended;

	/**
	 * Creates the queue.
	 * @param permits how many may have a connection
	 * @param maxPending how many may wait
	 * @param fair whether permits go out strictly in order
	 * @param clock the time; completes the futures of asynchronous waiters, so that their
	 * callbacks do not run on the thread of whoever gives a permit back
	 */
	PermitQueue(int permits, int maxPending, boolean fair, PoolClock clock) {
		this.available = new AtomicInteger(permits);
		this.maxPending = maxPending;
		this.fair = fair;
		this.clock = clock;
		this.overtaking = new Overtaking(clock, this::wakeHead);
	}

	/**
	 * Takes a permit if that needs no waiting.
	 * @return whether there was one
	 */
	boolean tryAcquire() {
		return !(this.fair && this.pending > 0) && take();
	}

	/**
	 * Waits for a permit.
	 * @param timeoutNanos for how long; negative: for ever
	 * @param whileMoving whether the time begins anew as long as the queue moves
	 * @return whether a permit was obtained in time
	 * @throws RejectedException if too many wait already
	 * @throws InterruptedException if the thread is interrupted; no permit is held then
	 */
	boolean acquire(long timeoutNanos, boolean whileMoving) throws InterruptedException {
		Waiter waiter = new Waiter(Thread.currentThread(), null);
		enter(waiter);
		long start = waiter.sinceNanos;
		long head = this.headSinceNanos;
		while (!waiter.granted) {
			boolean signalled = waiter.signalled;
			waiter.signalled = false;
			if (!this.fair && take()) {
				if (signalled) {
					this.overtaking.end();
				}
				leaveToOthers(waiter);
				return true;
			}
			if (signalled) {
				this.overtaking.wokenInVain();
			}
			long left = timeoutNanos - (this.clock.nanos() - start);
			if (whileMoving && left <= 0 && this.headSinceNanos != head) {
				head = this.headSinceNanos;
				start = this.clock.nanos();
				left = timeoutNanos;
			}
			if (timeoutNanos >= 0 && left <= 0) {
				if (!leave(waiter)) {
					return true;
				}
				// A permit may have come back for this waiter since it last looked.
				wakeHead();
				return false;
			}
			this.clock.park(this, (timeoutNanos >= 0) ? left : -1);
			if (Thread.interrupted()) {
				leaveToOthers(waiter);
				throw new InterruptedException();
			}
		}
		return true;
	}

	/**
	 * Waits for a permit without blocking. Cancelling the future, or completing it
	 * otherwise, leaves the queue.
	 * @return completes, on the executor, when the permit is held
	 * @throws RejectedException if too many wait already
	 */
	CompletableFuture<Void> acquireAsync() {
		CompletableFuture<Void> future = new CompletableFuture<>();
		Waiter waiter = new Waiter(null, future);
		enter(waiter);
		future.whenComplete((ignored, ex) -> {
			if (ex != null) {
				leave(waiter);
			}
		});
		return future;
	}

	/**
	 * Gives a permit back.
	 */
	void release() {
		if (this.overtaking.isExpected() && isHeadYoung()) {
			this.available.incrementAndGet();
			if (!this.overtaking.isExpected()) {
				// It ended in between, and the guard has looked for the last time.
				wakeHead();
			}
			return;
		}
		if (this.pending == 0) {
			this.available.incrementAndGet();
			if (this.pending > 0) {
				wakeHead();
			}
			return;
		}
		this.lock.lock();
		try {
			Waiter head = this.waiters.peek();
			if (head != null && mustBeServed(head) && !this.suspended && this.available.get() >= 0) {
				// Handed over without becoming free: nobody can take it in between.
				serve(head);
				return;
			}
			this.available.incrementAndGet();
			wakeHead();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Changes the number of permits. Fewer take effect as permits are given back.
	 * @param difference how many more, or fewer
	 */
	void resize(int difference) {
		this.available.addAndGet(difference);
		grantAvailable();
	}

	void suspend() {
		this.suspended = true;
	}

	void resume() {
		this.suspended = false;
		grantAvailable();
	}

	boolean isSuspended() {
		return this.suspended;
	}

	/**
	 * Returns how many wait.
	 * @return the number
	 */
	int pending() {
		return this.pending;
	}

	/**
	 * For how long the queue has not been empty.
	 * @return the time in nanoseconds, 0 if nobody waits
	 */
	long queuedNanos() {
		return (this.pending > 0) ? this.clock.nanos() - this.queuedSinceNanos : 0;
	}

	private boolean take() {
		if (this.suspended) {
			return false;
		}
		int current = this.available.get();
		while (current > 0) {
			if (this.available.compareAndSet(current, current - 1)) {
				return true;
			}
			current = this.available.get();
		}
		return false;
	}

	private void enter(Waiter waiter) {
		// Without the lock, which those who are served need too.
		ensureRoom();
		this.lock.lock();
		try {
			ensureRoom();
			if (this.waiters.isEmpty()) {
				this.queuedSinceNanos = waiter.sinceNanos;
			}
			this.waiters.add(waiter);
			changed();
		}
		finally {
			this.lock.unlock();
		}
		if (this.fair || waiter.future != null) {
			grantAvailable();
		}
	}

	private void ensureRoom() {
		if (this.pending >= this.maxPending) {
			throw new RejectedException(this.maxPending);
		}
	}

	/**
	 * Leaves the queue.
	 * @return {@code false} if the permit had been granted already
	 */
	private boolean leave(Waiter waiter) {
		this.lock.lock();
		try {
			if (waiter.granted) {
				return false;
			}
			this.waiters.remove(waiter);
			changed();
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Leaves the queue, and a permit that came back for this waiter to the others.
	 */
	private void leaveToOthers(Waiter waiter) {
		if (leave(waiter)) {
			// Two permits may have come back for one wake-up.
			wakeHead();
		}
		else {
			release();
		}
	}

	private void changed() {
		Waiter head = this.waiters.peek();
		this.pending = this.waiters.size();
		this.canBeOvertaken = head != null && !this.fair && head.future == null;
		this.headSinceNanos = (head != null) ? head.sinceNanos : 0;
	}

	/**
	 * Without the lock, so it may be about a head that was served just now.
	 */
	private boolean isHeadYoung() {
		return this.canBeOvertaken && !isTooOld(this.headSinceNanos);
	}

	private boolean isTooOld(long sinceNanos) {
		long micros = Math.min(this.pending * PATIENCE_MICROS, LONGEST_PATIENCE_MICROS);
		return this.clock.nanos() - sinceNanos > micros * 1_000;
	}

	private boolean mustBeServed(Waiter head) {
		return this.fair || head.future != null || head.isImpatient();
	}

	/**
	 * Sees to it that a free permit and a waiter do not stay side by side.
	 */
	private void wakeHead() {
		this.lock.lock();
		try {
			Waiter head = this.waiters.peek();
			if (head == null) {
				this.overtaking.end();
				return;
			}
			if (this.suspended || this.available.get() <= 0) {
				return;
			}
			if (mustBeServed(head)) {
				grantInOrder();
			}
			else if (!head.signalled) {
				head.signalled = true;
				this.clock.unpark(head.thread);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void grantAvailable() {
		this.lock.lock();
		try {
			grantInOrder();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void grantInOrder() {
		while (!this.waiters.isEmpty() && take()) {
			serve(this.waiters.element());
		}
	}

	private void serve(Waiter head) {
		this.waiters.remove(head);
		changed();
		head.grant();
	}

	/**
	 * Somebody who waits: a thread or a future.
	 */
	private final class Waiter {

		private final @Nullable Thread thread;

		private final @Nullable CompletableFuture<Void> future;

		private final long sinceNanos = PermitQueue.this.clock.nanos();

		private volatile boolean granted;

		private volatile boolean signalled;

		private Waiter(@Nullable Thread thread, @Nullable CompletableFuture<Void> future) {
			this.thread = thread;
			this.future = future;
		}

		private boolean isImpatient() {
			return isTooOld(this.sinceNanos);
		}

		private void grant() {
			this.granted = true;
			CompletableFuture<Void> future = this.future;
			if (future == null) {
				PermitQueue.this.clock.unpark(this.thread);
				return;
			}
			PermitQueue.this.clock.execute(() -> {
				if (!future.complete(null)) {
					release();
				}
			});
		}

	}

	/**
	 * As many wait as may wait.
	 */
	static final class RejectedException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		private RejectedException(int maxPending) {
			super(maxPending + " borrowers are waiting already", null, false, false);
		}

	}

}
