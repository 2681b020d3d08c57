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

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.github.lettucepool.internal.transport.FailedCommands;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link CommandExpiry}.
 */
@Tag("unit")
class CommandExpiryTests {

	private static final Duration TIMEOUT = Duration.ofNanos(100);

	private final Queue<RedisCommand<?, ?, ?>> underWay = new ArrayDeque<>();

	private final CommandExpiry expiry = new CommandExpiry(this.underWay);

	@Test
	void aCommandIsOverdueOnceItWasNotedForTheTimeout() {
		RedisCommand<?, ?, ?> command = send();
		this.expiry.note(0, TIMEOUT);
		assertThat(this.expiry.overdue(99, TIMEOUT)).isEmpty();
		assertThat(this.expiry.overdue(100, TIMEOUT)).containsExactly(command);
	}

	@Test
	void aCommandThatWasNeverNotedIsNotOverdue() {
		send();
		assertThat(this.expiry.overdue(1000, TIMEOUT)).isEmpty();
	}

	@Test
	void youngerCommandsAreNotOverdue() {
		RedisCommand<?, ?, ?> first = send();
		RedisCommand<?, ?, ?> second = send();
		this.expiry.note(0, TIMEOUT);
		RedisCommand<?, ?, ?> third = send();
		this.expiry.note(50, TIMEOUT);
		RedisCommand<?, ?, ?> fourth = send();
		assertThat(this.expiry.overdue(149, TIMEOUT)).containsExactly(first, second);
		assertThat(this.expiry.overdue(150, TIMEOUT)).containsExactly(first, second, third);
		this.expiry.note(150, TIMEOUT);
		assertThat(this.expiry.overdue(250, TIMEOUT)).containsExactly(first, second, third, fourth);
	}

	@Test
	void nothingIsOverdueIfTheYoungestThatWasNotedIsAnswered() {
		IntStream.range(0, 10).forEach((i) -> send());
		this.expiry.note(0, TIMEOUT);
		IntStream.range(0, 10).forEach((i) -> answer());
		IntStream.range(0, 10).forEach((i) -> send());
		assertThat(this.expiry.overdue(100, TIMEOUT)).isEmpty();
	}

	@Test
	void answeredCommandsAreNotOverdueWhileTheirSuccessorsAre() {
		send();
		RedisCommand<?, ?, ?> second = send();
		this.expiry.note(0, TIMEOUT);
		answer();
		assertThat(this.expiry.overdue(100, TIMEOUT)).containsExactly(second);
	}

	@Test
	void cancelledCommandsDoNotConfuseIt() {
		// They stay among those under way until their replies come.
		RedisCommand<?, ?, ?> first = send();
		IntStream.range(0, 5000).forEach((i) -> send().cancel());
		RedisCommand<?, ?, ?> middle = send();
		IntStream.range(0, 5000).forEach((i) -> send().cancel());
		this.expiry.note(0, TIMEOUT);
		RedisCommand<?, ?, ?> young = send();
		IntStream.range(0, 5000).forEach((i) -> send().cancel());
		this.expiry.note(10, TIMEOUT);
		assertThat(this.expiry.overdue(100, TIMEOUT)).containsExactly(first, middle);
		assertThat(this.expiry.overdue(110, TIMEOUT)).containsExactly(first, middle, young);
	}

	@Test
	void aConnectionThatGoesOnAfterATimeoutStartsAnew() {
		RedisCommand<?, ?, ?> late = send();
		this.expiry.note(0, TIMEOUT);
		this.expiry.overdue(100, TIMEOUT).forEach((command) -> FailedCommands.timedOut(command, TIMEOUT));
		this.expiry.note(100, TIMEOUT);
		RedisCommand<?, ?, ?> next = send();
		this.underWay.remove(late);
		this.expiry.note(150, TIMEOUT);
		assertThat(this.expiry.overdue(249, TIMEOUT)).isEmpty();
		assertThat(this.expiry.overdue(250, TIMEOUT)).containsExactly(next);
	}

	@Test
	void detachedItGoesOnWithTheCommandsThatWereUnderWay() {
		RedisCommand<?, ?, ?> command = send();
		this.expiry.note(0, TIMEOUT);
		this.expiry.detach();
		this.underWay.clear();
		assertThat(this.expiry.pending()).isNotEmpty().containsExactly(command);
		assertThat(this.expiry.overdue(100, TIMEOUT)).isNotEmpty().containsExactly(command);
		command.cancel();
		assertThat(this.expiry.pending()).isEmpty();
	}

	@Test
	void itWorksOnAQueueThatOthersFill() {
		Queue<RedisCommand<?, ?, ?>> queue = new ConcurrentLinkedQueue<>();
		CommandExpiry expiry = new CommandExpiry(queue);
		RedisCommand<?, ?, ?> first = command();
		RedisCommand<?, ?, ?> second = command();
		queue.add(first);
		queue.add(second);
		expiry.note(0, TIMEOUT);
		queue.add(command());
		assertThat(expiry.overdue(100, TIMEOUT)).isNotEmpty().containsExactly(first, second);
	}

	@Test
	void anExpiredCommandSaysWhatItWasAndHowLongItHad() {
		AsyncCommand<String, String, String> command = command();
		FailedCommands.timedOut(command, Duration.ofMillis(1500));
		assertThat(command.toCompletableFuture()).failsWithin(Duration.ZERO)
			.withThrowableThat()
			.withCauseInstanceOf(RedisCommandTimeoutException.class)
			.withMessageContaining("PING timed out after 1500 ms");
	}

	@Test
	void whatFailsInACallbackDoesNotSpreadToTheNextCommand() {
		RedisCommand<?, ?, ?> failing = new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8)) {

			@Override
			public boolean completeExceptionally(Throwable throwable) {
				throw new IllegalStateException("a callback");
			}

		};
		FailedCommands.timedOut(failing, TIMEOUT);
		FailedCommands.fail(failing, new AssertionError());
		assertThat(failing.isDone()).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "1, 10", "400, 20", "1000, 50", "10000, 500", "60000, 500" })
	void itLooksTwentyTimesPerTimeoutWithinBounds(long timeout, long interval) {
		assertThat(CommandExpiry.interval(Duration.ofMillis(timeout))).isEqualTo(Duration.ofMillis(interval));
	}

	@Test
	void notesDoNotKeepRepliesInMemory() {
		Supplier<WeakReference<?>> sendAndAnswer = () -> {
			RedisCommand<?, ?, ?> command = send();
			this.expiry.note(0, TIMEOUT);
			this.underWay.clear();
			return new WeakReference<>(command);
		};
		WeakReference<?> reference = sendAndAnswer.get();
		await().until(() -> {
			System.gc();
			return reference.get() == null;
		});
		assertThat(this.expiry.overdue(100, TIMEOUT)).isEmpty();
	}

	private RedisCommand<?, ?, ?> send() {
		RedisCommand<?, ?, ?> command = command();
		this.underWay.add(command);
		return command;
	}

	private void answer() {
		this.underWay.remove().complete();
	}

	private static AsyncCommand<String, String, String> command() {
		return new AsyncCommand<>(new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8)));
	}

}
