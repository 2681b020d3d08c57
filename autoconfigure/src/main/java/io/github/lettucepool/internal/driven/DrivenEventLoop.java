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

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.DefaultPromise;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;

/**
 * An event loop for one connection, or for those to the nodes of a cluster that make up
 * one connection, without a thread of its own. Netty's ordinary event loop is a thread: a
 * command wakes it, and its reply wakes the caller, which on an idle machine takes longer
 * than the network and the server together. Here the caller who waits for the reply does
 * that work itself: it writes, waits for the socket, reads and completes its command, as
 * the driver of the event loop.
 * <p>
 * Why it is safe:
 * <ul>
 * <li><b>One driver at a time.</b> A thread becomes the driver by exchanging {@code null}
 * for itself in {@link #driver}, and ceases to be by writing {@code null}. All that Netty
 * leaves to an event loop's thread (selector, pipeline, timers) is left to the driver:
 * {@link #inEventLoop(Thread)} is true for nobody else. The volatile write that ends one
 * turn happens before the exchange that begins the next, so each driver sees what those
 * before it have done.</li>
 * <li><b>No task waits for ever.</b> Who adds a task looks for a driver after that. A
 * driver is woken, if it waits for the socket; and one who is just leaving looks for
 * tasks after it has left: of these two, one sees the other. If there is no driver, the
 * {@link IdleDriver} is told, unless it is the connection's {@linkplain #usedBy user} who
 * adds the task: it is about to drive. Should it not do so, the idle driver comes round
 * soon anyway.</li>
 * <li><b>Nobody depends on its borrower.</b> Driving ends with the wait. Whatever arrives
 * at other times (a close, a push, the answer to a PING, a reply that nobody waits for)
 * is found by the idle driver, which looks at each event loop without ever waiting
 * there.</li>
 * <li><b>No nesting.</b> A callback that waits on the connection whose reply it is being
 * called for waits in vain, as on any event loop.</li>
 * <li><b>Interrupts stay.</b> Netty's selector loop swallows the interrupt of its thread.
 * It asks {@link IoHandlerContext#canBlock()} first, which says no then, and so ends the
 * turn with the interrupt in place.</li>
 * </ul>
 * It works with NIO only. Its selector is opened with the first connection and closed
 * after the last.
 */
public final class DrivenEventLoop extends AbstractScheduledEventExecutor implements IoEventLoop {

	/**
	 * How often one who waits looks, while another thread drives.
	 */
	private static final long ELSEWHERE_NANOS = TimeUnit.MICROSECONDS.toNanos(50);

	/**
	 * A thread that looks without waiting leaves within microseconds.
	 */
	private static final int SPINS = 100;

	private static final long LONGEST_ELSEWHERE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

	/**
	 * A thread may lose the processor in the midst of a look.
	 */
	private static final long LONGEST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

	/**
	 * Netty adds to it, which must not overflow.
	 */
	private static final long LONGEST_SELECT_NANOS = TimeUnit.MINUTES.toNanos(1);

	/**
	 * Nearly all that Netty still wants to do after a connection was closed comes within
	 * a moment.
	 */
	private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

	private static final AtomicReferenceFieldUpdater<DrivenEventLoop, @Nullable Thread> DRIVER = AtomicReferenceFieldUpdater
		.newUpdater(DrivenEventLoop.class, Thread.class, "driver");

	private final IdleDriver idleDriver;

	private final boolean lasting;

	private final AtomicInteger connections = new AtomicInteger();

	private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

	private final Promise<Void> termination = new DefaultPromise<>(GlobalEventExecutor.INSTANCE);

	private final Waiting waiting = new Waiting();

	private final Looking looking = new Looking();

	private volatile @Nullable Thread driver;

	private volatile @Nullable Thread user;

	private volatile @Nullable IoHandler handler;

	private volatile boolean closing;

	private volatile boolean ended;

	// The driver's own.
	private long waitEndNanos;

	// Belongs to the driver.
	private @Nullable BooleanSupplier waitDone;

	private long closedNanos;

	private int turns;

	// The idle driver's own.
	private int turnsSeen;

	private boolean failed;

	/**
	 * Creates an event loop that opens nothing before a connection is registered.
	 * @param idleDriver drives it while nobody else does
	 * @param lasting whether it is kept when its only connection is closed
	 */
	DrivenEventLoop(IdleDriver idleDriver, boolean lasting) {
		this.idleDriver = idleDriver;
		this.lasting = lasting;
	}

	/**
	 * Says which thread will wait for what it sends from here on.
	 * @param user the thread, or {@code null} if none will
	 */
	public void usedBy(@Nullable Thread user) {
		if (this.user != user) {
			this.user = user;
		}
	}

	/**
	 * Waits for something that the connection brings, and does the connection's work
	 * meanwhile. Any number of threads may wait at the same time; one of them does the
	 * work.
	 * @param done whether it has come; must not block
	 * @param nanos for how long at most, in nanoseconds
	 * @return whether it has come
	 * @throws InterruptedException if the thread is interrupted before it has come
	 */
	public boolean drive(BooleanSupplier done, long nanos) throws InterruptedException {
		long end = System.nanoTime() + nanos;
		long elsewhere = ELSEWHERE_NANOS;
		int spins = SPINS;
		while (!done.getAsBoolean()) {
			if (Thread.interrupted()) {
				throw new InterruptedException();
			}
			long left = end - System.nanoTime();
			if (left <= 0) {
				return false;
			}
			if (!this.ended && begin()) {
				try {
					driveUntil(done, end);
				}
				finally {
					leave();
				}
			}
			else if (spins > 0) {
				spins--;
				Thread.onSpinWait();
			}
			else {
				LockSupport.parkNanos(this, Math.min(left, elsewhere));
				elsewhere = Math.min(elsewhere * 2, LONGEST_ELSEWHERE_NANOS);
			}
		}
		return true;
	}

	private void driveUntil(BooleanSupplier done, long end) {
		IoHandler handler = this.handler;
		this.turns++;
		this.waitEndNanos = end;
		this.waitDone = done;
		try {
			while (handler != null && !this.ended) {
				runTasks();
				if (done.getAsBoolean() || Thread.currentThread().isInterrupted() || end - System.nanoTime() <= 0) {
					return;
				}
				handler.run(this.waiting);
			}
		}
		finally {
			// It knows the command and its reply, which may be large.
			this.waitDone = null;
		}
	}

	/**
	 * Has another thread that drives look around: there is a task, or what it waits for
	 * has come, and not over the connection.
	 */
	void wake() {
		Thread driver = this.driver;
		IoHandler handler = this.handler;
		if (driver != null && driver != Thread.currentThread() && handler != null) {
			handler.wakeup();
		}
	}

	/**
	 * Looks at the socket: what has arrived, a close included, is dealt with before this
	 * returns. Waits for nothing but another thread that is just doing the same.
	 * @return {@code false} if that takes unusually long
	 */
	public boolean look() {
		int spins = SPINS;
		long end = 0;
		while (!begin()) {
			if (spins-- > 0) {
				Thread.onSpinWait();
				continue;
			}
			long now = System.nanoTime();
			end = (end != 0) ? end : now + LONGEST_LOOK_NANOS;
			if (now - end >= 0) {
				return false;
			}
			LockSupport.parkNanos(this, ELSEWHERE_NANOS);
		}
		try {
			turn();
			return true;
		}
		finally {
			leave();
		}
	}

	/**
	 * The idle driver's turn. It leaves alone what a caller has driven since the last
	 * time: to take a reply away from somebody who is about to wait for it would make
	 * both slower.
	 * @return whether there was anything to do
	 */
	boolean lookIdle() {
		int turns = this.turns;
		if (turns != this.turnsSeen) {
			this.turnsSeen = turns;
			return false;
		}
		if (!begin()) {
			return false;
		}
		boolean found;
		try {
			found = turn();
			if (this.closing && !found && this.connections.get() == 0) {
				endIfQuiet();
			}
		}
		finally {
			this.driver = null;
		}
		// Who added a task just now saw a driver.
		return found || !this.tasks.isEmpty();
	}

	/**
	 * Notes that the idle driver's turn has failed.
	 * @return whether it never had before
	 */
	boolean isFirstFailure() {
		boolean first = !this.failed;
		this.failed = true;
		return first;
	}

	private boolean turn() {
		IoHandler handler = this.handler;
		if (handler == null || this.ended) {
			return false;
		}
		int done = runTasks();
		done += handler.run(this.looking);
		return done + runTasks() > 0;
	}

	private boolean begin() {
		return this.driver == null && DRIVER.compareAndSet(this, null, Thread.currentThread());
	}

	private void leave() {
		this.driver = null;
		if (!this.tasks.isEmpty() || this.closing) {
			this.idleDriver.wake();
		}
	}

	private int runTasks() {
		fetchFromScheduledTaskQueue(this.tasks);
		int run = 0;
		Runnable task;
		while ((task = this.tasks.poll()) != null) {
			safeExecute(task);
			run++;
		}
		return run;
	}

	/**
	 * Returns how often callers have driven, as far as the current thread can see.
	 * @return a number that grows
	 */
	int turns() {
		return this.turns;
	}

	@Override
	public void execute(Runnable task) {
		if (this.ended) {
			executeLate(task);
			return;
		}
		this.tasks.add(task);
		if (this.driver != null) {
			wake();
		}
		else if (this.user != Thread.currentThread() || this.idleDriver.isDozing()) {
			this.idleDriver.wake();
		}
		if (this.ended && this.tasks.remove(task)) {
			executeLate(task);
		}
	}

	/**
	 * To refuse what comes after the end would have Netty log an error for each listener
	 * that is added to a future of a closed connection, as Lettuce does when the time for
	 * its handshake is over.
	 */
	private void executeLate(Runnable task) {
		GlobalEventExecutor.INSTANCE.execute(() -> {
			while (!begin()) {
				Thread.onSpinWait();
			}
			try {
				safeExecute(task);
				cancelScheduledTasks();
			}
			finally {
				this.driver = null;
			}
		});
	}

	@Override
	protected boolean beforeScheduledTaskSubmitted(long deadlineNanos) {
		if (this.ended) {
			throw ended();
		}
		return super.beforeScheduledTaskSubmitted(deadlineNanos);
	}

	private static RejectedExecutionException ended() {
		return new RejectedExecutionException("The connection is closed, and its event loop has ended");
	}

	@Override
	public boolean inEventLoop(Thread thread) {
		return this.driver == thread;
	}

	/**
	 * Registers a connection.
	 * @deprecated as Netty's
	 */
	@Deprecated
	@Override
	public ChannelFuture register(Channel channel) {
		return register(new DefaultChannelPromise(channel, this));
	}

	/**
	 * Registers a connection.
	 * @deprecated as Netty's
	 */
	@Deprecated
	@Override
	public ChannelFuture register(Channel channel, ChannelPromise promise) {
		if (this.ended) {
			// Its owner was closed while this one was being opened.
			return promise.setFailure(ended());
		}
		try {
			open();
		}
		catch (RuntimeException | Error ex) {
			// There are no more file descriptors or threads, perhaps. Netty would leave
			// this one open.
			channel.unsafe().closeForcibly();
			throw ex;
		}
		if (channel instanceof SocketChannel) {
			// There may be others, to look up host names.
			this.connections.incrementAndGet();
			channel.closeFuture().addListener((closed) -> closed());
		}
		channel.unsafe().register(this, promise);
		return promise;
	}

	/**
	 * Registers a connection.
	 * @deprecated as Netty's
	 */
	@Deprecated
	@Override
	public ChannelFuture register(ChannelPromise promise) {
		return register(promise.channel(), promise);
	}

	/**
	 * Netty calls it on the event loop.
	 */
	@Override
	public Future<IoRegistration> register(IoHandle handle) {
		try {
			return newSucceededFuture(open().register(handle));
		}
		catch (Exception ex) {
			return newFailedFuture(ex);
		}
	}

	private IoHandler open() {
		IoHandler handler = this.handler;
		if (handler == null) {
			handler = NioIoHandler.newFactory().newHandler(this);
			handler.initialize();
			this.handler = handler;
			try {
				this.idleDriver.add(this);
			}
			catch (RuntimeException | Error ex) {
				// A selector without a thread would be taken for one that has one.
				this.handler = null;
				handler.destroy();
				throw ex;
			}
		}
		return handler;
	}

	@Override
	public boolean isCompatible(Class<? extends IoHandle> handleType) {
		return open().isCompatible(handleType);
	}

	@Override
	public boolean isIoType(Class<? extends IoHandler> handlerType) {
		return NioIoHandler.class == handlerType;
	}

	@Override
	public IoEventLoop next() {
		return this;
	}

	@Override
	public @Nullable IoEventLoopGroup parent() {
		return null;
	}

	private void closed() {
		this.connections.decrementAndGet();
		if (!this.lasting || this.closing) {
			close();
		}
	}

	private void close() {
		this.closing = true;
		this.idleDriver.wake();
	}

	private void endIfQuiet() {
		long now = System.nanoTime();
		if (this.closedNanos == 0) {
			this.closedNanos = now;
		}
		else if (now - this.closedNanos > LINGER_NANOS) {
			end();
		}
	}

	private void end() {
		IoHandler handler = this.handler;
		cancelScheduledTasks();
		if (handler != null) {
			handler.prepareToDestroy();
			runTasks();
			handler.destroy();
		}
		this.ended = true;
		runTasks();
		this.termination.setSuccess(null);
	}

	@Override
	public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
		close();
		return this.termination;
	}

	/**
	 * Ends the event loop soon.
	 * @deprecated as Netty's
	 */
	@Deprecated
	@Override
	public void shutdown() {
		close();
	}

	@Override
	public Future<?> terminationFuture() {
		return this.termination;
	}

	@Override
	public boolean isShuttingDown() {
		return this.closing;
	}

	@Override
	public boolean isShutdown() {
		return this.ended;
	}

	@Override
	public boolean isTerminated() {
		return this.ended;
	}

	@Override
	public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
		return this.termination.await(timeout, unit);
	}

	/**
	 * For a driver who waits for the socket.
	 */
	private final class Waiting implements IoHandlerContext {

		@Override
		public boolean canBlock() {
			BooleanSupplier done = DrivenEventLoop.this.waitDone;
			return DrivenEventLoop.this.tasks.isEmpty() && !hasScheduledTasks()
					&& !Thread.currentThread().isInterrupted() && (done == null || !done.getAsBoolean());
		}

		@Override
		public long delayNanos(long now) {
			long left = Math.max(0, Math.min(DrivenEventLoop.this.waitEndNanos - now, LONGEST_SELECT_NANOS));
			return Math.min(left, DrivenEventLoop.this.delayNanos(now, left));
		}

		@Override
		public long deadlineNanos() {
			// Asked for by other transports than NIO only.
			return -1;
		}

	}

	/**
	 * For a driver who only looks.
	 */
	private static final class Looking implements IoHandlerContext {

		@Override
		public boolean canBlock() {
			return false;
		}

		@Override
		public long delayNanos(long now) {
			return 0;
		}

		@Override
		public long deadlineNanos() {
			return -1;
		}

	}

}
