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

package io.github.lettucepool.internal.driven;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.FastThreadLocalThread;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Drives the event loops of a pool while nobody else does: during the handshake, while
 * their connections are idle, and where a borrower does not wait for what it has sent. A
 * thread that goes from one to the next and never waits at any of them. It comes round
 * five thousand times a second while there is something to do, fifty times while callers
 * drive, and four times while nothing happens.
 * <p>
 * Thread-safe.
 */
public final class IdleDriver implements AutoCloseable {

	private static final long HOT_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

	private static final long HOT_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

	private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

	private static final long AWAKE_NANOS = TimeUnit.SECONDS.toNanos(1);

	private static final long DOZE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

	private static final Log logger = LogFactory.getLog(IdleDriver.class);

	private final ThreadFactory threads;

	private final Set<DrivenEventLoop> loops = ConcurrentHashMap.newKeySet();

	private volatile @Nullable Thread thread;

	private volatile boolean called;

	private volatile boolean dozing;

	private volatile boolean closed;

	// The thread's own.
	private long foundNanos;

	private long drivenNanos;

	private long turns;

	/**
	 * Creates a driver, whose thread starts with the first connection. The thread is of
	 * the kind of event loops: what it calls back gets connections that others drive.
	 * @param name the name of the thread
	 */
	public IdleDriver(String name) {
		this((runnable) -> new FastThreadLocalThread(runnable, name));
	}

	IdleDriver(ThreadFactory threads) {
		this.threads = threads;
	}

	/**
	 * Makes an event loop for one connection. It needs no closing if no connection is
	 * registered with it, and ends with its connection else.
	 * @return the event loop
	 */
	public IoEventLoop newEventLoop() {
		return new DrivenEventLoop(this, false);
	}

	/**
	 * Makes an event loop for connections that come and go. It has to be shut down, and
	 * ends when the last of them is closed after that.
	 * @return the event loop
	 */
	public DrivenEventLoop newLastingEventLoop() {
		return new DrivenEventLoop(this, true);
	}

	/**
	 * Returns how many event loops there are, each with a selector.
	 * @return the number
	 */
	public int size() {
		return this.loops.size();
	}

	void add(DrivenEventLoop loop) {
		this.loops.add(loop);
		try {
			startIfNecessary();
		}
		catch (RuntimeException | Error ex) {
			this.loops.remove(loop);
			throw ex;
		}
		wake();
	}

	private synchronized void startIfNecessary() {
		Thread current = this.thread;
		if (current == null || !current.isAlive()) {
			Thread thread = this.threads.newThread(this::run);
			thread.setDaemon(true);
			thread.start();
			this.thread = thread;
		}
	}

	/**
	 * A loop that is added now finds the thread gone, or keeps it going.
	 */
	private synchronized boolean isNeeded() {
		boolean needed = !this.closed || !this.loops.isEmpty();
		if (!needed) {
			this.thread = null;
		}
		return needed;
	}

	/**
	 * Makes the driver come round now.
	 */
	void wake() {
		if (!this.called) {
			this.called = true;
			LockSupport.unpark(this.thread);
		}
	}

	/**
	 * Returns whether it will not come round soon.
	 * @return {@code true} if nothing has happened for a while
	 */
	boolean isDozing() {
		return this.dozing;
	}

	private void run() {
		this.foundNanos = System.nanoTime();
		this.drivenNanos = this.foundNanos;
		while (isNeeded()) {
			try {
				goRound();
			}
			catch (RuntimeException | Error ex) {
				// There is no memory to say so, perhaps, which passes.
			}
			pause();
		}
	}

	private void goRound() {
		// Who is called back may have interrupted the thread, which would never pause.
		Thread.interrupted();
		boolean found = this.called;
		this.called = false;
		long turnsNow = 0;
		for (DrivenEventLoop loop : this.loops) {
			found |= look(loop);
			turnsNow += loop.turns();
		}
		this.loops.removeIf(DrivenEventLoop::isTerminated);
		long now = System.nanoTime();
		this.foundNanos = found ? now : this.foundNanos;
		this.drivenNanos = (found || turnsNow != this.turns) ? now : this.drivenNanos;
		this.turns = turnsNow;
	}

	/**
	 * Whatever happens to one connection, the others must go on, and so must this one:
	 * nobody else would close it.
	 */
	private boolean look(DrivenEventLoop loop) {
		try {
			return loop.lookIdle();
		}
		catch (RuntimeException | Error ex) {
			if (loop.isFirstFailure()) {
				logger.warn("Failed to look after an idle connection, and goes on trying", ex);
			}
			return false;
		}
	}

	private void pause() {
		long now = System.nanoTime();
		long nanos = DOZE_NANOS;
		if (now - this.foundNanos < HOT_NANOS) {
			nanos = HOT_PAUSE_NANOS;
		}
		else if (now - this.drivenNanos < AWAKE_NANOS) {
			nanos = PAUSE_NANOS;
		}
		this.dozing = nanos == DOZE_NANOS;
		if (!this.called) {
			LockSupport.parkNanos(this, nanos);
		}
	}

	/**
	 * Ends the thread as soon as the last connection is closed.
	 */
	@Override
	public void close() {
		this.closed = true;
		wake();
	}

}
