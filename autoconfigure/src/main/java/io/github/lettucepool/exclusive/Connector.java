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

package io.github.lettucepool.exclusive;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

import io.lettuce.core.api.StatefulConnection;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.writes.ConnectTimeout;
import io.github.lettucepool.writes.FailedCommands;
import io.github.lettucepool.writes.RetryDelay;

/**
 * Opens connections, a few at a time, and keeps off a server that cannot be reached.
 * <p>
 * After a failure the server counts as down: requests fail at once with the error that
 * connecting failed with, until a probe succeeds: see {@link RetryDelay}. Patient
 * requests, those of borrowers who were waiting already, stay in the queue meanwhile. A
 * connection that was opened without its master is good for reads, and probes go on until
 * one with a master is found. Thread-safe; never blocks.
 */
final class Connector {

	private final String pool;

	private final int maxConcurrent;

	private final ConnectTimeout timeout;

	private final PoolListener listener;

	private final ScheduledExecutorService executor;

	private final SpareConnection spare;

	private final Lock lock = new ReentrantLock();

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
	 * @param timeout how long connecting may take
	 * @param listener hears of each attempt
	 * @param executor where connecting starts
	 * @param spare takes a connection that a probe opened and that nobody waits for
	 */
	Connector(String pool, int maxConcurrent, ConnectTimeout timeout, PoolListener listener,
			ScheduledExecutorService executor, SpareConnection spare) {
		this.pool = pool;
		this.maxConcurrent = maxConcurrent;
		this.timeout = timeout;
		this.listener = listener;
		this.executor = executor;
		this.spare = spare;
	}

	/**
	 * Opens a connection.
	 * @param store tells the codec
	 * @param patient whether to wait until the server is back, if it is down
	 * @param done tells that nobody waits for the connection any more: if connecting has
	 * not started by then, it never does
	 * @return completes with the connection, or with {@link PoolConnectException}, or is
	 * cancelled
	 */
	CompletableFuture<StatefulConnection<?, ?>> connect(ConnectionStore store, boolean patient,
			CompletableFuture<?> done) {
		Request request = new Request(store, patient);
		Throwable down;
		this.lock.lock();
		try {
			down = this.stopped ? new IllegalStateException("the pool is stopped") : this.error;
			if (down == null || (patient && !this.stopped)) {
				this.requests.add(request);
				down = null;
			}
		}
		finally {
			this.lock.unlock();
		}
		if (down != null) {
			request.result.completeExceptionally(new PoolConnectException(this.pool, down));
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
		this.lock.lock();
		try {
			request.abandoned = true;
			queued = this.requests.remove(request);
		}
		finally {
			this.lock.unlock();
		}
		if (queued) {
			request.result.cancel(false);
		}
	}

	/**
	 * What connecting fails with now.
	 * @return the error, or {@code null} if the server does not count as down
	 */
	@Nullable Throwable error() {
		return this.error;
	}

	/**
	 * Fails all requests and opens nothing any more.
	 */
	void stop() {
		List<Request> dropped;
		this.lock.lock();
		try {
			this.stopped = true;
			dropped = new ArrayList<>(this.requests);
			this.requests.clear();
		}
		finally {
			this.lock.unlock();
		}
		Throwable cause = new IllegalStateException("the pool is stopped");
		dropped.forEach((request) -> request.result.completeExceptionally(new PoolConnectException(this.pool, cause)));
	}

	private void startQueued() {
		for (Request request = next(); request != null; request = next()) {
			start(request);
		}
	}

	private @Nullable Request next() {
		this.lock.lock();
		try {
			if (this.error != null || this.connecting >= this.maxConcurrent) {
				return null;
			}
			Request request = this.requests.poll();
			this.connecting += (request != null) ? 1 : 0;
			return request;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void start(Request request) {
		long start = System.nanoTime();
		this.executor.execute(() -> open(request.store).whenComplete((connection, ex) -> {
			if (connection != null) {
				this.listener.opened(System.nanoTime() - start);
				succeeded(request.store, connection);
				deliver(request, connection);
			}
			else {
				Throwable cause = FailedCommands.unwrap(ex);
				this.listener.connectFailed(cause);
				failed(request, cause);
			}
			startQueued();
		}));
	}

	private CompletionStage<StatefulConnection<?, ?>> open(ConnectionStore store) {
		try {
			CompletableFuture<StatefulConnection<?, ?>> opened = new CompletableFuture<>();
			store.open().whenComplete((connection, ex) -> {
				if (ex != null) {
					opened.completeExceptionally(ex);
				}
				else if (!opened.complete(connection)) {
					// It came after the timeout: nobody waits for it any more.
					connection.closeAsync();
				}
			});
			return this.timeout.bound(opened);
		}
		catch (RuntimeException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	private void deliver(Request request, StatefulConnection<?, ?> connection) {
		if (!request.result.complete(connection)) {
			this.spare.accept(request.store, connection);
		}
	}

	private boolean succeeded(ConnectionStore store, StatefulConnection<?, ?> connection) {
		this.lock.lock();
		try {
			this.connecting--;
			this.error = null;
			this.incomplete = connection instanceof CompositeConnection composite && !composite.isComplete();
			if (this.incomplete) {
				scheduleProbe(store);
			}
			else {
				this.failures = 0;
			}
			return !this.incomplete;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void failed(Request request, Throwable cause) {
		List<Request> failing = new ArrayList<>();
		failing.add(request);
		this.lock.lock();
		try {
			this.connecting--;
			this.error = cause;
			scheduleProbe(request.store);
			this.requests.removeIf((queued) -> !queued.patient && failing.add(queued));
			if (request.patient && !request.abandoned && !this.stopped) {
				failing.remove(request);
				this.requests.addFirst(request);
			}
		}
		finally {
			this.lock.unlock();
		}
		failing.forEach((failed) -> failed.result.completeExceptionally(new PoolConnectException(this.pool, cause)));
	}

	private void probe(ConnectionStore store) {
		this.lock.lock();
		try {
			this.probeScheduled = false;
			if (this.stopped || (this.error == null && !this.incomplete)) {
				return;
			}
			this.connecting++;
		}
		finally {
			this.lock.unlock();
		}
		long start = System.nanoTime();
		open(store).whenComplete((connection, ex) -> {
			if (connection != null) {
				this.listener.opened(System.nanoTime() - start);
				boolean complete = succeeded(store, connection);
				Request waiting = nextFor(store);
				if (waiting != null) {
					deliver(waiting, connection);
				}
				else if (complete) {
					this.spare.accept(store, connection);
				}
				else {
					connection.closeAsync();
				}
				startQueued();
			}
			else {
				Throwable cause = FailedCommands.unwrap(ex);
				this.listener.connectFailed(cause);
				probeFailed(store, cause);
			}
		});
	}

	private void probeFailed(ConnectionStore store, Throwable cause) {
		this.lock.lock();
		try {
			this.connecting--;
			this.error = cause;
			scheduleProbe(store);
		}
		finally {
			this.lock.unlock();
		}
	}

	// Under the lock.
	private void scheduleProbe(ConnectionStore store) {
		if (!this.probeScheduled && !this.stopped) {
			this.probeScheduled = true;
			this.executor.schedule(() -> probe(store), RetryDelay.after(++this.failures).toMillis(),
					TimeUnit.MILLISECONDS);
		}
	}

	private @Nullable Request nextFor(ConnectionStore store) {
		this.lock.lock();
		try {
			for (Request request : this.requests) {
				if (request.store == store) {
					this.requests.remove(request);
					return request;
				}
			}
			return null;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Takes a connection that nobody waits for.
	 */
	@FunctionalInterface
	interface SpareConnection {

		void accept(ConnectionStore store, StatefulConnection<?, ?> connection);

	}

	private static final class Request {

		private final ConnectionStore store;

		private final boolean patient;

		private final CompletableFuture<StatefulConnection<?, ?>> result = new CompletableFuture<>();

		// Guarded by the lock.
		private boolean abandoned;

		private Request(ConnectionStore store, boolean patient) {
			this.store = store;
			this.patient = patient;
		}

	}

}
