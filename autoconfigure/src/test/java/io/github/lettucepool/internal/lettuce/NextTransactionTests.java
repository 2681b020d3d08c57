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

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.protocol.TransactionalCommand;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link NextTransaction}, on a connection that leads nowhere.
 */
@Tag("unit")
class NextTransactionTests {

	private final EmbeddedChannel channel = new EmbeddedChannel();

	private final List<RedisCommand<?, ?, ?>> unsent = new ArrayList<>();

	private final NextTransaction next = new NextTransaction(this.channel, this.unsent::add);

	@Test
	void theFirstTransactionWaitsForItsMulti() {
		AsyncCommand<String, String, String> multi = write(CommandType.MULTI);
		assertThat(sent()).containsExactly(CommandType.MULTI);
		assertThat(multi).isNotDone();
	}

	@Test
	void whatIsOnlyQueuedLeavesWithExecAndTheNextMulti() {
		write(CommandType.MULTI);
		sent();
		queue(CommandType.SET);
		queue(CommandType.INCR);
		assertThat(sent()).isEmpty();
		write(CommandType.EXEC);
		assertThat(sent()).containsExactly(CommandType.SET, CommandType.INCR, CommandType.EXEC, CommandType.MULTI);
	}

	@Test
	void aTransactionThatHasBegunAlreadySendsNoMulti() {
		begin(null);
		AsyncCommand<String, String, String> multi = write(CommandType.MULTI);
		assertThat(multi).isCompletedWithValue("OK");
		assertThat(sent()).isEmpty();
		write(CommandType.EXEC);
		assertThat(sent()).containsExactly(CommandType.EXEC, CommandType.MULTI);
	}

	@Test
	void aTransactionThatIsAboutToBeginWaitsForTheServer() {
		write(CommandType.EXEC);
		RedisCommand<?, ?, ?> begun = last();
		AsyncCommand<String, String, String> multi = write(CommandType.MULTI);
		assertThat(multi).isNotDone();
		answer(begun, null);
		assertThat(multi).isCompletedWithValue("OK");
	}

	@Test
	void aTransactionThatIsAboutToBeginMayBeRefused() {
		write(CommandType.EXEC);
		RedisCommand<?, ?, ?> begun = last();
		AsyncCommand<String, String, String> multi = write(CommandType.MULTI);
		answer(begun, "NOPERM");
		assertThat(multi).isCompletedExceptionally();
	}

	@Test
	void aTransactionThatIsAboutToBeginMayBeLost() {
		write(CommandType.EXEC);
		RedisCommand<?, ?, ?> begun = last();
		AsyncCommand<String, String, String> multi = write(CommandType.MULTI);
		begun.cancel();
		assertThat(multi).isCompletedExceptionally();
	}

	@Test
	void afterARefusalTheServerIsAskedAnew() {
		begin("NOPERM this user has no permissions to run the 'multi' command");
		AsyncCommand<String, String, String> multi = write(CommandType.MULTI);
		assertThat(multi).isNotDone();
		assertThat(sent()).containsExactly(CommandType.MULTI);
	}

	@Test
	void afterARefusalNothingIsDiscarded() {
		begin("NOPERM this user has no permissions to run the 'multi' command");
		write(CommandType.GET);
		assertThat(sent()).containsExactly(CommandType.GET);
	}

	@ParameterizedTest
	@EnumSource(value = CommandType.class, names = { "GET", "AUTH", "WATCH", "EXEC", "DISCARD" })
	void anythingElseEndsIt(CommandType type) {
		begin(null);
		write(type);
		assertThat(sent()).containsExactly(CommandType.DISCARD, type);
	}

	@Test
	void afterOneThatNobodyWantedAFewBeginNone() {
		begin(null);
		write(CommandType.GET);
		sent();
		for (int i = 0; i < 8; i++) {
			write(CommandType.EXEC);
			assertThat(sent()).containsExactly(CommandType.EXEC);
		}
		write(CommandType.EXEC);
		assertThat(sent()).containsExactly(CommandType.EXEC, CommandType.MULTI);
	}

	@Test
	void thoseWhoWatchBeginNone() {
		write(CommandType.WATCH);
		write(CommandType.MULTI);
		write(CommandType.EXEC);
		assertThat(sent()).containsExactly(CommandType.WATCH, CommandType.MULTI, CommandType.EXEC);
		write(CommandType.EXEC);
		assertThat(sent()).containsExactly(CommandType.EXEC, CommandType.MULTI);
	}

	@Test
	void onlySoManyAreHeldBack() {
		write(CommandType.MULTI);
		IntStream.range(0, 256).forEach((i) -> queue(CommandType.SET));
		assertThat(sent()).hasSize(257);
		queue(CommandType.SET);
		assertThat(sent()).isEmpty();
		write(CommandType.EXEC);
		assertThat(sent()).containsExactly(CommandType.SET, CommandType.EXEC, CommandType.MULTI);
	}

	@Test
	void whatIsHeldBackIsGivenBackWhenTheConnectionIsLost() {
		RedisCommand<?, ?, ?> command = queue(CommandType.SET);
		this.channel.close();
		this.next.lost();
		this.channel.runPendingTasks();
		assertThat(this.unsent).hasSize(1).first().isSameAs(command);
	}

	@Test
	void nothingIsHeldBackOnceTheConnectionIsLost() {
		this.channel.close();
		this.next.lost();
		this.channel.runPendingTasks();
		RedisCommand<?, ?, ?> command = queue(CommandType.SET);
		this.channel.runPendingTasks();
		assertThat(this.unsent).hasSize(1).first().isSameAs(command);
	}

	@Test
	void aDiscardThatIsRefusedClosesTheConnection() {
		begin(null);
		write(CommandType.AUTH);
		RedisCommand<?, ?, ?> discard = batch().get(0);
		answer(discard, "NOPERM this user has no permissions to run the 'discard' command");
		assertThat(this.channel.isOpen()).isFalse();
	}

	@Test
	void aDiscardThatComesTooLateClosesNothing() {
		write(CommandType.EXEC);
		write(CommandType.GET);
		RedisCommand<?, ?, ?> discard = batch().get(2);
		assertThat(discard.getType()).isSameAs(CommandType.DISCARD);
		answer(discard, "ERR DISCARD without MULTI");
		assertThat(this.channel.isOpen()).isTrue();
	}

	@Test
	void aDiscardThatIsLostClosesNothing() {
		begin(null);
		write(CommandType.GET);
		batch().get(0).completeExceptionally(new RedisConnectionException("lost"));
		assertThat(this.channel.isOpen()).isTrue();
	}

	private void begin(String error) {
		write(CommandType.EXEC);
		answer(last(), error);
	}

	private RedisCommand<?, ?, ?> last() {
		List<RedisCommand<?, ?, ?>> batch = batch();
		return batch.get(batch.size() - 1);
	}

	private static void answer(RedisCommand<?, ?, ?> command, String error) {
		if (error != null) {
			command.getOutput().setError(error);
		}
		else {
			command.getOutput().set(ByteBuffer.wrap(new byte[] { 'O', 'K' }));
		}
		command.complete();
	}

	private AsyncCommand<String, String, String> write(CommandType type) {
		AsyncCommand<String, String, String> command = new AsyncCommand<>(
				new Command<>(type, new StatusOutput<>(StringCodec.UTF8)));
		this.next.write(command);
		return command;
	}

	private RedisCommand<?, ?, ?> queue(CommandType type) {
		RedisCommand<String, String, String> command = new TransactionalCommand<>(
				new AsyncCommand<>(new Command<>(type, new StatusOutput<>(StringCodec.UTF8))));
		this.next.write(command);
		return command;
	}

	private List<ProtocolKeyword> sent() {
		return batch().stream().<ProtocolKeyword>map(RedisCommand::getType).toList();
	}

	private List<RedisCommand<?, ?, ?>> batch() {
		this.channel.runPendingTasks();
		List<RedisCommand<?, ?, ?>> sent = new ArrayList<>();
		List<RedisCommand<?, ?, ?>> batch;
		while ((batch = this.channel.readOutbound()) != null) {
			sent.addAll(batch);
		}
		return sent;
	}

}
