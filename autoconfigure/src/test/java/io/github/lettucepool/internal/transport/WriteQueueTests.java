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
package io.github.lettucepool.internal.transport;

import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.EncoderException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.willAnswer;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.withSettings;

/**
 * Tests for {@link WriteQueue}.
 */
@Timeout(300)
@Tag("unit")
class WriteQueueTests {

	private static final Duration SOON = Duration.ofSeconds(20);

	private static final int THREADS = 8;

	private static final int COMMANDS = 20_000;

	private final DefaultEventLoop eventLoop = new DefaultEventLoop();

	private final AtomicBoolean active = new AtomicBoolean(true);

	private final AtomicBoolean closed = new AtomicBoolean();

	private final Queue<List<RedisCommand<?, ?, ?>>> batches = new ConcurrentLinkedQueue<>();

	private final Queue<RedisCommand<?, ?, ?>> unsent = new ConcurrentLinkedQueue<>();

	private final Channel channel = mock(Channel.class, withSettings().stubOnly());

	private final WriteQueue queue = new WriteQueue(this.channel, this.unsent::add);

	@BeforeEach
	void connect() {
		given(this.channel.eventLoop()).willReturn(this.eventLoop);
		given(this.channel.isActive()).willAnswer((call) -> this.active.get());
		given(this.channel.write(any(), any())).willAnswer((call) -> {
			this.batches.add(call.getArgument(0));
			return null;
		});
		given(this.channel.close()).willAnswer((call) -> {
			this.closed.set(true);
			return null;
		});
	}

	@AfterEach
	void endEventLoop() {
		this.eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
	}

	@Test
	void everyCommandOfManyThreadsIsWrittenInTheOrderOfItsThread() throws Exception {
		List<List<Numbered>> added = addFromManyThreads();
		await().until(() -> written().size() == THREADS * COMMANDS);
		for (List<Numbered> ofThread : added) {
			int thread = ofThread.get(0).thread;
			assertThat(written().stream().filter((command) -> ((Numbered) command).thread == thread).toList())
				.isEqualTo(ofThread);
		}
		assertThat(this.unsent).isEmpty();
	}

	@Test
	void whenTheConnectionBreaksEveryCommandIsEitherWrittenOrGivenBack() throws Exception {
		List<List<Numbered>> added = addFromManyThreads(() -> {
			await().until(() -> this.batches.size() > 10);
			this.active.set(false);
		});
		await().until(() -> written().size() + this.unsent.size() == THREADS * COMMANDS);
		List<RedisCommand<?, ?, ?>> all = new ArrayList<>(written());
		all.addAll(this.unsent);
		assertThat(all).doesNotHaveDuplicates();
		assertThat(added.stream().mapToInt(List::size).sum()).isEqualTo(all.size());
		assertThat(this.queue.waiting()).isEmpty();
	}

	@Test
	void commandsAreGivenBackOnceTheEventLoopHasEnded() {
		this.eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
		this.queue.add(command());
		assertThat(this.unsent).hasSize(1);
		this.queue.add(command());
		assertThat(this.unsent).hasSize(2);
	}

	@Test
	void aTaskThatCannotBeSentIsSentWithTheNextCommand() {
		EventLoop full = mock(EventLoop.class);
		willThrow(new StackOverflowError("too deep")).given(full).execute(any());
		given(this.channel.eventLoop()).willReturn(full, this.eventLoop);
		assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> this.queue.add(command()));
		this.queue.add(command());
		await().until(() -> written().size() == 2);
	}

	@Test
	void everyCommandIsWrittenOrGivenBackWhileTheEventLoopEnds() throws Exception {
		addFromManyThreads(() -> {
			await().until(() -> this.batches.size() > 10);
			this.eventLoop.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
		});
		assertThat(written().size() + this.unsent.size()).isEqualTo(THREADS * COMMANDS);
	}

	@Test
	void whatComesWhileTheEventLoopIsBusyLeavesInFewBatches() throws Exception {
		CountDownLatch busy = new CountDownLatch(1);
		this.eventLoop.execute(() -> waitFor(busy));
		for (int i = 0; i < 1000; i++) {
			this.queue.add(command());
		}
		assertThat(this.queue.waiting()).hasSize(1000);
		busy.countDown();
		await().until(() -> written().size() == 1000);
		assertThat(this.batches).hasSize(4).allSatisfy((batch) -> assertThat(batch).hasSizeLessThanOrEqualTo(256));
	}

	@Test
	void aCommandThatWasCancelledMeanwhileIsNotWritten() {
		CountDownLatch busy = new CountDownLatch(1);
		this.eventLoop.execute(() -> waitFor(busy));
		AsyncCommand<?, ?, ?> cancelled = command();
		AsyncCommand<?, ?, ?> other = command();
		this.queue.add(cancelled);
		this.queue.add(other);
		cancelled.cancel();
		busy.countDown();
		await().until(() -> !this.batches.isEmpty());
		assertThat(written()).hasSize(1).first().isSameAs(other);
	}

	@Test
	void commandsFailIfWritingThrowsAndTheConnectionIsClosed() {
		willThrow(new OutOfMemoryError("none left")).given(this.channel).write(any(), any());
		AsyncCommand<?, ?, ?> command = command();
		this.queue.add(command);
		assertThat(command.toCompletableFuture()).failsWithin(SOON)
			.withThrowableThat()
			.withCauseInstanceOf(OutOfMemoryError.class);
		await().untilTrue(this.closed);
	}

	@Test
	void commandsThatCannotBeWrittenFailAndTheConnectionIsClosed() {
		// They may be among those that wait for a reply, and would get another's.
		givenWritingFailsWith(new EncoderException("cannot"));
		AsyncCommand<?, ?, ?> command = command();
		this.queue.add(command);
		assertThat(command.toCompletableFuture()).failsWithin(SOON)
			.withThrowableThat()
			.withCauseInstanceOf(EncoderException.class);
		await().untilTrue(this.closed);
	}

	@Test
	void commandsThatTheNetworkMayHaveTakenAreLeftToTheEndOfTheConnection() {
		givenWritingFailsWith(new ClosedChannelException());
		AsyncCommand<?, ?, ?> command = command();
		this.queue.add(command);
		await().untilTrue(this.closed);
		assertThat(command.toCompletableFuture()).isNotDone();
	}

	private void givenWritingFailsWith(Throwable cause) {
		willAnswer((call) -> {
			call.<ChannelPromise>getArgument(1).setFailure(cause);
			return null;
		}).given(this.channel).write(any(), any());
	}

	private List<List<Numbered>> addFromManyThreads(Runnable... meanwhile) throws InterruptedException {
		List<List<Numbered>> added = Collections.synchronizedList(new ArrayList<>());
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < THREADS; i++) {
			int thread = i;
			threads.add(new Thread(() -> {
				List<Numbered> commands = new ArrayList<>();
				for (int j = 0; j < COMMANDS; j++) {
					Numbered command = new Numbered(thread);
					commands.add(command);
					this.queue.add(command);
				}
				added.add(commands);
			}));
		}
		threads.forEach(Thread::start);
		for (Runnable action : meanwhile) {
			action.run();
		}
		for (Thread thread : threads) {
			thread.join();
		}
		return added;
	}

	private List<RedisCommand<?, ?, ?>> written() {
		return this.batches.stream().<RedisCommand<?, ?, ?>>flatMap(List::stream).toList();
	}

	private static AsyncCommand<String, String, String> command() {
		return new Numbered(0);
	}

	private static void waitFor(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private static final class Numbered extends AsyncCommand<String, String, String> {

		private final int thread;

		private Numbered(int thread) {
			super(new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8)));
			this.thread = thread;
		}

	}

}
