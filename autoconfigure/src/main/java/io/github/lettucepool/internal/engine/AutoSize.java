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

package io.github.lettucepool.internal.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntConsumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolServer;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSizing;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.internal.sizing.BorrowCounter;
import io.github.lettucepool.internal.sizing.Sample;
import io.github.lettucepool.internal.sizing.SizeController;

/**
 * Sizes a pool while it runs: feeds the controller, asks the server for its clients, does
 * what the controller says, and remembers and logs it. Borrowers pay for a few counters.
 * Thread-safe.
 */
final class AutoSize {

	private static final Log logger = LogFactory.getLog(AutoSize.class);

	private static final long ASK_INTERVAL = Duration.ofMinutes(1).toNanos();

	static final long LINE_INTERVAL = Duration.ofSeconds(10).toNanos();

	/**
	 * So many changes are remembered.
	 */
	static final int REMEMBERED = 16;

	private final RedisPool pool;

	private final IntConsumer resize;

	private final BorrowCounter counter = new BorrowCounter();

	private final SizeController controller;

	// Guarded by this. The latest comes first.
	private final ArrayDeque<PoolSizing.Change> changes = new ArrayDeque<>();

	private volatile boolean mayGrow = true;

	private volatile Sample.@Nullable Server server;

	private volatile boolean asking;

	private int size;

	private int toldSize;

	private long toldAt;

	/**
	 * Creates it for a pool that has just started.
	 * @param pool the pool
	 * @param resize changes the size
	 * @param now the current time in nanoseconds
	 */
	AutoSize(RedisPool pool, IntConsumer resize, long now) {
		PoolSettings settings = pool.getSettings();
		this.pool = pool;
		this.resize = resize;
		this.size = settings.getMaxSize();
		this.toldSize = this.size;
		this.toldAt = now - LINE_INTERVAL;
		this.controller = new SizeController(min(settings), settings.getMaxSizeLimit(), this.size,
				() -> ThreadLocalRandom.current().nextDouble());
	}

	static int min(PoolSettings settings) {
		return Math.max(1, settings.getMinIdle());
	}

	/**
	 * Hears what borrowers do.
	 * @return the listener
	 */
	BorrowCounter counter() {
		return this.counter;
	}

	/**
	 * Returns whether the size can still grow.
	 * @return {@code false} at the limit, and while growing does not help
	 */
	boolean mayGrow() {
		return this.mayGrow;
	}

	/**
	 * Looks at the pool. Never waits.
	 * @param snapshot the pool's figures
	 * @param connecting whether a connection is being opened
	 * @param now the current time in nanoseconds
	 */
	void look(PoolSnapshot snapshot, boolean connecting, long now) {
		boolean serving = snapshot.state() == PoolSnapshot.State.RUNNING && snapshot.connectError() == null
				&& !Boolean.FALSE.equals(snapshot.reachable());
		PoolSnapshot.Exclusive lane = snapshot.exclusive();
		Sample sample = new Sample(now, serving, connecting, lane.active(), lane.pending(), this.counter.counts(),
				this.server);
		boolean ask;
		synchronized (this) {
			SizeController.Decision decision = this.controller.take(sample);
			apply(decision, now);
			ask = decision.ask();
		}
		Sample.Server server = this.server;
		if (serving && !this.asking && (ask || server == null || now - server.askedNanos() >= ASK_INTERVAL)) {
			ask(now);
		}
	}

	/**
	 * Takes the bounds that the settings have now.
	 * @param now the current time in nanoseconds
	 */
	synchronized void bounds(long now) {
		PoolSettings settings = this.pool.getSettings();
		apply(this.controller.bounds(min(settings), settings.getMaxSizeLimit()), now);
	}

	private void ask(long now) {
		Sample.Server before = this.server;
		this.asking = true;
		this.server = (before != null) ? new Sample.Server(now, now - 1, before.connected(), before.max())
				: new Sample.Server(now, now - 1, 0, 0);
		long start = System.nanoTime();
		this.pool.getServer().askForClients().whenComplete((clients, ex) -> {
			this.server = answer(clients, now, System.nanoTime() - start);
			this.asking = false;
		});
	}

	private static Sample.Server answer(PoolServer.@Nullable Clients clients, long asked, long nanos) {
		return (clients != null) ? new Sample.Server(asked, asked + nanos, clients.connected(), clients.max())
				: new Sample.Server(asked, asked + nanos, 0, 0);
	}

	private void apply(SizeController.Decision decision, long now) {
		this.mayGrow = this.controller.mayGrow();
		String reason = decision.reason();
		if (reason != null && decision.size() != this.size) {
			this.changes.addFirst(new PoolSizing.Change(Instant.now(), this.size, decision.size(), reason));
			if (this.changes.size() > REMEMBERED) {
				this.changes.removeLast();
			}
			this.size = decision.size();
			this.resize.accept(this.size);
		}
		if (this.toldSize != this.size && now - this.toldAt >= LINE_INTERVAL) {
			logger.info("Pool '%s' went from max-size %d to %d: %s".formatted(this.pool.getName(), this.toldSize,
					this.size, this.changes.isEmpty() ? this.controller.reason() : this.changes.getFirst().reason()));
			this.toldSize = this.size;
			this.toldAt = now;
		}
	}

	/**
	 * How the pool came to its size.
	 * @return the size, its bounds and the last changes
	 */
	synchronized PoolSizing sizing() {
		PoolSettings settings = this.pool.getSettings();
		return new PoolSizing(this.size, min(settings), settings.getMaxSizeLimit(), this.mayGrow,
				this.controller.reason(), List.copyOf(this.changes));
	}

}
