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

import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.channels.SelectionKey;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoRegistration;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.nio.NioIoHandle;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.nio.NioIoOps;
import io.netty.channel.nio.NioSelectableChannelIoHandle;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.FastThreadLocalThread;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link DrivenEventLoop} and {@link Drivers}, without a connection.
 */
@Timeout(300)
@Tag("unit")
class UnconnectedEventLoopTests {

	private static final long LONG = Duration.ofHours(1).toNanos();

	private final IdleDriver idleDriver = new IdleDriver("driven-tests");

	private final DrivenEventLoop eventLoop = (DrivenEventLoop) this.idleDriver.newEventLoop();

	@AfterEach
	void end() {
		this.eventLoop.shutdownGracefully();
		this.idleDriver.close();
	}

	@Test
	void whoWaitsForWhatHasComeDoesNotWait() throws Exception {
		assertThat(this.eventLoop.drive(() -> true, 0)).isTrue();
		assertThat(this.eventLoop.turns()).isZero();
	}

	@Test
	void whoWaitsInVainGivesUpInTime() throws Exception {
		assertThat(this.eventLoop.drive(() -> false, 0)).isFalse();
		assertThat(this.eventLoop.drive(() -> false, TimeUnit.MILLISECONDS.toNanos(1))).isFalse();
		open();
		assertThat(this.eventLoop.drive(() -> false, TimeUnit.MILLISECONDS.toNanos(1))).isFalse();
	}

	@Test
	void whoIsInterruptedStopsWaiting() {
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> this.eventLoop.drive(() -> false, LONG));
		assertThat(Thread.currentThread().isInterrupted()).isFalse();
	}

	@Test
	void whoWaitsDoesTheWork() throws Exception {
		open();
		AtomicReference<Thread> worker = new AtomicReference<>();
		this.eventLoop.usedBy(Thread.currentThread());
		AtomicBoolean given = new AtomicBoolean();
		assertThat(this.eventLoop.drive(() -> {
			// Before that, the idle driver might do it.
			if (this.eventLoop.inEventLoop() && !given.getAndSet(true)) {
				this.eventLoop.execute(() -> worker.set(Thread.currentThread()));
			}
			return worker.get() != null;
		}, LONG)).isTrue();
		assertThat(worker).hasValue(Thread.currentThread());
		assertThat(this.eventLoop.inEventLoop()).isFalse();
	}

	@Test
	void onlyOneOfThoseWhoWaitDoesTheWork() throws Exception {
		open();
		AtomicInteger came = new AtomicInteger();
		CompletableFuture<Boolean> other = CompletableFuture.supplyAsync(() -> drive(() -> came.get() > 0));
		CompletableFuture<Boolean> another = CompletableFuture.supplyAsync(() -> drive(() -> came.get() > 0));
		assertThat(this.eventLoop.drive(() -> false, TimeUnit.MILLISECONDS.toNanos(20))).isFalse();
		this.eventLoop.execute(came::incrementAndGet);
		assertThat(other.get(30, TimeUnit.SECONDS)).isTrue();
		assertThat(another.get(30, TimeUnit.SECONDS)).isTrue();
		assertThat(came).hasValue(1);
	}

	@Test
	void aLookDoesNotWaitForLongForWhoeverIsAtIt() throws Exception {
		assertThat(this.eventLoop.look()).isTrue();
		open();
		assertThat(this.eventLoop.look()).isTrue();
		CountDownLatch begun = new CountDownLatch(1);
		CountDownLatch end = new CountDownLatch(1);
		this.eventLoop.execute(() -> {
			begun.countDown();
			awaitUninterruptibly(end);
		});
		assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
		assertThat(this.eventLoop.look()).isFalse();
		end.countDown();
		await().until(this.eventLoop::look);
	}

	@Test
	void onceItHasEndedThereIsNothingToWaitForAndNothingToLookAt() throws Exception {
		open();
		assertThat(this.eventLoop.isShuttingDown()).isFalse();
		this.eventLoop.shutdownGracefully();
		assertThat(this.eventLoop.isShuttingDown()).isTrue();
		assertThat(this.eventLoop.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
		assertThat(this.eventLoop.isShutdown()).isTrue();
		assertThat(this.eventLoop.isTerminated()).isTrue();
		assertThat(this.eventLoop.terminationFuture().isSuccess()).isTrue();
		assertThat(this.eventLoop.drive(() -> false, TimeUnit.MILLISECONDS.toNanos(5))).isFalse();
		assertThat(this.eventLoop.look()).isTrue();
		await().until(() -> this.idleDriver.size() == 0);
	}

	@Test
	void itIsOfNettysKindForSocketsWithoutANativeTransport() {
		assertThat(this.eventLoop.isIoType(NioIoHandler.class)).isTrue();
		assertThat(this.eventLoop.isIoType(IoHandler.class)).isFalse();
		assertThat(this.eventLoop.isCompatible(NioIoHandle.class)).isTrue();
		assertThat(this.eventLoop.isCompatible(OtherHandle.class)).isFalse();
		assertThat(this.eventLoop.next()).isSameAs(this.eventLoop);
		assertThat(this.eventLoop.parent()).isNull();
		assertThat(Drivers.canDrive(NioSocketChannel.class)).isTrue();
		assertThat(Drivers.canDrive(LocalChannel.class)).isFalse();
	}

	@Test
	void whatCannotBeRegisteredIsSaid() throws Exception {
		open();
		assertThat(this.eventLoop.register(new OtherHandle()).await().isSuccess()).isFalse();
		CompletableFuture<Boolean> inside = new CompletableFuture<>();
		this.eventLoop.execute(() -> inside.complete(this.eventLoop.register(new OtherHandle()).isSuccess()));
		assertThat(inside.get(30, TimeUnit.SECONDS)).isFalse();
	}

	@Test
	void anEventLoopsOwnThreadDoesNotDrive() throws Exception {
		assertThat(Drivers.isCurrentThreadOne()).isTrue();
		CompletableFuture<Boolean> driver = new CompletableFuture<>();
		new FastThreadLocalThread(() -> driver.complete(Drivers.isCurrentThreadOne())).start();
		assertThat(driver.get(30, TimeUnit.SECONDS)).isFalse();
	}

	@Test
	void anIdleDriversThreadDoesNotDriveAsACallerDoes() throws Exception {
		open();
		CompletableFuture<Boolean> driver = new CompletableFuture<>();
		this.eventLoop.execute(() -> driver.complete(Drivers.isCurrentThreadOne()));
		assertThat(driver.get(30, TimeUnit.SECONDS)).isFalse();
	}

	@Test
	void whereNoThreadCanBeStartedTheConnectionIsClosedAndTheNextOneTriesAgain() {
		AtomicInteger tries = new AtomicInteger();
		IdleDriver driver = new IdleDriver((runnable) -> new Thread(runnable) {

			@Override
			public synchronized void start() {
				if (tries.incrementAndGet() == 1) {
					throw new OutOfMemoryError("no thread, on purpose");
				}
				super.start();
			}

		});
		DrivenEventLoop loop = driver.newLastingEventLoop();
		NioSocketChannel channel = new NioSocketChannel();
		assertThatExceptionOfType(OutOfMemoryError.class).isThrownBy(() -> register(loop, channel));
		assertThat(channel.isOpen()).isFalse();
		NioSocketChannel next = new NioSocketChannel();
		assertThat(register(loop, next).awaitUninterruptibly(30, TimeUnit.SECONDS)).isTrue();
		next.close();
		loop.shutdownGracefully();
		driver.close();
	}

	@Test
	void anIdleDriverWhoseThreadHasEndedStartsAnother() throws Exception {
		open();
		Thread thread = threadOf(this.eventLoop);
		this.idleDriver.close();
		this.eventLoop.shutdownGracefully();
		thread.join(30_000);
		assertThat(thread.isAlive()).isFalse();
		DrivenEventLoop late = this.idleDriver.newLastingEventLoop();
		assertThat(late.isCompatible(NioIoHandle.class)).isTrue();
		assertThat(threadOf(late).isAlive()).isTrue();
		late.shutdownGracefully();
	}

	@Test
	void anIdleDriverThatIsInterruptedPausesAllTheSame() throws Exception {
		open();
		AtomicReference<Thread> thread = new AtomicReference<>();
		this.eventLoop.execute(() -> {
			thread.set(Thread.currentThread());
			Thread.currentThread().interrupt();
		});
		await().until(() -> thread.get() != null && !thread.get().isInterrupted());
	}

	@Test
	void aConnectionThatCannotBeLookedAfterOnceIsLookedAfterAgain() throws Exception {
		Logger logger = (Logger) LoggerFactory.getLogger(IdleDriver.class);
		AppenderBase<ILoggingEvent> full = new AppenderBase<>() {

			@Override
			protected void append(ILoggingEvent event) {
				throw new OutOfMemoryError("no room for a message, on purpose");
			}

		};
		full.start();
		logger.addAppender(full);
		open();
		Pipe pipe = Pipe.open();
		pipe.source().configureBlocking(false);
		try {
			CompletableFuture<Void> failed = new CompletableFuture<>();
			this.eventLoop.execute(() -> this.eventLoop.register(new FailingHandle(pipe.source(), failed))
				.addListener((registered) -> ((IoRegistration) registered.getNow()).submit(NioIoOps.READ)));
			pipe.sink().write(ByteBuffer.allocate(1));
			failed.get(30, TimeUnit.SECONDS);
			CompletableFuture<Void> ran = new CompletableFuture<>();
			this.eventLoop.execute(() -> ran.complete(null));
			ran.get(30, TimeUnit.SECONDS);
		}
		finally {
			logger.detachAppender(full);
			pipe.source().close();
			pipe.sink().close();
		}
	}

	@SuppressWarnings("deprecation") // Netty calls it.
	private static ChannelFuture register(DrivenEventLoop loop, Channel channel) {
		return loop.register(channel);
	}

	private static Thread threadOf(DrivenEventLoop loop) throws Exception {
		CompletableFuture<Thread> thread = new CompletableFuture<>();
		loop.execute(() -> thread.complete(Thread.currentThread()));
		return thread.get(30, TimeUnit.SECONDS);
	}

	/**
	 * As Netty does before it registers a connection.
	 */
	private void open() {
		assertThat(this.eventLoop.isCompatible(NioIoHandle.class)).isTrue();
	}

	private boolean drive(BooleanSupplier done) {
		try {
			return this.eventLoop.drive(done, LONG);
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void awaitUninterruptibly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@SuppressWarnings("try") // Netty closes it.
	private static final class FailingHandle extends NioSelectableChannelIoHandle<Pipe.SourceChannel> {

		private final CompletableFuture<Void> failed;

		private FailingHandle(Pipe.SourceChannel channel, CompletableFuture<Void> failed) {
			super(channel);
			this.failed = failed;
		}

		@Override
		protected void handle(Pipe.SourceChannel channel, SelectionKey key) {
			key.cancel();
			this.failed.complete(null);
			throw new OutOfMemoryError("none left, on purpose");
		}

	}

	private static final class OtherHandle implements IoHandle {

		@Override
		public void handle(IoRegistration registration, IoEvent event) {
		}

		@Override
		public void close() {
		}

	}

}
