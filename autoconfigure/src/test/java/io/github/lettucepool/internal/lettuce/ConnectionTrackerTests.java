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

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ConnectionTracker} and {@link TrackedCommand}.
 */
@Tag("unit")
class ConnectionTrackerTests {

	private final ConnectionTracker tracker = new ConnectionTracker(new Router());

	@Test
	void aNewConnectionIsClean() {
		assertThat(this.tracker.isReplyOutstanding()).isFalse();
		assertThat(this.tracker.isChanged()).isFalse();
		assertThat(this.tracker.isUnclean()).isFalse();
		assertThat(this.tracker.isReadOnly()).isFalse();
		assertThat(this.tracker.isAutoFlushOff()).isFalse();
	}

	@Test
	void aReplyIsOutstandingUntilEachCommandIsAnswered() {
		RedisCommand<?, ?, ?> one = send(CommandType.GET);
		RedisCommand<?, ?, ?> other = send(CommandType.SET);
		assertThat(this.tracker.isReplyOutstanding()).isTrue();
		one.complete();
		assertThat(this.tracker.isReplyOutstanding()).isTrue();
		one.complete();
		assertThat(this.tracker.isReplyOutstanding()).isTrue();
		other.complete();
		assertThat(this.tracker.isReplyOutstanding()).isFalse();
		assertThat(this.tracker.isChanged()).isFalse();
		assertThat(this.tracker.isUnclean()).isFalse();
	}

	@ParameterizedTest
	@EnumSource(value = CommandType.class, names = { "EXEC", "DISCARD" })
	void aTransactionIsOpenUntilItsEndIsAnswered(CommandType ending) {
		RedisCommand<?, ?, ?> multi = send(CommandType.MULTI);
		assertThat(this.tracker.isTransactionOpen()).isTrue();
		assertThat(this.tracker.isWatching()).isFalse();
		assertThat(this.tracker.isChanged()).isTrue();
		multi.complete();
		RedisCommand<?, ?, ?> end = send(ending);
		assertThat(this.tracker.isTransactionOpen()).isTrue();
		end.complete();
		assertThat(this.tracker.isTransactionOpen()).isFalse();
		assertThat(this.tracker.isChanged()).isFalse();
	}

	@Test
	void theEndOfATransactionDoesNotEndOneThatBeganAfterIt() {
		send(CommandType.MULTI).complete();
		RedisCommand<?, ?, ?> exec = send(CommandType.EXEC);
		send(CommandType.MULTI);
		exec.complete();
		assertThat(this.tracker.isTransactionOpen()).isTrue();
	}

	@ParameterizedTest
	@EnumSource(value = CommandType.class, names = { "EXEC", "DISCARD", "UNWATCH" })
	void keysAreWatchedUntilTheEndOfThatIsAnswered(CommandType ending) {
		send(CommandType.WATCH);
		assertThat(this.tracker.isWatching()).isTrue();
		assertThat(this.tracker.isTransactionOpen()).isFalse();
		assertThat(this.tracker.isChanged()).isTrue();
		RedisCommand<?, ?, ?> end = send(ending);
		assertThat(this.tracker.isWatching()).isTrue();
		end.complete();
		assertThat(this.tracker.isWatching()).isFalse();
	}

	@Test
	void anUnwatchWithinATransactionIsOnlyQueued() {
		send(CommandType.WATCH).complete();
		send(CommandType.MULTI).complete();
		send(CommandType.UNWATCH).complete();
		assertThat(this.tracker.isWatching()).isTrue();
		send(CommandType.EXEC).complete();
		assertThat(this.tracker.isWatching()).isFalse();
	}

	@Test
	void anUnwatchThatIsRefusedEndsNothing() {
		send(CommandType.WATCH).complete();
		answer(send(CommandType.UNWATCH), "NOPERM no");
		assertThat(this.tracker.isWatching()).isTrue();
	}

	@ParameterizedTest
	@EnumSource(value = CommandType.class, names = { "EXEC", "DISCARD" })
	void theEndOfATransactionThatThereIsNotEndsNoWatch(CommandType ending) {
		send(CommandType.WATCH).complete();
		answer(send(ending), "ERR %s without MULTI".formatted(ending));
		assertThat(this.tracker.isWatching()).isTrue();
	}

	@Test
	void aTransactionThatIsAbortedEndsTheWatch() {
		send(CommandType.WATCH).complete();
		send(CommandType.MULTI).complete();
		answer(send(CommandType.EXEC), "EXECABORT Transaction discarded because of previous errors.");
		assertThat(this.tracker.isChanged()).isFalse();
	}

	@Test
	void anUnwatchEndsNoWatchThatWasSentAfterIt() {
		send(CommandType.WATCH).complete();
		RedisCommand<?, ?, ?> unwatch = send(CommandType.UNWATCH);
		send(CommandType.WATCH);
		unwatch.complete();
		assertThat(this.tracker.isWatching()).isTrue();
	}

	@Test
	void aSelectedDatabaseIsRememberedUntilItIsRestored() {
		send(CommandType.SELECT).complete();
		assertThat(this.tracker.isDatabaseSelected()).isTrue();
		assertThat(this.tracker.isChanged()).isTrue();
		this.tracker.databaseRestored();
		assertThat(this.tracker.isDatabaseSelected()).isFalse();
		assertThat(this.tracker.isChanged()).isFalse();
	}

	@Test
	void autoFlushIsRememberedWhileItIsOff() {
		this.tracker.autoFlush(false);
		assertThat(this.tracker.isAutoFlushOff()).isTrue();
		assertThat(this.tracker.isChanged()).isFalse();
		this.tracker.autoFlush(true);
		assertThat(this.tracker.isAutoFlushOff()).isFalse();
	}

	@ParameterizedTest
	@EnumSource(value = CommandType.class, names = { "MONITOR", "AUTH", "HELLO", "READONLY", "READWRITE", "ASKING",
			"QUIT", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE" })
	void whatCannotBeTakenBackSpoilsAConnection(CommandType type) {
		assertThat(changesConnection(command(type, null))).isTrue();
		send(type).complete();
		assertThat(this.tracker.isUnclean()).isTrue();
		assertThat(this.tracker.isChanged()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "reset", "Sync", "PSYNC", "Monitor" })
	void aCommandIsKnownByItsNameHoweverItIsWritten(String name) {
		RedisCommand<String, String, String> command = command(new Keyword(name), null);
		assertThat(changesConnection(command)).isTrue();
		this.tracker.track(command);
		assertThat(this.tracker.isUnclean()).isTrue();
	}

	@Test
	void anOrdinaryCommandChangesNothing() {
		assertThat(changesConnection(command(CommandType.GET, null))).isFalse();
		this.tracker.track(command(new Keyword("MY.COMMAND"), null)).complete();
		assertThat(this.tracker.isMarked()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "GETNAME", "GETREDIR", "HELP", "ID", "INFO", "KILL", "LIST", "PAUSE", "TRACKINGINFO",
			"UNBLOCK", "UNPAUSE", "list", "kill id 4" })
	void mostOfClientIsHarmless(String arguments) {
		assertThat(changesConnection(client(arguments))).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "REPLY OFF", "SETNAME LIST", "TRACKING ON", "NO-EVICT ON", "caching yes" })
	void someOfClientSpoilsAConnection(String arguments) {
		assertThat(changesConnection(client(arguments))).isTrue();
		this.tracker.track(client(arguments));
		assertThat(this.tracker.isUnclean()).isTrue();
	}

	@Test
	void whatOfClientWasMeantIsNotKnownWithoutArguments() {
		assertThat(changesConnection(command(CommandType.CLIENT, null))).isTrue();
	}

	@Test
	void thatTheServerOnlyReadsIsRememberedUntilItIsForgotten() {
		answer(send(CommandType.SET), "ERR READONLY is not at the beginning");
		assertThat(this.tracker.isReadOnly()).isFalse();
		answer(send(CommandType.SET), "READONLY You can't write against a read only replica.");
		assertThat(this.tracker.isReadOnly()).isTrue();
		assertThat(this.tracker.isReplyOutstanding()).isFalse();
		this.tracker.forgetReadOnly();
		assertThat(this.tracker.isReadOnly()).isFalse();
	}

	@Test
	void serversBefore7SayFirstWhereInTheScriptItHappened() {
		answer(send(CommandType.EVAL), "ERR Error running script (call to f_88c9): @user_script:1: @user_script: 1: "
				+ "-READONLY You can't write against a read only replica.");
		assertThat(this.tracker.isReadOnly()).isTrue();
	}

	@Test
	void theReplyOfACommandThatTimedOutOrWasCancelledIsStillOutstanding() {
		send(CommandType.GET).completeExceptionally(new RedisCommandTimeoutException("late"));
		assertThat(this.tracker.isReplyOutstanding()).isTrue();
		ConnectionTracker other = new ConnectionTracker(new Router());
		other.track(command(CommandType.GET, null)).completeExceptionally(new CancellationException());
		assertThat(other.isReplyOutstanding()).isTrue();
	}

	@Test
	void whatASocketThrowsSaysThatTheConnectionWasLost() {
		AsyncCommand<String, String, String> command = new AsyncCommand<>(command(CommandType.GET, null));
		this.tracker.track(command).completeExceptionally(new IOException("reset by peer"));
		assertThat(this.tracker.isReplyOutstanding()).isFalse();
		assertThatExceptionOfType(Exception.class).isThrownBy(command::get)
			.havingCause()
			.isInstanceOf(RedisConnectionException.class)
			.withMessage("The connection was lost before the reply arrived")
			.withCauseInstanceOf(IOException.class);
	}

	@ParameterizedTest
	@ValueSource(strings = { "Connection closed", "Connection is closed",
			"Currently not connected. Commands are rejected." })
	void whatLettuceSaysOfALostConnectionSaysThatItWasLost(String message) {
		AsyncCommand<String, String, String> command = new AsyncCommand<>(command(CommandType.GET, null));
		this.tracker.track(command).completeExceptionally(new RedisException(message));
		assertThatExceptionOfType(Exception.class).isThrownBy(command::get)
			.havingCause()
			.isInstanceOf(RedisConnectionException.class)
			.withMessage("The connection was lost before the reply arrived");
	}

	@Test
	void whatElseLettuceSaysStaysAsItIs() {
		AsyncCommand<String, String, String> command = new AsyncCommand<>(command(CommandType.GET, null));
		RedisException full = new RedisException("Request queue size exceeded: 1.");
		this.tracker.track(command).completeExceptionally(full);
		assertThatExceptionOfType(Exception.class).isThrownBy(command::get).withCause(full);
	}

	@Test
	void whatIsLostWithItsConnectionSaysThatItWasClosed() {
		AsyncCommand<String, String, String> command = new AsyncCommand<>(command(CommandType.GET, null));
		this.tracker.track(command).cancel();
		assertThat(this.tracker.isReplyOutstanding()).isFalse();
		assertThatExceptionOfType(Exception.class).isThrownBy(command::get)
			.havingCause()
			.isInstanceOf(RedisConnectionException.class)
			.withMessage("The connection was closed before the reply arrived");
	}

	@Test
	void aRouterIsToldWhatBecomesOfCommands() {
		Router router = new Router();
		ConnectionTracker routing = new ConnectionTracker(router);
		fail(routing, new RedisCommandTimeoutException("late"));
		assertThat(router.events).containsExactly("timed out");
		fail(routing, new IOException("reset by peer"));
		assertThat(router.events).containsExactly("timed out", "unanswered");
		fail(routing, new RedisCommandExecutionException("ERR no"));
		fail(routing, new CancellationException());
		assertThat(router.events).hasSize(2);
		routing.router().timedOut();
		assertThat(router.events).containsExactly("timed out", "unanswered", "timed out");
	}

	@Test
	void aCommandThatTimedOutIsNotInFlightWhereItsReplyIsNotHeardOf() {
		Router router = new Router();
		ConnectionTracker routing = new ConnectionTracker(router);
		fail(routing, new RedisCommandTimeoutException("late"));
		assertThat(routing.outstanding()).isEqualTo(1);
		router.awaitingLateReplies = false;
		fail(routing, new RedisCommandTimeoutException("late"));
		assertThat(routing.outstanding()).isEqualTo(1);
	}

	@Test
	void aCommandThatARouterSendsAgainIsNotAnsweredYet() {
		Router router = new Router();
		ConnectionTracker routing = new ConnectionTracker(router);
		RedisCommand<String, String, String> command = routing.track(command(CommandType.GET, null));
		router.sendingAgain = true;
		command.complete();
		assertThat(command.isDone()).isFalse();
		assertThat(routing.isReplyOutstanding()).isTrue();
		router.sendingAgain = false;
		command.complete();
		assertThat(command.isDone()).isTrue();
		assertThat(routing.isReplyOutstanding()).isFalse();
	}

	@Test
	void aCommandKnowsHowManyTimesItWasSentAgain() {
		TrackedCommand<?, ?, ?> command = (TrackedCommand<?, ?, ?>) send(CommandType.GET);
		assertThat(command.sentAgain()).isEqualTo(1);
		assertThat(command.sentAgain()).isEqualTo(2);
	}

	@Test
	void callersSeeTheirOwnCommand() {
		RedisCommand<String, String, String> command = command(CommandType.GET, null);
		assertThat(TrackedCommand.untracked(this.tracker.track(command))).isSameAs(command);
		assertThat(TrackedCommand.untracked(command)).isSameAs(command);
	}

	@Test
	void whoAwaitsRepliesWaitsUntilAllAreThere() throws Exception {
		RedisCommand<?, ?, ?> one = send(CommandType.GET);
		RedisCommand<?, ?, ?> other = send(CommandType.GET);
		Thread waiting = new Thread(() -> this.tracker.awaitReplies(TimeUnit.HOURS.toNanos(1)));
		waiting.start();
		await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
		one.complete();
		assertThat(this.tracker.isReplyOutstanding()).isTrue();
		assertThat(waiting.isAlive()).isTrue();
		other.complete();
		waiting.join(TimeUnit.SECONDS.toMillis(30));
		assertThat(waiting.isAlive()).isFalse();
	}

	@Test
	void whoAwaitsRepliesDoesNotWaitForNothingForEverOrInterrupted() {
		this.tracker.awaitReplies(TimeUnit.HOURS.toNanos(1));
		send(CommandType.GET);
		this.tracker.awaitReplies(0);
		this.tracker.awaitReplies(TimeUnit.MILLISECONDS.toNanos(1));
		Thread.currentThread().interrupt();
		this.tracker.awaitReplies(TimeUnit.HOURS.toNanos(1));
		assertThat(Thread.interrupted()).isTrue();
	}

	private RedisCommand<String, String, String> send(CommandType type) {
		return this.tracker.track(command(type, null));
	}

	private static void answer(RedisCommand<String, String, String> command, String error) {
		CommandOutput<?, ?, ?> output = command.getOutput();
		output.setError(error);
		command.complete();
	}

	private static void fail(ConnectionTracker tracker, Throwable cause) {
		tracker.track(command(CommandType.GET, null)).completeExceptionally(cause);
	}

	private static RedisCommand<String, String, String> client(String arguments) {
		CommandArgs<String, String> args = new CommandArgs<>(StringCodec.UTF8);
		for (String argument : arguments.split(" ", -1)) {
			args.add(argument);
		}
		return command(CommandType.CLIENT, args);
	}

	private static RedisCommand<String, String, String> command(ProtocolKeyword type,
			CommandArgs<String, String> args) {
		return new Command<>(type, new StatusOutput<>(StringCodec.UTF8), args);
	}

	private static boolean changesConnection(RedisCommand<?, ?, ?> command) {
		return CommandEffect.of(command) != CommandEffect.NONE;
	}

	private record Keyword(String text) implements ProtocolKeyword {

		@Override
		public byte[] getBytes() {
			return this.text.getBytes(StandardCharsets.UTF_8);
		}

		@Override
		public String toString() {
			return this.text;
		}

	}

	private static final class Router implements ConnectionTracker.Router {

		private final List<String> events = new ArrayList<>();

		private boolean sendingAgain;

		private boolean awaitingLateReplies = true;

		@Override
		public void unanswered(Throwable cause) {
			this.events.add("unanswered");
		}

		@Override
		public void timedOut() {
			this.events.add("timed out");
		}

		@Override
		public boolean awaitsLateReplies() {
			return this.awaitingLateReplies;
		}

		@Override
		public boolean sendAgain(TrackedCommand<?, ?, ?> command) {
			return this.sendingAgain;
		}

	}

}
