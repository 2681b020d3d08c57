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

import java.lang.reflect.Field;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.lettucepool.proofs.Exploration;
import io.github.lettucepool.proofs.Threads;

/**
 * What the head of {@link PermitQueue} promises, in all the orders of a few threads'
 * steps that a model checker comes to.
 */
@Tag("slow")
class PermitQueueProofTests {

	@ParameterizedTest(name = "fair: {0}")
	@ValueSource(booleans = { false, true })
	void aPermitThatComesBackWhileSomebodyEntersTheQueueIsSeen(boolean fair) {
		Exploration.of(() -> {
			Scenario scenario = new Scenario(1, fair);
			scenario.permits.tryAcquire();
			scenario.threads.start(scenario::use);
			scenario.threads.start(scenario::use);
			scenario.permits.release();
			scenario.end();
		});
	}

	@ParameterizedTest(name = "fair: {0}")
	@ValueSource(booleans = { false, true })
	void anInterruptLosesNoPermitAndDoublesNone(boolean fair) {
		Exploration.of(() -> {
			Scenario scenario = new Scenario(1, fair);
			scenario.permits.tryAcquire();
			scenario.threads.start(scenario::use);
			scenario.threads.start(scenario.permits::release);
			Thread.currentThread().interrupt();
			scenario.useUnlessInterrupted();
			scenario.end();
		});
	}

	@ParameterizedTest(name = "fair: {0}")
	@ValueSource(booleans = { false, true })
	void theEndOfAWaitLosesNoPermitAndDoublesNone(boolean fair) {
		Exploration.of(() -> {
			Scenario scenario = new Scenario(1, fair);
			scenario.permits.tryAcquire();
			scenario.threads.start(scenario::use);
			scenario.threads.start(scenario.permits::release);
			scenario.useIfAtOnce();
			scenario.end();
		});
	}

	@ParameterizedTest(name = "fair: {0}")
	@ValueSource(booleans = { false, true })
	void aCancelledFutureLosesNoPermitAndDoublesNone(boolean fair) {
		Exploration.of(() -> {
			Scenario scenario = new Scenario(1, fair);
			scenario.permits.tryAcquire();
			CompletableFuture<Void> future = scenario.permits.acquireAsync();
			scenario.threads.start(scenario::use);
			scenario.threads.start(scenario.permits::release);
			if (!future.cancel(false)) {
				scenario.permits.release();
			}
			scenario.end();
		});
	}

	@ParameterizedTest(name = "fair: {0}")
	@ValueSource(booleans = { false, true })
	void aFutureGetsThePermitThatComesBackWhileItEnters(boolean fair) {
		Exploration.of(() -> {
			Scenario scenario = new Scenario(1, fair);
			scenario.permits.tryAcquire();
			scenario.threads.start(scenario.permits::release);
			CompletableFuture<Void> future = scenario.permits.acquireAsync();
			scenario.threads.join();
			Exploration.check(future.isDone(), "a free permit and a waiter are side by side");
			scenario.permits.release();
			scenario.end();
		});
	}

	@Test
	void permitsThatComeBackJustWhenOvertakingEndsAreSeen() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario(1, false);
			scenario.permits.tryAcquire();
			Overtaking overtaking = scenario.expectOvertaking();
			scenario.threads.start(scenario::use, () -> {
				scenario.threads.start(scenario.permits::release);
				// As a waiter does who finds a permit after all, and looks as he leaves.
				scenario.threads.start(() -> {
					overtaking.end();
					scenario.permits.resize(0);
				});
			});
			scenario.end();
		});
	}

	@Test
	void aResizedQueueHasAsManyPermitsAsItSays() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario(1, false);
			scenario.permits.tryAcquire();
			scenario.threads.start(scenario::use);
			scenario.threads.start(() -> scenario.permits.resize(1));
			scenario.permits.release();
			scenario.size = 2;
			scenario.end();
		});
	}

	@Test
	void nobodyIsServedWhileTheQueueIsSuspendedAndEverybodyAfterIt() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario(1, false);
			scenario.permits.tryAcquire();
			scenario.permits.suspend();
			scenario.threads.start(scenario::use);
			scenario.threads.start(scenario.permits::release);
			scenario.permits.resume();
			scenario.end();
		});
	}

	/**
	 * A queue and its users.
	 */
	private static final class Scenario {

		private final Threads threads = new Threads();

		private final ModelClock clock = new ModelClock(this.threads);

		private final PermitQueue permits;

		private final AtomicInteger held = new AtomicInteger();

		private int size;

		private Scenario(int size, boolean fair) {
			this.size = size;
			this.permits = new PermitQueue(size, 10, fair, this.clock);
		}

		private void take() throws InterruptedException {
			Exploration.check(this.permits.acquire(-1, false), "a wait without a bound has ended");
		}

		private void use() throws InterruptedException {
			take();
			giveBack();
		}

		private void useIfAtOnce() {
			try {
				if (this.permits.acquire(0, false)) {
					giveBack();
				}
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

		private void useUnlessInterrupted() {
			try {
				use();
			}
			catch (InterruptedException ex) {
				Exploration.check(!Thread.currentThread().isInterrupted(), "the interrupt is reported twice");
			}
			finally {
				// The permit may have come first.
				Thread.interrupted();
			}
		}

		private void giveBack() {
			Exploration.check(this.held.incrementAndGet() <= this.size, "a permit was doubled");
			this.held.decrementAndGet();
			this.permits.release();
		}

		/**
		 * As eight wake-ups in vain do.
		 */
		private Overtaking expectOvertaking() {
			try {
				Field field = PermitQueue.class.getDeclaredField("overtaking");
				field.setAccessible(true);
				Overtaking overtaking = (Overtaking) field.get(this.permits);
				while (!overtaking.isExpected()) {
					overtaking.wokenInVain();
				}
				return overtaking;
			}
			catch (ReflectiveOperationException ex) {
				throw new IllegalStateException(ex);
			}
		}

		/**
		 * Waits for all threads. One that nobody wakes is found by the model checker.
		 */
		private void end() {
			this.threads.join();
			Exploration.check(this.permits.pending() == 0, "somebody waits");
			for (int i = 0; i < this.size; i++) {
				Exploration.check(this.permits.tryAcquire(), "a permit was lost");
			}
			Exploration.check(!this.permits.tryAcquire(), "a permit was doubled");
		}

	}

}
