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

package io.github.lettucepool.advice;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolServer;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;

/**
 * Watches pools and learns what a person would want to know of them: which size the
 * demand calls for, and which settings do not fit what happens.
 * <p>
 * A thread of its own looks at each pool about ten times a second, and asks its server
 * how many clients it takes at most once a minute. Borrowers pay a few nanoseconds.
 * Thread-safe.
 */
public final class PoolAdvisor implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(PoolAdvisor.class);

	/**
	 * Not always the same time, so that what an application does at fixed intervals is
	 * seen with its right share.
	 */
	private static final long MIN_INTERVAL_MILLIS = 75;

	private static final long MAX_INTERVAL_MILLIS = 125;

	private final List<PoolObserver> observers = new CopyOnWriteArrayList<>();

	private final ScheduledThreadPoolExecutor executor;

	/**
	 * Creates an advisor that watches no pool yet.
	 */
	public PoolAdvisor() {
		this.executor = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "lettuce-pool-advisor");
			thread.setDaemon(true);
			return thread;
		});
		this.executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
	}

	/**
	 * Starts to watch a pool; does nothing if it is watched already.
	 * @param pool the pool
	 */
	public void watch(RedisPool pool) {
		synchronized (this.observers) {
			if (observer(pool) == null) {
				PoolObserver observer = new PoolObserver(pool, System.nanoTime());
				pool.addListener(observer);
				if (this.observers.isEmpty()) {
					schedule();
				}
				this.observers.add(observer);
			}
		}
	}

	/**
	 * The {@code max-size} that the observed demand calls for: enough for 99 % of the
	 * time in which any connection is needed. Borrowers that wait count as demand, so it
	 * can be more than the size now.
	 * @param pool the pool
	 * @return the size, or {@code null} if too little was seen or the pool is not watched
	 */
	public @Nullable Integer recommendedSize(RedisPool pool) {
		PoolObserver observer = observer(pool);
		return (observer != null) ? observer.recommendedSize() : null;
	}

	/**
	 * The advice about a pool.
	 * @param pool the pool
	 * @return the advice; empty if all is well or the pool is not watched
	 */
	public List<Advice> advice(RedisPool pool) {
		PoolObserver observer = observer(pool);
		if (observer == null) {
			return List.of();
		}
		List<Advice> advice = new ArrayList<>(observer.advice(System.nanoTime()));
		Advice onClients = adviceOnClients(observer);
		if (onClients != null) {
			advice.add(onClients);
		}
		return advice;
	}

	private @Nullable Advice adviceOnClients(PoolObserver observer) {
		PoolObserver.ClientsSeen seen = observer.clients();
		if (seen == null) {
			return null;
		}
		PoolServer.Clients clients = seen.clients();
		long most = 0;
		long open = 0;
		List<String> names = new ArrayList<>();
		for (PoolObserver other : this.observers) {
			PoolObserver.ClientsSeen sameServer = other.clients();
			if (sameServer != null && sameServer.clients().server().equals(clients.server())) {
				PoolSnapshot snapshot = other.pool().snapshot();
				most += (long) snapshot.exclusive().maxSize() + snapshot.shared().size()
						+ lowLatency(other.pool().getSettings());
				// When the server counted them, and not now.
				open += sameServer.open();
				names.add(snapshot.name());
			}
		}
		long more = Math.max(0, most - open);
		if (clients.connected() + more <= clients.max()) {
			return null;
		}
		return new Advice(Advice.Topic.MAXCLIENTS,
				("The server takes %d clients (maxclients) and has %d. This instance of the application may open %d "
						+ "more, %d in all, by the pools %s: raise maxclients, or lower max-size.")
					.formatted(clients.max(), clients.connected(), more, most, names),
				null);
	}

	private static int lowLatency(PoolSettings settings) {
		boolean possible = settings.isCallerDriven() && settings.getSharedConnections() > 0
				&& !settings.getValidateAfterIdle().isZero();
		return possible ? settings.getLowLatencyCallers() : 0;
	}

	private @Nullable PoolObserver observer(RedisPool pool) {
		return this.observers.stream().filter((observer) -> observer.pool() == pool).findFirst().orElse(null);
	}

	private void schedule() {
		long delay = ThreadLocalRandom.current().nextLong(MIN_INTERVAL_MILLIS, MAX_INTERVAL_MILLIS);
		this.executor.schedule(this::look, delay, TimeUnit.MILLISECONDS);
	}

	private void look() {
		for (PoolObserver observer : this.observers) {
			try {
				observer.look(System.nanoTime());
			}
			catch (RuntimeException | Error ex) {
				logger.debug("Cannot look at pool '%s'".formatted(observer.pool().getName()), ex);
			}
		}
		if (!this.executor.isShutdown()) {
			schedule();
		}
	}

	/**
	 * Stops to watch.
	 */
	@Override
	public void close() {
		this.executor.shutdownNow();
		this.observers.forEach((observer) -> observer.pool().removeListener(observer));
		this.observers.clear();
	}

}
