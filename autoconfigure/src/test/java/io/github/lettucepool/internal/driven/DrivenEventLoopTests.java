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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * {@link DrivenEventLoop} and {@link IdleDriver}, on a connection to a socket of the
 * test's own.
 */
@Timeout(300)
class DrivenEventLoopTests {

	private static final long LONG = TimeUnit.SECONDS.toNanos(30);

	private final AtomicReference<Thread> reader = new AtomicReference<>();

	private final AtomicInteger received = new AtomicInteger();

	private final String thread = "idle-driver-" + System.identityHashCode(this);

	private final IdleDriver idleDriver = new IdleDriver(this.thread);

	private ServerSocket server;

	private Socket peer;

	private Channel channel;

	private DrivenEventLoop loop;

	@BeforeEach
	void connect() throws Exception {
		this.server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
		this.loop = (DrivenEventLoop) this.idleDriver.newEventLoop();
		this.channel = new Bootstrap().group(this.loop)
			.channel(NioSocketChannel.class)
			.handler(new Receiver())
			.connect(this.server.getLocalSocketAddress())
			.sync()
			.channel();
		this.peer = this.server.accept();
	}

	@AfterEach
	void disconnect() throws IOException {
		this.channel.close();
		this.idleDriver.close();
		this.peer.close();
		this.server.close();
	}

	@Test
	void oneWhoWaitsReadsWhatArrives() throws Exception {
		Thread waiting = Thread.currentThread();
		Thread sender = new Thread(() -> {
			await(() -> this.loop.inEventLoop(waiting));
			send();
		});
		sender.start();
		assertThat(this.loop.drive(() -> this.received.get() == 1, LONG)).isTrue();
		assertThat(this.reader.get()).isSameAs(waiting);
		sender.join();
	}

	@Test
	void whatArrivesWhileNobodyWaitsIsReadByTheIdleDriver() throws Exception {
		send();
		await(() -> this.received.get() == 1);
		assertThat(this.reader.get().getName()).isEqualTo(this.thread);
	}

	@Test
	void oneWhoWaitsIsWokenForWhatComesAnotherWay() throws Exception {
		Thread waiting = Thread.currentThread();
		AtomicBoolean come = new AtomicBoolean();
		Thread other = new Thread(() -> {
			await(() -> this.loop.inEventLoop(waiting));
			come.set(true);
			this.loop.wake();
		});
		other.start();
		assertThat(this.loop.drive(come::get, LONG)).isTrue();
		other.join();
	}

	@Test
	void onlyWhoDrivesIsInTheEventLoop() throws Exception {
		AtomicBoolean inside = new AtomicBoolean();
		this.loop.execute(() -> inside.set(this.loop.inEventLoop()));
		assertThat(this.loop.drive(inside::get, LONG)).isTrue();
		assertThat(this.loop.inEventLoop()).isFalse();
	}

	@Test
	void aTaskOfAnotherThreadIsRunByOneWhoWaitsForTheSocket() throws Exception {
		AtomicReference<Thread> ran = new AtomicReference<>();
		CountDownLatch driving = new CountDownLatch(1);
		Thread other = new Thread(() -> {
			try {
				driving.await();
				this.loop.execute(() -> ran.set(Thread.currentThread()));
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		});
		other.start();
		assertThat(this.loop.drive(() -> {
			if (this.loop.inEventLoop()) {
				driving.countDown();
			}
			return ran.get() != null;
		}, LONG)).isTrue();
		assertThat(ran.get()).isSameAs(Thread.currentThread());
		other.join();
	}

	@Test
	void aTaskIsRunThoughNobodyWaits() throws Exception {
		CountDownLatch ran = new CountDownLatch(1);
		this.loop.execute(ran::countDown);
		assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void aTaskOfItsUserIsRunThoughTheUserDoesNotWaitAfterAll() throws Exception {
		this.loop.usedBy(Thread.currentThread());
		CountDownLatch ran = new CountDownLatch(1);
		this.loop.execute(ran::countDown);
		assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void aTaskFallsDueWhileSomebodyWaitsForTheSocketAndWhileNobodyDoes() throws Exception {
		AtomicBoolean ran = new AtomicBoolean();
		this.loop.schedule(() -> ran.set(true), 20, TimeUnit.MILLISECONDS);
		assertThat(this.loop.drive(ran::get, LONG)).isTrue();
		CountDownLatch ranAgain = new CountDownLatch(1);
		this.loop.schedule(ranAgain::countDown, 20, TimeUnit.MILLISECONDS);
		assertThat(ranAgain.await(30, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void tasksOfManyThreadsRunOnceEachAndOneAfterTheOtherWhoeverDrives() throws Exception {
		int threads = 4;
		int tasks = 5_000;
		AtomicInteger inside = new AtomicInteger();
		AtomicInteger together = new AtomicInteger();
		// Not atomic: each driver sees what those before it have done.
		int[] ran = new int[1];
		AtomicInteger done = new AtomicInteger();
		ExecutorService executor = Executors.newFixedThreadPool(threads * 2);
		try {
			List<Future<?>> futures = new ArrayList<>();
			for (int i = 0; i < threads; i++) {
				futures.add(executor.submit(() -> {
					for (int task = 0; task < tasks; task++) {
						this.loop.execute(() -> {
							if (inside.incrementAndGet() != 1) {
								together.incrementAndGet();
							}
							ran[0]++;
							inside.decrementAndGet();
							done.incrementAndGet();
						});
					}
				}));
				futures.add(executor.submit(() -> {
					while (done.get() < threads * tasks) {
						this.loop.drive(() -> false, TimeUnit.MICROSECONDS.toNanos(200));
						this.loop.look();
					}
					return null;
				}));
			}
			for (Future<?> future : futures) {
				future.get(50, TimeUnit.SECONDS);
			}
		}
		finally {
			executor.shutdownNow();
		}
		await(() -> done.get() == threads * tasks);
		assertThat(ran[0]).isEqualTo(threads * tasks);
		assertThat(together).hasValue(0);
	}

	@Test
	void oneWhoWaitsForWhatSomebodyElseReadsHearsOfIt() throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(4);
		try {
			List<Future<Boolean>> waits = new ArrayList<>();
			for (int i = 0; i < 4; i++) {
				waits.add(executor.submit(() -> this.loop.drive(() -> this.received.get() == 1, LONG)));
			}
			send();
			for (Future<Boolean> wait : waits) {
				assertThat(wait.get(40, TimeUnit.SECONDS)).isTrue();
			}
		}
		finally {
			executor.shutdownNow();
		}
	}

	@Test
	void aWaitEndsWithItsTime() throws Exception {
		assertThat(this.loop.drive(() -> false, TimeUnit.MILLISECONDS.toNanos(20))).isFalse();
		assertThat(this.loop.drive(() -> false, 0)).isFalse();
		assertThat(this.loop.drive(() -> true, 0)).isTrue();
	}

	@Test
	void anInterruptEndsAWaitButNotTheConnection() throws Exception {
		Thread waiting = Thread.currentThread();
		Thread other = new Thread(() -> {
			await(() -> this.loop.inEventLoop(waiting));
			waiting.interrupt();
		});
		other.start();
		assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> this.loop.drive(() -> false, LONG));
		other.join();
		send();
		assertThat(this.loop.drive(() -> this.received.get() == 1, LONG)).isTrue();
	}

	@Test
	void aTaskThatFailsHarmsNoOther() throws Exception {
		AtomicBoolean ran = new AtomicBoolean();
		this.loop.execute(() -> {
			throw new IllegalStateException("on purpose");
		});
		this.loop.execute(() -> ran.set(true));
		assertThat(this.loop.drive(ran::get, LONG)).isTrue();
	}

	@Test
	void aLookFindsThatThePeerHasClosed() throws Exception {
		this.peer.close();
		await(() -> {
			assertThat(this.loop.look()).isTrue();
			return !this.channel.isActive();
		});
	}

	@Test
	void anEventLoopEndsAfterItsConnectionAndLeavesTheIdleDriver() throws Exception {
		assertThat(this.idleDriver.size()).isEqualTo(1);
		endLoop();
		await(() -> this.idleDriver.size() == 0);
		assertThat(this.loop.isShutdown()).isTrue();
		assertThat(this.loop.drive(() -> false, TimeUnit.MILLISECONDS.toNanos(20))).isFalse();
	}

	@Test
	void aListenerThatIsAddedAfterTheEndIsCalledAllTheSame() throws Exception {
		endLoop();
		CountDownLatch called = new CountDownLatch(1);
		AtomicBoolean inside = new AtomicBoolean();
		this.channel.close().addListener((closed) -> {
			inside.set(this.loop.inEventLoop());
			called.countDown();
		});
		assertThat(called.await(30, TimeUnit.SECONDS)).isTrue();
		assertThat(inside).isTrue();
	}

	@Test
	void nothingIsScheduledAfterTheEnd() throws Exception {
		endLoop();
		assertThatExceptionOfType(RejectedExecutionException.class)
			.isThrownBy(() -> this.loop.schedule(() -> true, 1, TimeUnit.MILLISECONDS));
		AtomicReference<Future<?>> scheduled = new AtomicReference<>();
		this.loop.execute(() -> scheduled.set(this.loop.schedule(() -> true, 1, TimeUnit.MILLISECONDS)));
		await(() -> scheduled.get() != null && scheduled.get().isCancelled());
	}

	private void endLoop() throws InterruptedException {
		this.channel.close();
		assertThat(this.loop.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void theIdleDriverEndsWithTheLastConnectionOnceItIsClosed() {
		this.idleDriver.close();
		assertThat(isRunning(this.thread)).isTrue();
		send();
		await(() -> this.received.get() == 1);
		this.channel.close();
		await(() -> !isRunning(this.thread));
	}

	@Test
	void anIdleDriverWithoutConnectionsHasNoThread() {
		IdleDriver unused = new IdleDriver("unused");
		unused.newEventLoop();
		assertThat(unused.size()).isZero();
		assertThat(isRunning("unused")).isFalse();
	}

	private static boolean isRunning(String thread) {
		return Thread.getAllStackTraces().keySet().stream().anyMatch((running) -> running.getName().equals(thread));
	}

	private void send() {
		try {
			this.peer.getOutputStream().write('x');
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void await(BooleanSupplier condition) {
		long end = System.nanoTime() + LONG;
		while (!condition.getAsBoolean()) {
			assertThat(System.nanoTime() - end).as("nanoseconds after the end of the wait").isNegative();
			Thread.onSpinWait();
		}
	}

	private final class Receiver extends SimpleChannelInboundHandler<ByteBuf> {

		@Override
		protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
			DrivenEventLoopTests.this.reader.set(Thread.currentThread());
			DrivenEventLoopTests.this.received.addAndGet(bytes.readableBytes());
		}

	}

}
