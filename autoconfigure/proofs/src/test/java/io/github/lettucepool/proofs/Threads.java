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

package io.github.lettucepool.proofs;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;

import org.jspecify.annotations.Nullable;

/**
 * The threads of a scenario. To the model checker, parking may always end for no reason,
 * so that it would not notice a thread that nobody wakes; a semaphore is exact. So each
 * thread parks at a semaphore of its own here, and one that nobody wakes is a deadlock.
 */
public final class Threads {

	private final List<Worker> workers = new ArrayList<>();

	/**
	 * Starts a thread.
	 * @param action what it does; whatever it throws is thrown by {@link #join()}
	 */
	public void start(Action action) {
		start(action, null);
	}

	/**
	 * Starts a thread.
	 * @param action what it does; whatever it throws is thrown by {@link #join()}
	 * @param parking is run by the thread before it parks for the first time
	 */
	public void start(Action action, @Nullable Runnable parking) {
		Worker worker = new Worker(action, parking);
		synchronized (this) {
			this.workers.add(worker);
		}
		worker.start();
	}

	/**
	 * Waits for all threads, those included that are started meanwhile.
	 */
	public void join() {
		for (int i = 0; i < size(); i++) {
			Worker worker = get(i);
			// By this name, or the model checker does not know it.
			Thread thread = worker;
			try {
				thread.join();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			if (worker.failure != null) {
				throw new AssertionError(worker.failure);
			}
		}
	}

	private synchronized int size() {
		return this.workers.size();
	}

	private synchronized Worker get(int index) {
		return this.workers.get(index);
	}

	/**
	 * Parks the current thread, which must be one of these or interrupted.
	 */
	public static void park() {
		if (Thread.currentThread().isInterrupted()) {
			return;
		}
		((Worker) Thread.currentThread()).parkHere();
	}

	/**
	 * Unparks a thread, if it is one of these.
	 * @param thread the thread
	 */
	public static void unpark(Thread thread) {
		if (thread instanceof Worker worker) {
			worker.unpark();
		}
	}

	/**
	 * What a thread does.
	 */
	public interface Action {

		/**
		 * Does it.
		 * @throws Exception if the scenario has failed
		 */
		void run() throws Exception;

	}

	private static final class Worker extends Thread {

		private final Action action;

		private final Semaphore permit = new Semaphore(0);

		private @Nullable Runnable parking;

		private @Nullable Throwable failure;

		private Worker(Action action, @Nullable Runnable parking) {
			this.action = action;
			this.parking = parking;
		}

		@Override
		public void run() {
			try {
				this.action.run();
			}
			catch (Exception | AssertionError ex) {
				this.failure = ex;
			}
		}

		private void parkHere() {
			Runnable parking = this.parking;
			if (parking != null) {
				this.parking = null;
				parking.run();
			}
			try {
				this.permit.acquire();
				this.permit.drainPermits();
			}
			catch (InterruptedException ex) {
				interrupt();
			}
		}

		private void unpark() {
			this.permit.release();
		}

	}

}
