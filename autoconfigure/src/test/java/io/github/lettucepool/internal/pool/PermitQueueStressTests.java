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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Waiters that give up, are interrupted or cancel, in the very moment in which a permit
 * comes back, do not make those behind them wait for ever.
 */
class PermitQueueStressTests {

	private static final int PERMITS = 2;

	private static final int ROUNDS = 3000;

	private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(16);

	private final AtomicInteger held = new AtomicInteger();

	private final AtomicInteger mostHeld = new AtomicInteger();

	@AfterEach
	void endThreads() {
		this.threads.shutdownNow();
	}

	@ParameterizedTest(name = "fair: {0}")
	@ValueSource(booleans = { false, true })
	void noPermitIsLostAndNobodyWaitsForEver(boolean fair) throws Exception {
		PermitQueue permits = new PermitQueue(PERMITS, Integer.MAX_VALUE, fair, PoolClock.system(this.threads));
		for (int round = 0; round < ROUNDS; round++) {
			CountDownLatch start = new CountDownLatch(1);
			List<Future<?>> waiters = new ArrayList<>();
			for (int i = 0; i < 2; i++) {
				waiters.add(this.threads.submit(() -> {
					start.await();
					return use(permits, permits.acquire(-1, false));
				}));
				waiters.add(this.threads.submit(() -> {
					start.await();
					return use(permits, permits.acquire(ThreadLocalRandom.current().nextInt(200_000), false));
				}));
				waiters.add(this.threads.submit(() -> {
					start.await();
					return cancelSoon(permits);
				}));
				waiters.add(this.threads.submit(() -> {
					start.await();
					return interruptSoon(permits);
				}));
			}
			start.countDown();
			for (Future<?> waiter : waiters) {
				waiter.get(20, TimeUnit.SECONDS);
			}
		}
		assertThat(permits.pending()).isZero();
		assertThat(this.mostHeld).hasValueLessThanOrEqualTo(PERMITS);
		assertThatAllPermitsAreFree(permits);
	}

	private boolean use(PermitQueue permits, boolean obtained) {
		if (obtained) {
			this.mostHeld.accumulateAndGet(this.held.incrementAndGet(), Math::max);
			LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(100_000));
			this.held.decrementAndGet();
			permits.release();
		}
		return obtained;
	}

	private boolean cancelSoon(PermitQueue permits) {
		CompletableFuture<Void> permit = permits.acquireAsync();
		LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(200_000));
		return permit.cancel(false) || use(permits, true);
	}

	private boolean interruptSoon(PermitQueue permits) {
		AtomicBoolean waiting = new AtomicBoolean(true);
		Thread waiter = Thread.currentThread();
		Future<?> interrupting = this.threads.submit(() -> {
			LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(200_000));
			synchronized (waiting) {
				if (waiting.get()) {
					waiter.interrupt();
				}
			}
		});
		try {
			return use(permits, permits.acquire(-1, false));
		}
		catch (InterruptedException ex) {
			return false;
		}
		finally {
			synchronized (waiting) {
				waiting.set(false);
			}
			interrupting.cancel(false);
			Thread.interrupted();
		}
	}

	private void assertThatAllPermitsAreFree(PermitQueue permits) {
		for (int i = 0; i < PERMITS; i++) {
			assertThat(permits.tryAcquire()).isTrue();
		}
		assertThat(permits.tryAcquire()).isFalse();
	}

}
