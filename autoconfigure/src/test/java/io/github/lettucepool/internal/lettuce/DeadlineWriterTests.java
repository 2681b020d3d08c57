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

package io.github.lettucepool.internal.lettuce;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandExpiryWriter;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import io.netty.util.TimerTask;
import io.netty.util.concurrent.EventExecutorGroup;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.lettucepool.CommandTimeouts;
import io.github.lettucepool.internal.driven.DrivenCommand;
import io.github.lettucepool.internal.driven.DrivenEventLoop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyLong;

/**
 * Tests of {@link DeadlineWriter}, with a clock and a timer that the test moves.
 */
@Tag("unit")
class DeadlineWriterTests {

	private static final Duration SECOND = Duration.ofSeconds(1);

	private final RedisChannelWriter delegate = Mockito.mock(RedisChannelWriter.class);

	private final ClientResources resources = Mockito.mock(ClientResources.class);

	private final EventExecutorGroup executor = Mockito.mock(EventExecutorGroup.class);

	private final Queue<TimerTask> timers = new ArrayDeque<>();

	private @Nullable Error timerFailure;

	private @Nullable Error clockFailure;

	private long now = Long.MAX_VALUE - SECOND.toNanos();

	@BeforeEach
	void connect() {
		Timer timer = Mockito.mock(Timer.class);
		BDDMockito.given(this.resources.timer()).willReturn(timer);
		BDDMockito.given(this.resources.eventExecutorGroup()).willReturn(this.executor);
		BDDMockito.given(timer.newTimeout(any(), anyLong(), any())).willAnswer((call) -> {
			throwIfPresent(this.timerFailure);
			this.timers.add(call.getArgument(0));
			return Mockito.mock(Timeout.class);
		});
		BDDMockito.willAnswer((call) -> {
			call.<Runnable>getArgument(0).run();
			return null;
		}).given(this.executor).execute(any());
	}

	@Test
	void oneTimerServesAllCommands() throws Exception {
		DeadlineWriter writer = writer(TimeoutOptions.enabled());
		writer.setTimeout(SECOND);
		AsyncCommand<String, String, String> first = write(writer);
		AsyncCommand<String, String, String> second = write(writer);
		assertThat(this.timers).hasSize(1);
		this.now += SECOND.toNanos() - 1;
		AsyncCommand<String, String, String> late = write(writer);
		look();
		assertThat(first.isDone() || second.isDone()).isFalse();
		this.now++;
		look();
		assertThat(first).isCompletedExceptionally();
		assertThat(second.toCompletableFuture()).failsWithin(Duration.ZERO)
			.withThrowableThat()
			.withCauseInstanceOf(RedisCommandTimeoutException.class)
			.withMessageContaining("PING timed out after 1000 ms");
		assertThat(late.isDone()).isFalse();
		assertThat(this.timers).hasSize(1);
	}

	@Test
	void nobodyLooksOnceAllAreAnswered() throws Exception {
		DeadlineWriter writer = writer(TimeoutOptions.enabled());
		writer.setTimeout(SECOND);
		write(writer).complete();
		look();
		assertThat(this.timers).isEmpty();
		write(writer);
		assertThat(this.timers).hasSize(1);
	}

	@Test
	void anAnsweredCommandIsForgottenBehindOneThatIsNot() throws Exception {
		DeadlineWriter writer = writer(TimeoutOptions.enabled());
		writer.setTimeout(SECOND);
		AsyncCommand<String, String, String> waiting = write(writer);
		AsyncCommand<String, String, String> answered = write(writer);
		answered.complete();
		this.now += SECOND.toNanos();
		look();
		assertThat(waiting).isCompletedExceptionally();
		assertThat(answered).isCompleted();
		assertThat(this.timers).isEmpty();
	}

	@Test
	void severalCommandsWrittenAtOnceAreAllWatched() throws Exception {
		DeadlineWriter writer = writer(TimeoutOptions.enabled());
		writer.setTimeout(SECOND);
		List<AsyncCommand<String, String, String>> commands = List.of(command(), command());
		writer.write(commands);
		BDDMockito.then(this.delegate).should().write(commands);
		this.now += SECOND.toNanos();
		look();
		assertThat(commands).allMatch(AsyncCommand::isDone);
	}

	@Test
	void eachCommandHasTheTimeThatItsSourceGivesIt() throws Exception {
		DeadlineWriter writer = writer(TimeoutOptions.builder().timeoutSource(new TimeoutOptions.TimeoutSource() {

			private long timeout = 3;

			@Override
			public long getTimeout(RedisCommand<?, ?, ?> command) {
				return --this.timeout;
			}

			@Override
			public TimeUnit getTimeUnit() {
				return TimeUnit.SECONDS;
			}

		}).build());
		AsyncCommand<String, String, String> two = write(writer);
		AsyncCommand<String, String, String> one = write(writer);
		AsyncCommand<String, String, String> none = write(writer);
		this.now += SECOND.toNanos();
		look();
		assertThat(one.isDone()).isTrue();
		assertThat(two.isDone()).isFalse();
		this.now += SECOND.toNanos();
		look();
		assertThat(two.isDone()).isTrue();
		assertThat(none.isDone()).isFalse();
		assertThat(this.timers).isEmpty();
	}

	@Test
	void aCommandWhoseSenderWaitsForItNeedsNoTimer() {
		DeadlineWriter writer = writer(TimeoutOptions.enabled());
		writer.setTimeout(SECOND);
		writer.write(awaited());
		assertThat(this.timers).isEmpty();
		writer = writer(TimeoutOptions.builder().timeoutSource(new CommandTimeouts(SECOND)).build());
		writer.write(awaited());
		assertThat(this.timers).isEmpty();
	}

	@Test
	void aSenderMightWaitLongerThanAnApplicationsOwnSourceAllows() {
		DeadlineWriter writer = writer(TimeoutOptions.builder().fixedTimeout(SECOND).build());
		writer.write(awaited());
		assertThat(this.timers).hasSize(1);
	}

	@Test
	void aCommandTimesOutOnTheTimersThreadOnceThereIsNoOther() throws Exception {
		BDDMockito.willThrow(RejectedExecutionException.class).given(this.executor).execute(any());
		DeadlineWriter writer = writer(TimeoutOptions.enabled());
		writer.setTimeout(SECOND);
		AsyncCommand<String, String, String> command = write(writer);
		this.now += SECOND.toNanos();
		look();
		assertThat(command).isCompletedExceptionally();
	}

	@Test
	void aCommandTimesOutOnTheTimersThreadIfNoOtherCanBeStarted() throws Exception {
		BDDMockito.willThrow(StackOverflowError.class).given(this.executor).execute(any());
		DeadlineWriter writer = writer(TimeoutOptions.enabled());
		writer.setTimeout(SECOND);
		AsyncCommand<String, String, String> command = write(writer);
		this.now += SECOND.toNanos();
		look();
		assertThat(command).isCompletedExceptionally();
	}

	@Test
	void aTimerThatCannotBeStartedIsStartedWithTheNextCommand() {
		this.timerFailure = new StackOverflowError("none left");
		DeadlineWriter writer = writer(TimeoutOptions.enabled());
		writer.setTimeout(SECOND);
		assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> write(writer));
		this.timerFailure = null;
		write(writer);
		assertThat(this.timers).hasSize(1);
	}

	@Test
	void aLookThatFailsIsRepeated() throws Exception {
		DeadlineWriter writer = writer(TimeoutOptions.enabled());
		writer.setTimeout(SECOND);
		AsyncCommand<String, String, String> command = write(writer);
		this.clockFailure = new StackOverflowError("none left");
		assertThatExceptionOfType(StackOverflowError.class).isThrownBy(this::look);
		this.clockFailure = null;
		this.now += SECOND.toNanos();
		look();
		assertThat(command).isCompletedExceptionally();
	}

	@Test
	void itReplacesOnlyAWriterThatStartsTimers() {
		ClientOptions options = ClientOptions.builder().timeoutOptions(TimeoutOptions.enabled()).build();
		assertThat(DeadlineWriter.insteadOf(this.delegate, options, this.resources)).isSameAs(this.delegate);
		RedisChannelWriter replaced = DeadlineWriter
			.insteadOf(new CommandExpiryWriter(this.delegate, options, this.resources), options, this.resources);
		assertThat(replaced).isInstanceOfSatisfying(DeadlineWriter.class,
				(writer) -> assertThat(writer.getDelegate()).isSameAs(this.delegate));
	}

	private void look() throws Exception {
		this.timers.remove().run(Mockito.mock(Timeout.class));
	}

	private DeadlineWriter writer(TimeoutOptions timeouts) {
		return new DeadlineWriter(this.delegate, ClientOptions.builder().timeoutOptions(timeouts).build(),
				this.resources, () -> {
					throwIfPresent(this.clockFailure);
					return this.now;
				});
	}

	private static void throwIfPresent(@Nullable Error failure) {
		if (failure != null) {
			throw failure;
		}
	}

	private AsyncCommand<String, String, String> write(DeadlineWriter writer) {
		AsyncCommand<String, String, String> command = command();
		writer.write((RedisCommand<String, String, String>) command);
		BDDMockito.then(this.delegate).should().write(ArgumentMatchers.same((RedisCommand<?, ?, ?>) command));
		return command;
	}

	private static AsyncCommand<String, String, String> command() {
		return new AsyncCommand<>(ping());
	}

	private static Command<String, String, String> ping() {
		return new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8));
	}

	private static RedisCommand<String, String, String> awaited() {
		return new DrivenCommand<>(ping()) {

			@Override
			protected @Nullable DrivenEventLoop eventLoop() {
				return null;
			}

			@Override
			public boolean isAlwaysAwaited() {
				return true;
			}

		};
	}

}
