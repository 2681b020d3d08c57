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

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolListener;

/**
 * Opens connections, a few at a time, and keeps off a server that cannot be reached.
 * <p>
 * After a failure the server counts as down: requests fail at once with the error that
 * connecting failed with, until a probe succeeds: see {@link RetryDelay}. Patient
 * requests, those of borrowers who were waiting already, stay in the queue meanwhile. A
 * connection that is not {@linkplain Lendable#isComplete() complete} is lent, and probes
 * go on until one that is can be had. Thread-safe; never blocks.
 */
final class Connector {

	private final String pool;

	private final int maxConcurrent;

	private final PoolListener listener;

	private final PoolClock clock;

	private final BiConsumer<ConnectionStore, Lendable> spare;

	private final Object lock = new Object();

	private final ArrayDeque<Request> requests = new ArrayDeque<>();

	private int connecting;

	private boolean probeScheduled;

	private int failures;

	private boolean incomplete;

	private boolean stopped;

	private volatile @Nullable Throwable error;

	/**
	 * Creates a connector.
	 * @param pool the pool's name, for messages
	 * @param maxConcurrent how many connections may be opened at the same time
	 * @param listener hears of each attempt
	 * @param clock starts attempts
	 * @param spare takes a connection that was opened and that nobody waits for
	 */
	Connector(String pool, int maxConcurrent, PoolListener listener, PoolClock clock,
			BiConsumer<ConnectionStore, Lendable> spare) {
		this.pool = pool;
		this.maxConcurrent = maxConcurrent;
		this.listener = listener;
		this.clock = clock;
		this.spare = spare;
	}

	/**
	 * Opens a connection.
	 * @param store tells the kind
	 * @param patient whether to wait until the server is back, if it is down
	 * @param done tells that nobody waits for the connection any more: if connecting has
	 * not started by then, it never does
	 * @return completes with the connection, or with {@link PoolConnectException}, or is
	 * cancelled
	 */
	CompletableFuture<Lendable> connect(ConnectionStore store, boolean patient, CompletableFuture<?> done) {
		Request request = new Request(store, patient);
		Throwable down;
		synchronized (this.lock) {
			down = this.stopped ? stoppedError() : this.error;
			if (down == null || (patient && !this.stopped)) {
				this.requests.add(request);
				down = null;
			}
		}
		if (down != null) {
			fail(request, down);
		}
		else {
			startQueued();
			done.whenComplete((ignored, ex) -> abandon(request));
		}
		return request.result;
	}

	/**
	 * Forgets a request, unless its connection is on the way already.
	 */
	private void abandon(Request request) {
		boolean queued;
		synchronized (this.lock) {
			request.abandoned = true;
			queued = this.requests.remove(request);
		}
		if (queued) {
			request.result.cancel(false);
		}
	}

	/**
	 * The error that connecting fails with now.
	 * @return the error, or {@code null} if the server does not count as down
	 */
	@Nullable Throwable error() {
		return this.error;
	}

	/**
	 * Returns whether a connection is being opened, for somebody or to find out whether
	 * the server is back.
	 * @return whether one is
	 */
	boolean isConnecting() {
		synchronized (this.lock) {
			return this.connecting > 0;
		}
	}

	/**
	 * Fails all requests and opens nothing any more.
	 */
	void stop() {
		List<Request> dropped;
		synchronized (this.lock) {
			this.stopped = true;
			dropped = new ArrayList<>(this.requests);
			this.requests.clear();
		}
		dropped.forEach((request) -> fail(request, stoppedError()));
	}

	private static IllegalStateException stoppedError() {
		return new IllegalStateException("the pool is stopped");
	}

	private void fail(Request request, Throwable cause) {
		request.result.completeExceptionally(new PoolConnectException(this.pool, cause));
	}

	private void startQueued() {
		for (Request request = next(); request != null; request = next()) {
			start(request.store, request);
		}
	}

	private @Nullable Request next() {
		synchronized (this.lock) {
			Request request = (this.error == null && this.connecting < this.maxConcurrent) ? this.requests.poll()
					: null;
			this.connecting += (request != null) ? 1 : 0;
			return request;
		}
	}

	/**
	 * Starts an attempt.
	 * @param store tells the kind
	 * @param request who asked for it; {@code null} if it finds out whether the server is
	 * back
	 */
	private void start(ConnectionStore store, @Nullable Request request) {
		long start = this.clock.nanos();
		AtomicBoolean begun = new AtomicBoolean();
		try {
			this.clock.execute(() -> {
				if (begun.compareAndSet(false, true)) {
					attempt(store, request, start);
				}
			});
		}
		catch (RuntimeException | Error ex) {
			// No thread can be started, perhaps. The task may have been taken all the
			// same.
			if (begun.compareAndSet(false, true)) {
				failed(store, request, ex);
			}
		}
	}

	private void attempt(ConnectionStore store, @Nullable Request request, long start) {
		open(store).whenComplete((connection, ex) -> {
			if (connection != null) {
				this.listener.opened(this.clock.nanos() - start);
				succeeded(store, request, connection);
			}
			else {
				failed(store, request, ex);
			}
			startQueued();
		});
	}

	private static CompletionStage<? extends Lendable> open(ConnectionStore store) {
		try {
			return store.open();
		}
		catch (RuntimeException | Error ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	private void succeeded(ConnectionStore store, @Nullable Request request, Lendable connection) {
		Request taker = request;
		boolean complete = connection.isComplete();
		synchronized (this.lock) {
			this.connecting--;
			this.incomplete = !complete;
			if (complete) {
				this.failures = 0;
			}
			else {
				scheduleProbe(store);
			}
			if (taker == null) {
				taker = removeFirst(store);
			}
		}
		if (taker == null && !complete) {
			this.listener.closed(CloseReason.ROOM);
			connection.closeForGood();
		}
		else if (taker == null || !taker.result.complete(connection)) {
			this.spare.accept(store, connection);
		}
		// A borrower that comes now is to find the connection that says so.
		this.error = null;
	}

	private @Nullable Request removeFirst(ConnectionStore store) {
		for (Request request : this.requests) {
			if (request.store == store) {
				this.requests.remove(request);
				return request;
			}
		}
		return null;
	}

	private void failed(ConnectionStore store, @Nullable Request request, Throwable error) {
		Throwable cause = (error instanceof CompletionException && error.getCause() != null) ? error.getCause() : error;
		this.listener.connectFailed(cause);
		List<Request> failing;
		synchronized (this.lock) {
			this.connecting--;
			boolean probing = scheduleProbe(store);
			// Without a probe, the next request finds out.
			this.error = probing ? cause : null;
			failing = new ArrayList<>(this.requests);
			failing.removeIf((queued) -> probing && queued.patient);
			this.requests.removeAll(failing);
			if (request != null && probing && request.patient && !request.abandoned && !this.stopped) {
				this.requests.addFirst(request);
			}
			else if (request != null) {
				failing.add(request);
			}
		}
		failing.forEach((failed) -> fail(failed, cause));
	}

	// Under the lock. Returns false if no probe can be scheduled.
	private boolean scheduleProbe(ConnectionStore store) {
		if (!this.probeScheduled && !this.stopped) {
			try {
				this.clock.after(RetryDelay.after(++this.failures), () -> probe(store));
				this.probeScheduled = true;
			}
			catch (RuntimeException | Error ex) {
				return false;
			}
		}
		return true;
	}

	private void probe(ConnectionStore store) {
		synchronized (this.lock) {
			this.probeScheduled = false;
			if (this.stopped || (this.error == null && !this.incomplete)) {
				return;
			}
			this.connecting++;
		}
		start(store, null);
	}

	private static final class Request {

		private final ConnectionStore store;

		private final boolean patient;

		private final CompletableFuture<Lendable> result = new CompletableFuture<>();

		// Guarded by the lock.
		private boolean abandoned;

		private Request(ConnectionStore store, boolean patient) {
			this.store = store;
			this.patient = patient;
		}

	}

}
