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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

import io.lettuce.core.api.StatefulConnection;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSnapshot;

/**
 * The borrows under way: who has which connection since when. Reports leases that last
 * too long. Thread-safe.
 */
final class Leases {

	private static final Log logger = LogFactory.getLog(Leases.class);

	private static final int LONGEST_IN_MESSAGE = 3;

	private final String pool;

	private final long thresholdNanos;

	private final PoolListener listener;

	private final Map<StatefulConnection<?, ?>, PooledConnection> lent = new ConcurrentHashMap<>();

	Leases(String pool, Duration threshold, PoolListener listener) {
		this.pool = pool;
		this.thresholdNanos = threshold.toNanos();
		this.listener = listener;
	}

	/**
	 * Prepares a lease of the current thread, which is the borrower's; the connection may
	 * arrive on another one.
	 * @return a lease that has not started
	 */
	Lease prepare() {
		return new Lease(this.thresholdNanos > 0);
	}

	/**
	 * Starts a lease.
	 * @param connection the connection that is lent
	 * @param lease a prepared lease
	 * @param now the current time in nanoseconds
	 */
	void start(PooledConnection connection, Lease lease, long now) {
		lease.start(now);
		connection.lease(lease);
		this.lent.put(connection.connection(), connection);
	}

	/**
	 * Ends a lease.
	 * @param connection what the borrower had
	 * @param now the current time in nanoseconds
	 * @return the connection, or {@code null} if it is not lent by this pool
	 */
	@Nullable PooledConnection end(StatefulConnection<?, ?> connection, long now) {
		PooledConnection pooled = this.lent.remove(connection);
		Lease lease = (pooled != null) ? pooled.lease() : null;
		if (pooled == null || lease == null) {
			return pooled;
		}
		long age = lease.ageNanos(now);
		pooled.lease(null);
		this.listener.returned(age);
		if (lease.isReported()) {
			logger.warn("Pool '%s': the connection that thread '%s' seemed to have leaked came back after %s"
				.formatted(this.pool, lease.threadName(), inSeconds(age)));
		}
		return pooled;
	}

	/**
	 * Whether a connection is lent by this very lease.
	 * @param connection the connection
	 * @param lease the lease
	 * @return {@code false} if the lease has ended
	 */
	boolean isCurrent(StatefulConnection<?, ?> connection, Object lease) {
		return current(connection) == lease;
	}

	/**
	 * The lease of a connection.
	 * @param connection the connection
	 * @return the lease, or {@code null} if it is not lent
	 */
	@Nullable Lease current(StatefulConnection<?, ?> connection) {
		PooledConnection pooled = this.lent.get(connection);
		return (pooled != null) ? pooled.lease() : null;
	}

	int active() {
		return this.lent.size();
	}

	/**
	 * Warns once of each lease that is older than the threshold.
	 */
	void reportLong() {
		if (this.thresholdNanos <= 0) {
			return;
		}
		long now = System.nanoTime();
		for (PooledConnection connection : this.lent.values()) {
			Lease lease = connection.lease();
			if (lease != null && !lease.isReported() && lease.ageNanos(now) > this.thresholdNanos) {
				lease.markReported();
				logger.warn("Pool '%s': thread '%s' has had a connection for %s; is it ever given back?"
					.formatted(this.pool, lease.threadName(), inSeconds(lease.ageNanos(now))), lease.stack());
				this.listener.leaked(lease.threadName(), Duration.ofNanos(lease.ageNanos(now)));
			}
		}
	}

	/**
	 * Ends the leases that nobody else can end any more.
	 * @return the connections
	 */
	List<PooledConnection> endForgotten() {
		List<PooledConnection> forgotten = new ArrayList<>();
		for (PooledConnection candidate : this.lent.values()) {
			Lease lease = candidate.lease();
			if (lease != null && lease.isForgotten()) {
				this.lent.computeIfPresent(candidate.connection(), (key, connection) -> {
					if (connection.lease() != lease) {
						return connection;
					}
					forgotten.add(connection);
					return null;
				});
			}
		}
		forgotten.forEach(this::forget);
		return forgotten;
	}

	private void forget(PooledConnection connection) {
		Lease lease = connection.lease();
		if (lease != null) {
			long age = lease.ageNanos(System.nanoTime());
			connection.lease(null);
			this.listener.returned(age);
			if (!lease.isUsed()) {
				// Its subscriber cancelled in the very instant in which it arrived.
				logger.debug("Pool '%s': a connection that nobody took is closed".formatted(this.pool));
				return;
			}
			logger.warn(
					("Pool '%s': the connection that thread '%s' borrowed %s ago was never given back, and nobody "
							+ "has it any more; it is closed")
						.formatted(this.pool, lease.threadName(), inSeconds(age)),
					lease.stack());
		}
	}

	/**
	 * The leases, the longest first.
	 * @return the leases now
	 */
	List<PoolSnapshot.Lease> snapshot() {
		long now = System.nanoTime();
		return this.lent.values()
			.stream()
			.map(PooledConnection::lease)
			.filter((lease) -> lease != null)
			.map((lease) -> new PoolSnapshot.Lease(lease.threadName(), Duration.ofNanos(lease.ageNanos(now)),
					stack(lease.stack())))
			.sorted(Comparator.comparing(PoolSnapshot.Lease::age).reversed())
			.toList();
	}

	/**
	 * Says who has had connections for longest.
	 * @return a phrase for a message
	 */
	String describeLongest() {
		List<PoolSnapshot.Lease> leases = snapshot();
		if (leases.isEmpty()) {
			return "nobody has a connection";
		}
		return leases.stream()
			.limit(LONGEST_IN_MESSAGE)
			.map((lease) -> "thread '%s' for %s".formatted(lease.thread(), inSeconds(lease.age().toNanos())))
			.collect(Collectors.joining(", ", "held longest by ", ""));
	}

	private static List<String> stack(@Nullable Throwable stack) {
		return (stack != null) ? new StackLines(stack) : List.of();
	}

	private static String inSeconds(long nanos) {
		return "%.3f s".formatted(nanos / 1e9);
	}

}
