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
package io.github.lettucepool;

import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What a borrower left behind on its connection is put back, or the connection is closed.
 */
interface HygieneContract extends PoolContract {

	@Test
	default void aCleanReturnSendsNothing() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		pool.open(1);
		resetCalls();
		for (int i = 0; i < 10; i++) {
			Borrowed borrowed = pool.borrow();
			borrowed.call("ECHO", "hello");
			borrowed.giveBack();
		}
		assertThat(calls()).isEqualTo(Map.of("echo", 10));
	}

	@Test
	default void aReturnAfterACompleteTransactionSendsNothing() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		pool.open(1);
		resetCalls();
		Borrowed borrowed = pool.borrow();
		borrowed.call("WATCH", "key");
		Borrowed.reply(borrowed.commands().multi().toCompletableFuture());
		CompletableFuture<String> set = borrowed.send("SET", "key", "value");
		Borrowed.reply(borrowed.commands().exec().toCompletableFuture());
		Borrowed.reply(set);
		borrowed.giveBack();
		borrowed = pool.borrow();
		borrowed.call("WATCH", "key");
		borrowed.call("UNWATCH");
		borrowed.giveBack();
		assertThat(calls()).isEqualTo(Map.of("watch", 2, "multi", 1, "set", 1, "exec", 1, "unwatch", 1));
	}

	@Test
	default void anOpenTransactionIsDiscardedOnTheSameConnection() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		long id = borrowed.id();
		Borrowed.reply(borrowed.commands().multi().toCompletableFuture());
		borrowed.send("SET", "key", "value");
		borrowed.giveBack();
		Borrowed next = pool.borrow();
		assertThat(next.id()).isEqualTo(id);
		assertThat(next.call("EXISTS", "key")).isEqualTo("0");
		next.giveBack();
		assertThat(calls("discard")).isOne();
		assertThat(pool.events().closeReasons()).isEmpty();
	}

	@Test
	default void watchedKeysAreUnwatchedOnTheSameConnection() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		long id = borrowed.id();
		borrowed.call("WATCH", "key");
		borrowed.giveBack();
		server().execute("SET", "key", "changed");
		Borrowed next = pool.borrow();
		assertThat(next.id()).isEqualTo(id);
		Borrowed.reply(next.commands().multi().toCompletableFuture());
		next.send("SET", "key", "mine");
		assertThat(Borrowed.reply(next.commands().exec().toCompletableFuture()).wasDiscarded()).isFalse();
		next.giveBack();
		assertThat(server().execute("GET", "key")).isEqualTo("mine");
	}

	@Test
	default void anotherDatabaseIsPutBackOnTheSameConnection() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		long id = borrowed.id();
		borrowed.call("SELECT", "5");
		borrowed.giveBack();
		Borrowed next = pool.borrow();
		assertThat(next.id()).isEqualTo(id);
		assertThat(next.call("CLIENT", "INFO")).contains(" db=0 ");
		next.giveBack();
		assertThat(calls("select")).isEqualTo(2);
	}

	@Test
	default void autoFlushIsPutBackOnTheSameConnectionWithoutARoundTrip() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		long id = borrowed.id();
		resetCalls();
		borrowed.connection().setAutoFlushCommands(false);
		borrowed.giveBack();
		assertThat(calls()).isEmpty();
		Borrowed next = pool.borrow();
		assertThat(next.id()).isEqualTo(id);
		next.giveBack();
	}

	@Test
	default void commandsThatAreFlushedKeepTheirPlaceAmongThoseThatNeedNoFlush() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		// In a cluster this opens the connection to the node of the key. What is sent
		// before that is there waits for it, and is not flushed by hand.
		assertThat(Borrowed.reply(borrowed.sendWithKey("EXISTS", "order"))).isEqualTo("0");
		for (int i = 0; i < 300; i++) {
			borrowed.sendWithKey("APPEND", "order", "a");
			borrowed.connection().setAutoFlushCommands(false);
			borrowed.sendWithKey("APPEND", "order", "b");
			borrowed.connection().flushCommands();
			borrowed.connection().setAutoFlushCommands(true);
			borrowed.sendWithKey("APPEND", "order", "c");
		}
		assertThat(Borrowed.reply(borrowed.sendWithKey("GET", "order"))).isEqualTo("abc".repeat(300));
		borrowed.giveBack();
	}

	@Test
	default void commandsThatWereNeverFlushedAreSentForNobody() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		borrowed.connection().setAutoFlushCommands(false);
		borrowed.sendWithKey("SET", "key", "value");
		borrowed.giveBack();
		Borrowed next = pool.borrow();
		assertThat(next.call("EXISTS", "key")).isEqualTo("0");
		next.connection().flushCommands();
		assertThat(next.call("EXISTS", "key")).isEqualTo("0");
		next.giveBack();
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.REPLY_OUTSTANDING);
	}

	@Test
	default void allOfItTogetherIsPutBackOnTheSameConnection() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		long id = borrowed.id();
		borrowed.call("SELECT", "5");
		borrowed.call("WATCH", "key");
		Borrowed.reply(borrowed.commands().multi().toCompletableFuture());
		borrowed.send("SELECT", "6");
		borrowed.connection().setAutoFlushCommands(false);
		borrowed.giveBack();
		Borrowed next = pool.borrow();
		assertThat(next.id()).isEqualTo(id);
		assertThat(next.call("CLIENT", "INFO")).contains(" db=0 ", " flags=N ");
		next.giveBack();
	}

	@Test
	default void aTransactionThatWasOpenedWhileAnotherOneEndedIsDiscarded() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		borrowed.commands().multi();
		borrowed.commands().exec();
		Borrowed.reply(borrowed.commands().multi().toCompletableFuture());
		borrowed.giveBack();
		Borrowed next = pool.borrow();
		assertThat(next.call("CLIENT", "INFO")).contains(" flags=N ");
		next.giveBack();
	}

	@Test
	default void keysThatWereWatchedWhileATransactionEndedAreUnwatched() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		borrowed.commands().multi();
		borrowed.commands().exec();
		borrowed.call("WATCH", "key");
		borrowed.giveBack();
		server().execute("SET", "key", "changed");
		Borrowed next = pool.borrow();
		Borrowed.reply(next.commands().multi().toCompletableFuture());
		assertThat(Borrowed.reply(next.commands().exec().toCompletableFuture()).wasDiscarded()).isFalse();
		next.giveBack();
	}

	@Test
	default void aTransactionWhoseEndIsNotAnsweredYetDoesNotCountAsEnded() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		Borrowed.reply(borrowed.commands().multi().toCompletableFuture());
		server().pause();
		CompletableFuture<?> end = borrowed.commands().exec().toCompletableFuture();
		borrowed.giveBack();
		assertThat(pool.idle()).isZero();
		server().resume();
		await().until(end::isDone);
		Borrowed next = pool.borrow();
		assertThat(next.call("CLIENT", "INFO")).contains(" flags=N ");
		next.giveBack();
		assertThat(pool.events().closeReasons()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "MULTI", "WATCH key", "SELECT 5" })
	default void aConnectionThatCannotBePutInOrderSinceTheServerIsSilentHasAReplyOutstanding(String command) {
		TestedPool pool = start((settings) -> settings.maxSize(1).validationTimeout(Duration.ofMillis(50)));
		Borrowed borrowed = pool.borrow();
		change(borrowed, command);
		server().pause();
		borrowed.giveBack();
		await().until(() -> !pool.events().closeReasons().isEmpty());
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.REPLY_OUTSTANDING);
	}

	@Test
	default void aTransactionWhoseEndIsNeverAnsweredLeavesAReplyOutstanding() {
		TestedPool pool = start((settings) -> settings.maxSize(1).validationTimeout(Duration.ofMillis(50)));
		Borrowed borrowed = pool.borrow();
		change(borrowed, "MULTI");
		server().pause();
		borrowed.commands().exec();
		borrowed.giveBack();
		await().until(() -> !pool.events().closeReasons().isEmpty());
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.REPLY_OUTSTANDING);
	}

	@ParameterizedTest
	@ValueSource(strings = { "MULTI", "WATCH key", "SELECT 5" })
	default void aConnectionThatIsLostWhileItIsPutInOrderIsBroken(String command) {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		change(borrowed, command);
		server().pause();
		borrowed.giveBack();
		server().kill();
		await().until(() -> !pool.events().closeReasons().isEmpty());
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.BROKEN);
	}

	private static void change(Borrowed borrowed, String command) {
		if (command.equals("MULTI")) {
			Borrowed.reply(borrowed.commands().multi().toCompletableFuture());
			return;
		}
		String[] words = command.split(" ", -1);
		borrowed.call(words[0], words[1]);
	}

	@Test
	default void aTransactionThatTheServerRefusesIsOver() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		pool.open(1);
		Borrowed borrowed = pool.borrow();
		long id = borrowed.id();
		Borrowed.reply(borrowed.commands().multi().toCompletableFuture());
		borrowed.send("NOSUCHCOMMAND");
		assertThat(borrowed.commands().exec().toCompletableFuture()).failsWithin(Duration.ofSeconds(10));
		resetCalls();
		borrowed.giveBack();
		assertThat(calls()).isEmpty();
		Borrowed next = pool.borrow();
		assertThat(next.id()).isEqualTo(id);
		next.giveBack();
	}

	@ParameterizedTest
	@ValueSource(strings = { "CLIENT REPLY OFF", "CLIENT REPLY SKIP", "CLIENT TRACKING ON", "CLIENT NO-EVICT ON",
			"CLIENT SETNAME other", "client no-evict on", "MONITOR", "AUTH default any", "HELLO 3", "READONLY",
			"ASKING", "SUBSCRIBE news", "PSUBSCRIBE news*", "RESET", "QUIT" })
	default void aConnectionWithRarerStateIsClosed(String command) {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		long id = borrowed.id();
		String[] words = command.split(" ", -1);
		String[] arguments = Arrays.copyOfRange(words, 1, words.length);
		resetCalls();
		borrowed.send(words[0], arguments);
		// Servers before 7.0 do not count QUIT.
		await().until(() -> !calls().isEmpty() || connections() == 0);
		borrowed.giveBack();
		Borrowed next = pool.borrow();
		assertThat(next.id()).isNotEqualTo(id);
		assertThat(next.call("CLIENT", "INFO")).contains(" user=default ", " flags=N ", " name= ", " sub=0 ");
		next.giveBack();
		assertThat(pool.events().closeReasons()).hasSize(1)
			.containsAnyOf(CloseReason.UNCLEAN, CloseReason.REPLY_OUTSTANDING, CloseReason.BROKEN);
	}

	@ParameterizedTest
	@ValueSource(strings = { "CLIENT ID", "CLIENT GETNAME", "client info", "CLIENT LIST", "PING", "INFO server" })
	default void aCommandThatOnlyAsksLeavesTheConnectionInThePool(String command) {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		String[] words = command.split(" ", -1);
		borrowed.call(words[0], Arrays.copyOfRange(words, 1, words.length));
		borrowed.giveBack();
		assertThat(pool.idle()).isOne();
		assertThat(pool.events().closeReasons()).isEmpty();
	}

}
