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
package io.github.lettucepool.internal.pool;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PermitQueue}, with a clock that the test moves.
 */
@Tag("unit")
class PermitQueueTests {

	private static final long FOR_EVER = -1;

	private static final Duration IMPATIENT = Duration.ofMillis(20);

	private final MovedTime time = new MovedTime();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	@AfterEach
	void endThreads() {
		this.threads.shutdownNow();
	}

	@ParameterizedTest(name = "fair: {0}")
	@ValueSource(booleans = { false, true })
	void thereAreAsManyPermitsAsItWasMadeWith(boolean fair) throws Exception {
		PermitQueue permits = permits(2, fair);
		assertThat(permits.tryAcquire()).isTrue();
		assertThat(permits.acquire(0, false)).isTrue();
		assertThat(permits.tryAcquire()).isFalse();
		assertThat(permits.acquire(0, false)).isFalse();
		assertThat(permits.pending()).isZero();
		permits.release();
		assertThat(permits.tryAcquire()).isTrue();
		assertThat(permits.tryAcquire()).isFalse();
	}

	@ParameterizedTest(name = "fair: {0}")
	@ValueSource(booleans = { false, true })
	void aThreadThatWaitsGetsThePermitThatComesBack(boolean fair) throws Exception {
		PermitQueue permits = exhausted(1, fair);
		Future<Boolean> waiter = waiting(permits, FOR_EVER);
		permits.release();
		assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
		assertThat(permits.tryAcquire()).isFalse();
		assertThat(permits.pending()).isZero();
	}

	@Test
	void aThreadThatHasJustBegunToWaitIsWokenForThePermitThatComesBack() throws Exception {
		PermitQueue permits = exhausted(1, false);
		for (int round = 0; round < 200; round++) {
			Future<Boolean> waiter = this.threads.submit(() -> permits.acquire(FOR_EVER, false));
			while (permits.pending() == 0) {
				Thread.onSpinWait();
			}
			permits.release();
			assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
			assertThat(permits.tryAcquire()).isFalse();
			assertThat(permits.pending()).isZero();
		}
	}

	@Test
	void twoThreadsThatHaveJustBegunToWaitAreBothWoken() throws Exception {
		PermitQueue permits = exhausted(2, false);
		for (int round = 0; round < 200; round++) {
			Future<Boolean> one = this.threads.submit(() -> permits.acquire(TimeUnit.HOURS.toNanos(1), false));
			Future<Boolean> other = this.threads.submit(() -> permits.acquire(TimeUnit.HOURS.toNanos(1), false));
			while (permits.pending() < 2) {
				Thread.onSpinWait();
			}
			permits.release();
			permits.release();
			assertThat(one.get(30, TimeUnit.SECONDS)).isTrue();
			assertThat(other.get(30, TimeUnit.SECONDS)).isTrue();
			assertThat(permits.tryAcquire()).isFalse();
		}
	}

	@Test
	void aThreadThatHasJustBegunToWaitLeavesThePermitToTheNextIfItIsInterrupted() throws Exception {
		PermitQueue permits = exhausted(1, false);
		for (int round = 0; round < 200; round++) {
			Thread interrupted = new Thread(() -> {
				try {
					permits.acquire(FOR_EVER, false);
					permits.release();
				}
				catch (InterruptedException ex) {
					// As it is to be.
				}
			});
			interrupted.start();
			while (permits.pending() == 0) {
				Thread.onSpinWait();
			}
			Future<Boolean> next = this.threads.submit(() -> permits.acquire(FOR_EVER, false));
			permits.release();
			interrupted.interrupt();
			assertThat(next.get(30, TimeUnit.SECONDS)).isTrue();
			interrupted.join();
			assertThat(permits.tryAcquire()).isFalse();
		}
	}

	@Test
	void aThreadThatHasWaitedForLongIsHandedThePermit() throws Exception {
		PermitQueue permits = exhausted(1, false);
		Future<Boolean> waiter = waiting(permits, TimeUnit.HOURS.toNanos(1));
		this.time.move(IMPATIENT);
		permits.release();
		assertThat(permits.pending()).isZero();
		assertThat(permits.tryAcquire()).isFalse();
		assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
	}

	@ParameterizedTest(name = "{0}")
	@CsvSource({ "1, 100", "20, 2000", "150, 15000", "200, 15000" })
	void aThreadIsPassedByForLongerTheMoreWait(int waiters, long micros) {
		SleepersClock clock = new SleepersClock();
		PermitQueue permits = new PermitQueue(0, Integer.MAX_VALUE, false, clock);
		for (int i = 0; i < waiters; i++) {
			waiting(permits, FOR_EVER);
		}
		await().until(() -> clock.asleep.get() == waiters);
		this.time.move(Duration.ofNanos(micros * 1_000));
		permits.release();
		assertThat(permits.tryAcquire()).isTrue();
		this.time.move(Duration.ofNanos(1));
		permits.release();
		assertThat(permits.tryAcquire()).isFalse();
		assertThat(permits.pending()).isEqualTo(waiters - 1);
	}

	@ParameterizedTest(name = "fair: {0}")
	@ValueSource(booleans = { false, true })
	void whoWaitsWithoutAThreadIsHandedThePermitOnTheExecutor(boolean fair) {
		PermitQueue permits = exhausted(1, fair);
		CompletableFuture<Void> first = permits.acquireAsync();
		CompletableFuture<Void> second = permits.acquireAsync();
		assertThat(permits.pending()).isEqualTo(2);
		permits.release();
		assertThat(permits.tryAcquire()).isFalse();
		assertThat(permits.pending()).isOne();
		assertThat(first).isNotDone();
		runCallbacks();
		assertThat(first).isCompleted();
		assertThat(second).isNotDone();
		permits.release();
		runCallbacks();
		assertThat(second).isCompleted();
		assertThat(permits.pending()).isZero();
	}

	@Test
	void whoWaitsWithoutAThreadIsHandedAPermitThatIsFree() {
		PermitQueue permits = permits(1, false);
		CompletableFuture<Void> permit = permits.acquireAsync();
		assertThat(permits.pending()).isZero();
		assertThat(permits.tryAcquire()).isFalse();
		runCallbacks();
		assertThat(permit).isCompleted();
	}

	@Test
	void aPermitGoesToThoseWithoutAThreadBehindAThreadOnlyAfterIt() throws Exception {
		PermitQueue permits = exhausted(1, false);
		Future<Boolean> thread = waiting(permits, FOR_EVER);
		CompletableFuture<Void> other = permits.acquireAsync();
		permits.release();
		assertThat(thread.get(30, TimeUnit.SECONDS)).isTrue();
		permits.release();
		runCallbacks();
		assertThat(other).isCompleted();
	}

	@Test
	void whoCancelsLeavesTheQueue() {
		PermitQueue permits = exhausted(1, false);
		CompletableFuture<Void> cancelled = permits.acquireAsync();
		CompletableFuture<Void> failed = permits.acquireAsync();
		CompletableFuture<Void> behind = permits.acquireAsync();
		cancelled.cancel(false);
		assertThat(permits.pending()).isEqualTo(2);
		failed.completeExceptionally(new IllegalStateException("too late"));
		assertThat(permits.pending()).isOne();
		permits.release();
		runCallbacks();
		assertThat(behind).isCompleted();
		assertThat(permits.tryAcquire()).isFalse();
	}

	@Test
	void whoCancelsInTheMomentInWhichThePermitComesLeavesItToTheNext() {
		PermitQueue permits = exhausted(1, false);
		CompletableFuture<Void> cancelled = permits.acquireAsync();
		CompletableFuture<Void> behind = permits.acquireAsync();
		permits.release();
		cancelled.cancel(false);
		runCallbacks();
		assertThat(behind).isCompleted();
		permits.release();
		assertThat(permits.tryAcquire()).isTrue();
	}

	@Test
	void whoIsInterruptedLeavesTheQueue() throws Exception {
		PermitQueue permits = exhausted(1, false);
		CompletableFuture<Throwable> failure = new CompletableFuture<>();
		Thread waiter = new Thread(() -> {
			try {
				permits.acquire(FOR_EVER, false);
			}
			catch (InterruptedException ex) {
				failure.complete(ex);
			}
		});
		waiter.start();
		await().until(() -> permits.pending() == 1);
		waiter.interrupt();
		assertThat(failure.get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
		assertThat(permits.pending()).isZero();
		permits.release();
		assertThat(permits.tryAcquire()).isTrue();
	}

	@Test
	void noMoreWaitThanMay() {
		PermitQueue permits = new PermitQueue(1, 2, false, this.time.clock());
		assertThat(permits.tryAcquire()).isTrue();
		permits.acquireAsync();
		CompletableFuture<Void> second = permits.acquireAsync();
		assertThatExceptionOfType(PermitQueue.RejectedException.class).isThrownBy(permits::acquireAsync)
			.withMessage("2 borrowers are waiting already");
		assertThatExceptionOfType(PermitQueue.RejectedException.class)
			.isThrownBy(() -> permits.acquire(FOR_EVER, false));
		assertThat(permits.pending()).isEqualTo(2);
		second.cancel(false);
		assertThat(permits.acquireAsync()).isNotDone();
	}

	@Test
	void morePermitsGoToThoseWhoWait() {
		PermitQueue permits = exhausted(1, false);
		CompletableFuture<Void> first = permits.acquireAsync();
		CompletableFuture<Void> second = permits.acquireAsync();
		permits.resize(3);
		runCallbacks();
		assertThat(first).isCompleted();
		assertThat(second).isCompleted();
		assertThat(permits.tryAcquire()).isTrue();
		assertThat(permits.tryAcquire()).isFalse();
	}

	@ParameterizedTest(name = "fair: {0}")
	@ValueSource(booleans = { false, true })
	void fewerPermitsTakeEffectAsTheyComeBack(boolean fair) {
		PermitQueue permits = exhausted(3, fair);
		permits.resize(-2);
		CompletableFuture<Void> waiter = permits.acquireAsync();
		permits.release();
		assertThat(permits.pending()).isOne();
		permits.release();
		assertThat(permits.pending()).isOne();
		permits.release();
		runCallbacks();
		assertThat(waiter).isCompleted();
		permits.release();
		assertThat(permits.tryAcquire()).isTrue();
		assertThat(permits.tryAcquire()).isFalse();
	}

	@Test
	void nobodyGetsAPermitWhileItIsSuspended() throws Exception {
		PermitQueue permits = permits(2, false);
		permits.tryAcquire();
		assertThat(permits.isSuspended()).isFalse();
		permits.suspend();
		assertThat(permits.isSuspended()).isTrue();
		assertThat(permits.tryAcquire()).isFalse();
		assertThat(permits.acquire(0, false)).isFalse();
		CompletableFuture<Void> first = permits.acquireAsync();
		CompletableFuture<Void> second = permits.acquireAsync();
		permits.release();
		assertThat(permits.pending()).isEqualTo(2);
		permits.resume();
		assertThat(permits.isSuspended()).isFalse();
		assertThat(permits.pending()).isZero();
		runCallbacks();
		assertThat(first).isCompleted();
		assertThat(second).isCompleted();
		assertThat(permits.tryAcquire()).isFalse();
	}

	@Test
	void aThreadThatWaitsWhileItIsSuspendedGetsAPermitAfterwards() throws Exception {
		PermitQueue permits = permits(1, false);
		permits.suspend();
		Future<Boolean> waiter = waiting(permits, FOR_EVER);
		this.time.move(IMPATIENT);
		assertThat(waiter).isNotDone();
		permits.resume();
		assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
	}

	@Test
	void theQueueIsAsOldAsTheWaiterThatFoundItEmpty() {
		PermitQueue permits = exhausted(1, false);
		assertThat(permits.queuedNanos()).isZero();
		CompletableFuture<Void> first = permits.acquireAsync();
		this.time.move(Duration.ofSeconds(1));
		permits.acquireAsync();
		first.cancel(false);
		this.time.move(Duration.ofSeconds(1));
		assertThat(permits.queuedNanos()).isEqualTo(Duration.ofSeconds(2).toNanos());
		permits.release();
		assertThat(permits.queuedNanos()).isZero();
	}

	private PermitQueue permits(int count, boolean fair) {
		return new PermitQueue(count, Integer.MAX_VALUE, fair, this.time.clock());
	}

	private PermitQueue exhausted(int count, boolean fair) {
		PermitQueue permits = permits(count, fair);
		for (int i = 0; i < count; i++) {
			assertThat(permits.tryAcquire()).isTrue();
		}
		return permits;
	}

	private Future<Boolean> waiting(PermitQueue permits, long timeoutNanos) {
		int pending = permits.pending();
		Future<Boolean> waiter = this.threads.submit(() -> permits.acquire(timeoutNanos, false));
		await().until(() -> permits.pending() == pending + 1);
		return waiter;
	}

	private void runCallbacks() {
		this.time.settle();
	}

	/**
	 * Whoever waits by it does not wake up.
	 */
	private final class SleepersClock extends PoolClock {

		private final AtomicInteger asleep = new AtomicInteger();

		private SleepersClock() {
			super(PermitQueueTests.this.time::nanos, PermitQueueTests.this.time);
		}

		@Override
		void park(Object waitedFor, long nanos) {
			this.asleep.incrementAndGet();
			super.park(waitedFor, nanos);
		}

		@Override
		void unpark(@Nullable Thread thread) {
		}

	}

}
