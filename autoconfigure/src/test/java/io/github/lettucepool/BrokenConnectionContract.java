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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.RedisCommandExecutionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.RedisConnectionFailureException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * Connections that must not be handed on.
 */
interface BrokenConnectionContract extends PoolContract {

	@Test
	default void aConnectionThatTheServerClosedWhileIdleIsGivenToNobody() {
		TestedPool pool = start((settings) -> settings.maxSize(4));
		pool.open(4);
		killConnections();
		await().until(() -> pool.total() == 0);
		List<Borrowed> borrowed = pool.borrow(4);
		assertThat(borrowed).allSatisfy((one) -> assertThat(one.call("ECHO", "fine")).isEqualTo("fine"));
		borrowed.forEach(Borrowed::giveBack);
		assertThat(pool.events().closeReasons()).hasSize(4).containsOnly(CloseReason.BROKEN);
	}

	@Test
	default void aConnectionThatTheServerClosedAMomentAgoIsFoundByItsPing() {
		TestedPool pool = start((settings) -> settings.maxSize(4)
			.validateAfterIdle(Duration.ZERO)
			.validationTimeout(Duration.ofMillis(500)));
		for (int round = 0; round < 20; round++) {
			pool.open(2);
			killConnections();
			Borrowed borrowed = pool.borrow();
			assertThat(borrowed.call("ECHO", "fine")).isEqualTo("fine");
			borrowed.giveBack();
		}
		assertThat(pool.active()).isZero();
	}

	@Test
	default void aConnectionThatTheServerClosedWhileLentIsClosedWhenItComesBack() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		killConnections();
		assertThatThrownBy(() -> borrowed.call("ECHO", "lost")).isInstanceOf(RuntimeException.class);
		assertThat(pool.active()).isOne();
		borrowed.giveBack();
		await().untilAsserted(() -> assertThat(pool.events().closeReasons()).containsExactly(CloseReason.BROKEN));
		Borrowed next = pool.borrow();
		assertThat(next.call("ECHO", "fine")).isEqualTo("fine");
		next.giveBack();
	}

	@Test
	default void aConnectionWhoseReplyCannotBeReadIsClosedAtOnce() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		assertThat(borrowed.call("ECHO", "fine")).isEqualTo("fine");
		lostBytes().loseNext();
		CompletableFuture<String> lost = borrowed.send("ECHO", "lost");
		CompletableFuture<String> next = borrowed.send("ECHO", "next");
		assertThat(lost).failsWithin(Duration.ofSeconds(20));
		assertThat(next).failsWithin(Duration.ofSeconds(20));
		borrowed.giveBack();
		await().untilAsserted(() -> assertThat(pool.events().closeReasons()).containsExactly(CloseReason.BROKEN));
		Borrowed another = pool.borrow();
		assertThat(another.call("ECHO", "fine")).isEqualTo("fine");
		another.giveBack();
	}

	@Test
	default void whoBlocksOnAConnectionThatTheServerClosesIsToldThatItWasLost() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		CompletableFuture<String> blocked = CompletableFuture.supplyAsync(() -> pool.pop("list"), pool.threads());
		await().until(() -> server().clients().toString().contains("cmd=blpop"));
		killConnections();
		assertThat(blocked).failsWithin(Duration.ofSeconds(20))
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(RedisConnectionFailureException.class);
		await().until(() -> pool.active() == 0);
	}

	@Test
	default void aLentConnectionIsNotOpenedAgainBehindItsBorrower() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		borrowed.call("SET", "counter", "0");
		borrowed.call("INCR", "counter");
		killConnections();
		assertThatThrownBy(() -> borrowed.call("INCR", "counter")).isInstanceOf(RuntimeException.class);
		borrowed.giveBack();
		assertThat(server().execute("GET", "counter")).isEqualTo("1");
		await().until(() -> connections() == 0);
	}

	@Test
	default void aConnectionWithAReplyOutstandingIsClosed() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		long id = borrowed.id();
		borrowed.send("BLPOP", "list", "0");
		await().until(() -> server().clients().toString().contains("cmd=blpop"));
		borrowed.giveBack();
		Borrowed next = pool.borrow();
		assertThat(next.id()).isNotEqualTo(id);
		server().execute("RPUSH", "list", "element");
		assertThat(next.call("LLEN", "list")).isEqualTo("1");
		next.giveBack();
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.REPLY_OUTSTANDING);
	}

	@Test
	default void aCommandTimeoutClosesTheConnection() {
		TestedPool pool = start((settings) -> settings.maxSize(1),
				(client) -> client.commandTimeout(Duration.ofSeconds(2)));
		assertThatThrownBy(() -> pool.pop("list")).hasStackTraceContaining("RedisCommandTimeoutException");
		await().until(() -> pool.active() == 0);
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.REPLY_OUTSTANDING);
		await().until(() -> connections() == 0);
		server().execute("RPUSH", "list", "element");
		assertThat(pool.pop("list")).isEqualTo("element");
	}

	@Test
	@Tag("slow")
	default void aBurstOfTimeoutsEmptiesNoPoolForLong() {
		TestedPool pool = start((settings) -> settings.maxSize(8).minIdle(4),
				// Long enough for a handshake on a busy machine.
				(client) -> client.commandTimeout(Duration.ofSeconds(2)));
		List<CompletableFuture<Void>> callers = new ArrayList<>();
		for (int i = 0; i < 7; i++) {
			callers.add(CompletableFuture.runAsync(() -> {
				for (int round = 0; round < 2; round++) {
					assertThatThrownBy(() -> pool.pop("list")).hasStackTraceContaining("RedisCommandTimeoutException");
				}
			}, pool.threads()));
		}
		while (!callers.stream().allMatch(CompletableFuture::isDone)) {
			Borrowed other = pool.borrow();
			assertThat(other.call("ECHO", "fine")).isEqualTo("fine");
			other.giveBack();
		}
		callers.forEach(Borrowed::reply);
		await().until(() -> pool.active() == 0 && pool.idle() >= 4 && pool.total() == connections());
		assertThat(pool.events().closedFor(CloseReason.REPLY_OUTSTANDING)).isEqualTo(14);
		// The other codec's idle connections may have had to make room.
		assertThat(pool.events().closeReasons()).isSubsetOf(CloseReason.REPLY_OUTSTANDING, CloseReason.ROOM);
		pool.borrow(8).forEach(Borrowed::giveBack);
		assertThat(pool.events().timedOutCount()).isZero();
	}

	@Test
	default void anInterruptedBlockingCommandClosesItsConnectionAndKeepsTheFlag() throws Exception {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		CompletableFuture<Boolean> flag = new CompletableFuture<>();
		Thread popping = new Thread(() -> {
			try {
				pool.pop("list");
				flag.complete(false);
			}
			catch (RuntimeException ex) {
				flag.complete(Thread.currentThread().isInterrupted());
			}
		});
		popping.start();
		await().until(() -> server().clients().toString().contains("cmd=blpop"));
		popping.interrupt();
		assertThat(flag.get(10, TimeUnit.SECONDS)).isTrue();
		await().until(() -> pool.active() == 0);
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.REPLY_OUTSTANDING);
		// Or the server gives the element to the one that is closed.
		await().until(() -> connections() == 0);
		server().execute("RPUSH", "list", "element");
		assertThat(pool.pop("list")).isEqualTo("element");
	}

	@Test
	default void connectionsThatAnsweredReadonlyAreRetiredAtABoundedRate() {
		TestedPool pool = start((settings) -> settings.maxSize(12));
		List<Borrowed> borrowed = pool.borrow(12);
		server().execute("REPLICAOF", "127.0.0.1", "1");
		try {
			for (Borrowed each : borrowed) {
				assertThatExceptionOfType(RedisCommandExecutionException.class)
					.isThrownBy(() -> each.call("SET", "key", "value"))
					.withMessageStartingWith("READONLY");
			}
		}
		finally {
			server().execute("REPLICAOF", "NO", "ONE");
		}
		borrowed.forEach(Borrowed::giveBack);
		assertThat(pool.events().closeReasons()).containsOnly(CloseReason.READ_ONLY).hasSizeBetween(1, 11);
		assertThat(pool.idle()).isPositive();
		pool.borrow(12).forEach((each) -> {
			each.call("SET", "key", "value");
			each.giveBack();
		});
		assertThat(pool.idle()).isEqualTo(12);
	}

	@Test
	default void aReadonlyAnswerToAScriptCountsToo() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		server().execute("REPLICAOF", "127.0.0.1", "1");
		try {
			assertThatThrownBy(() -> borrowed.call("EVAL", "return redis.call('SET', 'key', 'value')", "0"))
				.hasMessageContaining("READONLY");
		}
		finally {
			server().execute("REPLICAOF", "NO", "ONE");
		}
		borrowed.giveBack();
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.READ_ONLY);
	}

}
