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

package io.github.lettucepool.sample.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

/**
 * Threads that make the same call again and again, until they are closed.
 */
public final class Callers implements AutoCloseable {

	/**
	 * How long after a failed call the next one is made: no caller that meets an outage
	 * hammers on it.
	 */
	private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(10);

	private static final Duration JOIN = Duration.ofSeconds(5);

	private final List<Thread> threads = new ArrayList<>();

	private volatile boolean stopped;

	private Callers() {
	}

	/**
	 * Starts callers.
	 * @param count how many
	 * @param virtual whether on virtual threads
	 * @param think how long each waits after a call
	 * @param calls counts the calls
	 * @param call the call
	 * @return the callers, which are running
	 */
	public static Callers start(int count, boolean virtual, Duration think, Calls calls, Calls.Call call) {
		return start(count,
				virtual ? new VirtualThreadTaskExecutor("lab-caller-").getVirtualThreadFactory() : daemons(), think,
				calls, call);
	}

	static Callers start(int count, ThreadFactory factory, Duration think, Calls calls, Calls.Call call) {
		Callers callers = new Callers();
		try {
			for (int i = 0; i < count; i++) {
				Thread thread = factory.newThread(() -> callers.run(think, calls, call));
				thread.start();
				callers.threads.add(thread);
			}
			return callers;
		}
		catch (Throwable ex) {
			// There may be no memory for so many.
			callers.close();
			throw ex;
		}
	}

	/**
	 * Whether this JDK has virtual threads.
	 * @return {@code true} from Java 21 on
	 */
	public static boolean virtualThreads() {
		return Runtime.version().feature() >= 21;
	}

	private static ThreadFactory daemons() {
		CustomizableThreadFactory factory = new CustomizableThreadFactory("lab-caller-");
		factory.setDaemon(true);
		return factory;
	}

	private void run(Duration think, Calls calls, Calls.Call call) {
		try {
			while (!this.stopped) {
				Duration pause = calls.make(call) ? think : think.plus(PAUSE_AFTER_FAILURE);
				if (!pause.isZero()) {
					TimeUnit.NANOSECONDS.sleep(pause.toNanos());
				}
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Lets each caller finish its call, for a moment; then it is interrupted.
	 */
	@Override
	public void close() {
		this.stopped = true;
		long deadline = System.nanoTime() + JOIN.toNanos();
		try {
			for (Thread thread : this.threads) {
				join(thread, Math.min(deadline - System.nanoTime(), TimeUnit.MILLISECONDS.toNanos(1200)));
			}
			this.threads.forEach(Thread::interrupt);
			for (Thread thread : this.threads) {
				join(thread, deadline - System.nanoTime());
			}
		}
		catch (InterruptedException ex) {
			this.threads.forEach(Thread::interrupt);
			Thread.currentThread().interrupt();
		}
	}

	private static void join(Thread thread, long nanos) throws InterruptedException {
		TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1, nanos));
	}

}
