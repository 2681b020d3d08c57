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
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;
import org.springframework.data.redis.RedisConnectionFailureException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Waiting for a connection.
 */
interface WaitingContract extends PoolContract {

	@Test
	default void aBorrowerThatWaitsGetsTheConnectionThatComesBack() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed first = pool.borrow();
		long id = first.id();
		CompletableFuture<Borrowed> second = pool.borrowLaterAndWait();
		assertThat(second).isNotDone();
		first.giveBack();
		assertThat(Borrowed.reply(second).id()).isEqualTo(id);
		Borrowed.reply(second).giveBack();
		assertThat(pool.pending()).isZero();
	}

	@Test
	default void aNegativeMaxWaitWaitsForAsLongAsItTakes() {
		TestedPool pool = start((settings) -> settings.maxSize(1).maxWait(Duration.ofMillis(-1)));
		Borrowed first = pool.borrow();
		CompletableFuture<Borrowed> second = pool.borrowLaterAndWait();
		assertThat(second).isNotDone();
		first.giveBack();
		Borrowed.reply(second).giveBack();
	}

	@Test
	default void aBorrowerThatWaitedForMaxWaitIsToldTheFiguresAndTheLongestHolders() throws Exception {
		TestedPool pool = start((settings) -> settings.maxSize(2).minIdle(2).maxWait(Duration.ofMillis(500)));
		await().until(() -> pool.idle() == 2);
		List<Borrowed> holding = new ArrayList<>();
		for (String name : List.of("holder-1", "holder-2")) {
			Thread holder = new Thread(() -> holding.add(pool.borrow()), name);
			holder.start();
			holder.join();
		}
		assertThat(holding).hasSize(2);
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(pool::borrow)
			.isInstanceOf(RedisConnectionFailureException.class)
			.withMessageContaining("'contract'")
			.withMessageContaining("max-wait (500 ms)")
			.withMessageContainingAll("active=2", "idle=0", "pending=", "max-size=2")
			.withMessageMatching(".*thread 'holder-1' for \\d+\\.\\d{3} s, thread 'holder-2' for .*");
		assertThat(pool.events().timedOutCount()).isOne();
		assertThat(pool.events().rejectedCount()).isZero();
		holding.forEach(Borrowed::giveBack);
		assertThat(pool.idle()).isEqualTo(2);
	}

	@Test
	default void oneMoreThanMaxPendingIsTurnedAwayAtOnce() {
		TestedPool pool = start((settings) -> settings.maxSize(1).maxPending(1));
		Borrowed first = pool.borrow();
		CompletableFuture<Borrowed> waiting = pool.borrowLaterAndWait();
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(pool::borrow)
			.withMessageContainingAll("max-pending", "active=1", "pending=1", "max-size=1")
			.withMessageNotContaining("held");
		assertThat(pool.events().rejectedCount()).isOne();
		assertThat(pool.events().timedOutCount()).isZero();
		first.giveBack();
		Borrowed.reply(waiting).giveBack();
		pool.borrow().giveBack();
	}

	@Test
	default void whoTriesAgainAtOnceIsTurnedAwayEachTime() {
		TestedPool pool = start((settings) -> settings.maxSize(1).maxPending(0));
		Borrowed first = pool.borrow();
		for (int i = 0; i < 2_100; i++) {
			assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(pool::borrow);
		}
		assertThat(pool.events().rejectedCount()).isEqualTo(2_100);
		first.giveBack();
		pool.borrow().giveBack();
	}

	@Test
	default void nobodyMayWaitIfMaxPendingIsZero() {
		TestedPool pool = start((settings) -> settings.maxSize(1).maxPending(0));
		Borrowed first = pool.borrow();
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(pool::borrow);
		first.giveBack();
		pool.borrow().giveBack();
	}

	@Test
	default void aFairPoolServesInTheOrderOfArrival() {
		TestedPool pool = start((settings) -> settings.maxSize(1).fair(true));
		Borrowed first = pool.borrow();
		Queue<Integer> served = new ConcurrentLinkedQueue<>();
		List<CompletableFuture<Void>> waiting = new ArrayList<>();
		for (int i = 0; i < 8; i++) {
			int number = i;
			waiting.add(pool.borrowLaterAndWait().thenAccept((borrowed) -> {
				served.add(number);
				borrowed.giveBack();
			}));
		}
		first.giveBack();
		waiting.forEach(Borrowed::reply);
		assertThat(served).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
	}

	@Test
	default void anInterruptedWaiterStopsWaitingAndKeepsItsFlagAndLosesNoConnection() throws Exception {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed first = pool.borrow();
		AtomicBoolean flag = new AtomicBoolean();
		CompletableFuture<Throwable> failure = new CompletableFuture<>();
		Thread waiter = new Thread(() -> {
			try {
				pool.borrow().giveBack();
				failure.complete(null);
			}
			catch (RuntimeException ex) {
				flag.set(Thread.currentThread().isInterrupted());
				failure.complete(ex);
			}
		});
		waiter.start();
		await().until(() -> pool.pending() == 1);
		waiter.interrupt();
		assertThat(failure.get(10, TimeUnit.SECONDS)).isInstanceOf(RuntimeException.class)
			.hasMessageContaining("Interrupted");
		assertThat(flag).isTrue();
		await().until(() -> pool.pending() == 0);
		first.giveBack();
		await().until(() -> pool.idle() == 1);
		pool.borrow().giveBack();
		assertThat(pool.active()).isZero();
	}

	@Test
	default void interruptsAtAnyMomentLoseNoConnection() throws Exception {
		TestedPool pool = start((settings) -> settings.maxSize(2));
		List<Thread> borrowers = new ArrayList<>();
		AtomicBoolean stopped = new AtomicBoolean();
		for (int i = 0; i < 6; i++) {
			borrowers.add(new Thread(() -> {
				while (!stopped.get()) {
					try {
						pool.borrow().giveBack();
					}
					catch (RuntimeException ex) {
						Thread.interrupted();
					}
				}
			}));
		}
		borrowers.forEach(Thread::start);
		for (int i = 0; i < 2_000; i++) {
			borrowers.get(i % borrowers.size()).interrupt();
		}
		stopped.set(true);
		for (Thread borrower : borrowers) {
			borrower.join();
		}
		await().until(() -> pool.active() == 0 && pool.pending() == 0);
		assertThat(pool.borrow(2)).allSatisfy(Borrowed::giveBack);
		await().until(() -> pool.total() == connections());
	}

	@Test
	default void aReturnerNeitherConnectsNorWaitsForAReplacement() throws Exception {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		borrowed.send("BLPOP", "list", "0");
		CompletableFuture<Borrowed> waiting = pool.borrowLaterAndWait();
		await().until(() -> calls("blpop") == 1 || server().clients().toString().contains("cmd=blpop"));
		// Whoever connects now hangs.
		server().pause();
		Thread returner = new Thread(borrowed::giveBack);
		returner.start();
		returner.join(TimeUnit.SECONDS.toMillis(5));
		assertThat(returner.isAlive()).isFalse();
		server().resume();
		Borrowed.reply(waiting).giveBack();
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.REPLY_OUTSTANDING);
		assertThat(pool.events().connectingThreads()).isNotEmpty().doesNotContain(returner);
	}

}
