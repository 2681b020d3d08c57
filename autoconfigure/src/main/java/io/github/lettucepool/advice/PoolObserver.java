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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolServer;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;

/**
 * Watches one pool and says what it learnt. Thread-safe.
 */
final class PoolObserver implements PoolListener {

	/**
	 * The age from which an entry counts half.
	 */
	static final Duration HALF_LIFE = Duration.ofHours(6);

	/**
	 * So many busy moments are needed before a size is recommended.
	 */
	static final int ENOUGH_MOMENTS = 50;

	/**
	 * The recommended size is enough for this part of the busy time.
	 */
	static final double ENOUGH = 0.99;

	/**
	 * A queue that only grows tells that connections are missing, and not how many: it
	 * counts up to so many times the size. After a resize it is seen anew.
	 */
	static final int LONGEST_QUEUE = 3;

	/**
	 * Who gives up earlier has another reason than the wait, such as an answer from
	 * elsewhere.
	 */
	private static final Duration SHORTEST_WAIT = Duration.ofMillis(10);

	/**
	 * So long nothing must have borrowed to call a pool unused.
	 */
	static final Duration UNUSED_FOR = Duration.ofMinutes(10);

	static final Duration ASK_INTERVAL = Duration.ofMinutes(1);

	/**
	 * A command timeout that is so many times longer than anybody waits or has a
	 * connection is too long.
	 */
	private static final int FAR_LONGER = 4;

	private static final Duration SHORT_TIMEOUT = Duration.ofSeconds(10);

	private final RedisPool pool;

	private final DemandHistogram demand;

	private final LongestLease longestLease;

	private final Patience patience = new Patience();

	private final long start;

	private volatile boolean borrowed;

	private volatile long askedAt;

	private volatile @Nullable ClientsSeen clients;

	PoolObserver(RedisPool pool, long now) {
		this.pool = pool;
		this.start = now;
		this.askedAt = now - ASK_INTERVAL.toNanos();
		this.demand = new DemandHistogram(HALF_LIFE, now);
		this.longestLease = new LongestLease(now);
	}

	RedisPool pool() {
		return this.pool;
	}

	@Override
	public void borrowed(long waitNanos) {
		// Written once: what all borrowers write, all processors pass around.
		if (!this.borrowed) {
			this.borrowed = true;
		}
	}

	@Override
	public void returned(long usedNanos) {
		this.longestLease.add(usedNanos);
	}

	@Override
	public void gaveUp(long waitNanos) {
		this.patience.add(waitNanos);
	}

	/**
	 * Looks at the pool, and asks its server from time to time. Never waits.
	 * @param now the current time in nanoseconds
	 */
	void look(long now) {
		PoolSnapshot snapshot = this.pool.snapshot();
		if (snapshot.state() == PoolSnapshot.State.STOPPED) {
			return;
		}
		this.longestLease.forget(now);
		snapshot.leases().stream().limit(1).forEach((lease) -> this.longestLease.add(lease.age().toNanos()));
		PoolSnapshot.Exclusive lane = snapshot.exclusive();
		// Who waits for a server that is away needs no more connections.
		boolean serving = Boolean.TRUE.equals(snapshot.reachable()) && snapshot.connectError() == null;
		if (snapshot.state() == PoolSnapshot.State.RUNNING && serving) {
			long longestQueue = (long) LONGEST_QUEUE * this.pool.getSettings().getMaxSize();
			this.demand.record(lane.active() + (int) Math.min(lane.pending(), longestQueue), now);
		}
		boolean connected = snapshot.shared().connected() > 0 || snapshot.exclusive().total() > 0;
		if (connected && now - this.askedAt >= ASK_INTERVAL.toNanos()) {
			this.askedAt = now;
			this.pool.getServer().askForClients().whenComplete((answer, ex) -> {
				// A server that takes no more clients does not answer: what it said last
				// still holds.
				if (answer != null) {
					this.clients = new ClientsSeen(answer, open(this.pool.snapshot()));
				}
			});
		}
	}

	private static int open(PoolSnapshot snapshot) {
		return snapshot.exclusive().total() + snapshot.shared().opened() + snapshot.shared().lowLatency();
	}

	/**
	 * The last answer of the server about its clients.
	 * @return the answer, or {@code null} if it was not asked or did not say
	 */
	@Nullable ClientsSeen clients() {
		return this.clients;
	}

	/**
	 * The size that the observed demand calls for.
	 * @return the size, or {@code null} if too little was seen
	 */
	@Nullable Integer recommendedSize() {
		return (this.demand.count() >= ENOUGH_MOMENTS) ? this.demand.enoughFor(ENOUGH) : null;
	}

	/**
	 * The advice about this pool, whatever other pools do.
	 * @param now the current time in nanoseconds
	 * @return the advice, the most urgent first
	 */
	List<Advice> advice(long now) {
		List<Advice> advice = new ArrayList<>();
		PoolSettings settings = this.pool.getSettings();
		adviseOnSize(settings, advice);
		adviseOnWaiting(settings, advice);
		adviseOnTimeout(settings, advice);
		if (!this.borrowed && now - this.start >= UNUSED_FOR.toNanos()) {
			advice.add(new Advice(Advice.Topic.UNUSED,
					("Nothing has borrowed a connection for %s, since the pool is "
							+ "watched; ordinary commands need none. If that stays so, min-idle (%d) can be 0.")
						.formatted(DurationText.of(Duration.ofNanos(now - this.start)), settings.getMinIdle()),
					null));
		}
		return advice;
	}

	private void adviseOnSize(PoolSettings settings, List<Advice> advice) {
		Integer size = recommendedSize();
		int largest = settings.isMaxSizeAuto() ? settings.getMaxSizeLimit() : settings.getMaxSize();
		if (size != null && size > largest) {
			advice.add(new Advice(Advice.Topic.MAX_SIZE,
					("Up to %d connections are needed at the same time (for 99 %% of the time in which any is), but "
							+ "%s is %d: the others wait.")
						.formatted(size, settings.isMaxSizeAuto() ? "max-size-limit" : "max-size", largest),
					size));
		}
		if (size != null && size < settings.getMinIdle()) {
			advice.add(new Advice(Advice.Topic.MIN_IDLE,
					"min-idle is %d, but at most %d is needed at the same time.".formatted(settings.getMinIdle(), size),
					size));
		}
	}

	private void adviseOnWaiting(PoolSettings settings, List<Advice> advice) {
		Duration maxWait = settings.getMaxWait();
		Duration callersWait = this.patience.median();
		if (callersWait != null && callersWait.compareTo(SHORTEST_WAIT) < 0) {
			// Such a max-wait would be none.
			callersWait = null;
		}
		if (maxWait.isNegative()) {
			advice.add(new Advice(Advice.Topic.MAX_WAIT,
					"max-wait has no end: while all connections are borrowed, a borrower waits for ever. Set it to the "
							+ "longest time that a caller waits.",
					(callersWait != null) ? DurationText.of(callersWait) : null));
		}
		else if (callersWait != null && callersWait.multipliedBy(2).compareTo(maxWait) < 0) {
			advice.add(new Advice(Advice.Topic.MAX_WAIT,
					("Callers gave up %d times before they got a connection, after %s (median), but max-wait is %s. A "
							+ "shorter one fails with the figures of the pool while somebody still listens.")
						.formatted(this.patience.count(), DurationText.of(callersWait), DurationText.of(maxWait)),
					DurationText.of(callersWait)));
		}
	}

	private void adviseOnTimeout(PoolSettings settings, List<Advice> advice) {
		Duration timeout = this.pool.getServer().getTimeout();
		Duration maxWait = settings.getMaxWait();
		Duration longest = this.longestLease.get();
		boolean longerThanCallersWait = !maxWait.isNegative()
				&& timeout.compareTo(maxWait.multipliedBy(FAR_LONGER)) > 0;
		boolean longerThanNeeded = timeout.compareTo(longest.multipliedBy(FAR_LONGER)) > 0;
		if (longerThanCallersWait && longerThanNeeded && timeout.compareTo(SHORT_TIMEOUT) > 0) {
			advice.add(new Advice(Advice.Topic.TIMEOUT,
					("A command may take %s (spring.data.redis.timeout), but callers wait no longer than %s for a "
							+ "connection, and the longest lease was %s: when the server hangs, connections are taken "
							+ "long after their callers are gone.")
						.formatted(DurationText.of(timeout), DurationText.of(maxWait), DurationText.of(longest)),
					null));
		}
	}

	/**
	 * The answer of a server about its clients.
	 *
	 * @param clients the answer
	 * @param open how many of them were connections of this pool
	 */
	record ClientsSeen(PoolServer.Clients clients, int open) {
	}

}
