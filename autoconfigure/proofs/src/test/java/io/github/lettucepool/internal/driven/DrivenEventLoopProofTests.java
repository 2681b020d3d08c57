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

package io.github.lettucepool.internal.driven;

import java.lang.reflect.Field;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.proofs.Exploration;
import io.github.lettucepool.proofs.Threads;

/**
 * What the head of {@link DrivenEventLoop} promises of the hand-over from one driver to
 * the next, in all the orders of a few threads' steps that a model checker comes to. The
 * socket is a semaphore, and the idle driver has no thread of its own here.
 */
@Tag("slow")
class DrivenEventLoopProofTests {

	private static final long LONG = TimeUnit.HOURS.toNanos(1);

	@Test
	void aTaskIsRunByTheDriverOrTheIdleDriverIsTold() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario();
			scenario.threads.start(() -> scenario.drive(1));
			scenario.threads.start(scenario::addTask);
			scenario.addTask();
			scenario.end(2);
		});
	}

	@Test
	void aTaskThatIsAddedWhileADriverLeavesIsSeen() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario();
			scenario.threads.start(scenario.loop::look);
			scenario.addTask();
			scenario.end(1);
		});
	}

	@Test
	void thereIsOneDriverAtATime() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario();
			scenario.threads.start(scenario.loop::look);
			scenario.threads.start(scenario::addTask);
			scenario.addTask();
			scenario.loop.lookIdle();
			scenario.end(2);
		});
	}

	/**
	 * An event loop and its users.
	 */
	private static final class Scenario {

		private final Threads threads = new Threads();

		private final IdleDriver idleDriver = new IdleDriver("idle");

		private final DrivenEventLoop loop = new DrivenEventLoop(this.idleDriver, false);

		private final AtomicInteger inside = new AtomicInteger();

		private final AtomicInteger ran = new AtomicInteger();

		private Scenario() {
			set(DrivenEventLoop.class, this.loop, "handler", new Socket(this));
		}

		private void drive(int tasks) throws InterruptedException {
			Exploration.check(this.loop.drive(() -> this.ran.get() >= tasks, LONG), "a wait has ended early");
		}

		private void addTask() {
			this.loop.execute(() -> {
				Exploration.check(this.loop.inEventLoop(), "a task ran outside of the event loop");
				alone();
				this.ran.incrementAndGet();
			});
		}

		private void alone() {
			Exploration.check(this.inside.incrementAndGet() == 1, "there are two drivers");
			this.inside.decrementAndGet();
		}

		private void end(int tasks) {
			this.threads.join();
			if (this.ran.get() < tasks) {
				Exploration.check(isIdleDriverTold(), "a task waits, and nobody knows");
				// The first look leaves alone what a caller has driven.
				this.loop.lookIdle();
				this.loop.lookIdle();
			}
			Exploration.check(this.ran.get() == tasks, "a task was lost or doubled");
			Exploration.check(!this.loop.inEventLoop(), "a driver has not left");
		}

		private boolean isIdleDriverTold() {
			try {
				Field field = IdleDriver.class.getDeclaredField("called");
				field.setAccessible(true);
				return field.getBoolean(this.idleDriver);
			}
			catch (ReflectiveOperationException ex) {
				throw new IllegalStateException(ex);
			}
		}

		private static void set(Class<?> type, Object target, String name, Object value) {
			try {
				Field field = type.getDeclaredField(name);
				field.setAccessible(true);
				field.set(target, value);
			}
			catch (ReflectiveOperationException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

	/**
	 * A socket on which nothing arrives. One who waits for it waits until it is woken, as
	 * at a selector.
	 */
	private static final class Socket implements IoHandler {

		private final Scenario scenario;

		private final Semaphore wakeUps = new Semaphore(0);

		private Socket(Scenario scenario) {
			this.scenario = scenario;
		}

		@Override
		public int run(IoHandlerContext context) {
			this.scenario.alone();
			if (context.canBlock()) {
				this.wakeUps.acquireUninterruptibly();
			}
			this.wakeUps.drainPermits();
			return 0;
		}

		@Override
		public void wakeup() {
			this.wakeUps.release();
		}

		@Override
		public IoRegistration register(IoHandle handle) {
			throw new UnsupportedOperationException();
		}

		@Override
		public void initialize() {
		}

		@Override
		public void prepareToDestroy() {
		}

		@Override
		public void destroy() {
		}

		@Override
		public boolean isCompatible(Class<? extends IoHandle> type) {
			return true;
		}

	}

}
