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
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.api.StatefulConnection;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import reactor.core.Disposable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Borrowing without a thread that waits.
 */
interface AsyncContract extends PoolContract {

	@Test
	default void borrowingFromAnEventLoopDoesNotBlockIt() throws Exception {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed first = pool.borrow();
		LettuceConnectionProvider provider = pool.provider();
		var eventLoop = pool.factory().getClientConfiguration().getClientResources().orElseThrow().eventExecutorGroup();
		CompletableFuture<?> waiting = eventLoop.next()
			.submit(() -> provider.getConnectionAsync(StatefulConnection.class).toCompletableFuture())
			.get(10, TimeUnit.SECONDS);
		assertThat(waiting).isNotDone();
		assertThat(pool.pending()).isOne();
		first.giveBack();
		provider.release((StatefulConnection<?, ?>) Borrowed.reply(waiting));
	}

	@Test
	default void borrowingOnTheThreadThatRepliesComeInOnDoesNotBlockIt() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed first = pool.borrow();
		server().pause();
		CompletableFuture<CompletableFuture<StatefulConnection<?, ?>>> acquiring = first.send("ECHO", "one")
			.thenApply((reply) -> acquire(pool));
		server().resume();
		CompletableFuture<StatefulConnection<?, ?>> waiting = Borrowed.reply(acquiring);
		assertThat(waiting).isNotDone();
		assertThat(pool.pending()).isOne();
		assertThat(first.call("ECHO", "two")).isEqualTo("two");
		first.giveBack();
		pool.provider().release(Borrowed.reply(waiting));
	}

	@Test
	default void nothingThatABorrowWaitsForBlocksAnEventLoop() throws Exception {
		TestedPool pool = start((settings) -> settings.maxSize(8).validateAfterIdle(Duration.ZERO));
		pool.open(2);
		var eventLoops = pool.factory()
			.getClientConfiguration()
			.getClientResources()
			.orElseThrow()
			.eventExecutorGroup();
		server().pause();
		// Some find an idle connection, whose PING is not answered, some open one, others
		// wait.
		List<CompletableFuture<StatefulConnection<?, ?>>> acquisitions = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			acquisitions.add(eventLoops.next().submit(() -> acquire(pool)).get(10, TimeUnit.SECONDS));
		}
		for (var eventLoop : eventLoops) {
			eventLoop.submit(() -> true).get(10, TimeUnit.SECONDS);
		}
		assertThat(acquisitions).noneMatch(CompletableFuture::isDone);
		server().resume();
		acquisitions.forEach((acquisition) -> acquisition.thenAccept(pool.provider()::release));
		acquisitions.forEach(Borrowed::reply);
	}

	@Test
	default void asynchronousBorrowersAreServedInTheOrderOfArrival() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed first = pool.borrow();
		Queue<Integer> served = new ConcurrentLinkedQueue<>();
		List<CompletableFuture<Void>> waiting = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			int number = i;
			waiting.add(acquire(pool).thenAccept((connection) -> {
				served.add(number);
				pool.provider().release(connection);
			}));
		}
		first.giveBack();
		waiting.forEach(Borrowed::reply);
		assertThat(List.copyOf(served)).hasSize(20).isSorted();
	}

	@Test
	default void aCancelledAcquisitionLeavesTheQueue() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed first = pool.borrow();
		CompletableFuture<?> cancelled = acquire(pool);
		CompletableFuture<Borrowed> next = pool.borrowLaterAndWait();
		assertThat(pool.pending()).isEqualTo(2);
		cancelled.cancel(true);
		assertThat(pool.pending()).isOne();
		first.giveBack();
		Borrowed.reply(next).giveBack();
		assertThat(pool.idle()).isOne();
	}

	@Test
	default void tenThousandCancelledAcquisitionsLeaveTheCountsAtZero() {
		TestedPool pool = start((settings) -> settings.maxSize(4));
		LettuceConnectionProvider provider = pool.provider();
		for (int i = 0; i < 100; i++) {
			// Some find an idle connection, some have to open one, most have to wait.
			List<CompletableFuture<StatefulConnection<?, ?>>> acquisitions = new ArrayList<>();
			for (int j = 0; j < 100; j++) {
				acquisitions.add(acquire(pool));
			}
			CompletableFuture<Void> cancelling = CompletableFuture
				.runAsync(() -> acquisitions.forEach((acquisition) -> {
					if (!acquisition.cancel(true)) {
						provider.release(acquisition.join());
					}
				}), pool.threads());
			Borrowed.reply(cancelling);
		}
		await().until(() -> pool.active() == 0 && pool.pending() == 0);
		pool.borrow(4).forEach(Borrowed::giveBack);
		assertThat(pool.active()).isZero();
		await().until(() -> pool.total() == connections());
		assertThat(pool.events().borrowedCount()).isEqualTo(pool.events().returnedCount());
	}

	@Test
	default void cancellingWhileConnectingDoesNotExceedTheBudget() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		server().pause();
		for (int i = 0; i < 20; i++) {
			acquire(pool).cancel(true);
		}
		CompletableFuture<Borrowed> last = pool.borrowLater();
		server().resume();
		Borrowed.reply(last).giveBack();
		// Blocking borrowers have a kind of connections of their own.
		assertThat(pool.events().openedCount() - pool.events().closedFor(CloseReason.ROOM)).isOne();
		assertThat(connections()).isOne();
	}

	@Test
	default void tenThousandSubscribersThatCancelBeforeTheirTurnLeaveTheCountsAtZero() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		ReactiveStringRedisTemplate template = new ReactiveStringRedisTemplate(pool.factory());
		Borrowed first = pool.borrow();
		List<Disposable> subscribers = new ArrayList<>();
		for (int i = 0; i < 10_000; i++) {
			subscribers.add(template.opsForValue().get("key").subscribe());
		}
		assertThat(pool.pending()).isPositive();
		subscribers.forEach(Disposable::dispose);
		first.giveBack();
		await().until(() -> pool.active() == 0 && pool.pending() == 0);
		pool.borrow().giveBack();
		assertThat(calls("get")).isZero();
	}

	@Test
	default void subscribersThatCancelAtAnyMomentLeaveTheCountsAtZero() {
		TestedPool pool = start((settings) -> settings.maxSize(4).keepaliveInterval(Duration.ofMillis(100)));
		ReactiveStringRedisTemplate template = new ReactiveStringRedisTemplate(pool.factory());
		for (int i = 0; i < 1_000; i++) {
			Disposable subscriber = template.opsForValue().get("key").subscribe();
			for (int spins = ThreadLocalRandom.current().nextInt(2_000); spins > 0; spins--) {
				Thread.onSpinWait();
			}
			subscriber.dispose();
		}
		await().until(() -> {
			// Spring Data keeps what arrives in the very instant in which its subscriber
			// cancels: that comes back when it is garbage.
			if (pool.active() > 0) {
				System.gc();
			}
			return pool.active() == 0 && pool.pending() == 0;
		});
		pool.borrow(4).forEach(Borrowed::giveBack);
		await().until(() -> connections(pool.pool().snapshot()) == connections());
	}

	@Test
	default void aConnectionThatItsBorrowerLosesComesBackWhenItIsGarbage() {
		TestedPool pool = start((settings) -> settings.maxSize(1).keepaliveInterval(Duration.ofMillis(100)));
		acquire(pool).join();
		// It is the collector that decides when.
		await().atMost(Duration.ofMinutes(1)).until(() -> {
			System.gc();
			return pool.active() == 0;
		});
		pool.borrow().giveBack();
	}

	private static CompletableFuture<StatefulConnection<?, ?>> acquire(TestedPool pool) {
		@SuppressWarnings("unchecked")
		var acquired = (CompletableFuture<StatefulConnection<?, ?>>) (CompletableFuture<?>) pool.provider()
			.getConnectionAsync(StatefulConnection.class)
			.toCompletableFuture();
		return acquired;
	}

}
