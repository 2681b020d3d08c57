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

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.internal.pool.Lease.Borrower;

/**
 * The leases under way. Starts and ends them, and reports those that last too long.
 * Thread-safe.
 * <p>
 * Why it is safe:
 * <ul>
 * <li><b>A lease ends once.</b> The borrower may end it, and so may any thread to which
 * it has passed the connection, and the pool, if nobody knows the lease any more. A flag
 * of the lease, changed by compare-and-set, decides who does. The connection and its
 * permit go back with that: once, and either to be lent again or to be closed.</li>
 * <li><b>Its end touches no later lease.</b> It is forgotten here, and the connection no
 * longer knows of it, before the connection becomes idle. Whoever borrows the connection
 * next starts a lease of his own after that.</li>
 * </ul>
 */
final class Leases {

	private static final Log logger = LogFactory.getLog(Leases.class);

	private static final int LONGEST_IN_MESSAGE = 3;

	private final String pool;

	private final Supplier<PoolSettings> settings;

	private final PoolListener listener;

	private final PoolClock clock;

	private final Returning returning;

	private final Set<Lease> underWay = ConcurrentHashMap.newKeySet();

	Leases(String pool, Supplier<PoolSettings> settings, PoolListener listener, PoolClock clock, Returning returning) {
		this.pool = pool;
		this.settings = settings;
		this.listener = listener;
		this.clock = clock;
		this.returning = returning;
	}

	/**
	 * Remembers the current thread as a borrower.
	 * @return the borrower, with its stack if leaks are looked for
	 */
	Borrower borrower() {
		return Borrower.current(thresholdNanos() > 0);
	}

	/**
	 * Starts a lease.
	 * @param connection the connection that is lent
	 * @param borrower who gets it
	 * @param now the current time in nanoseconds
	 * @return the lease
	 */
	Lease start(PooledConnection connection, Borrower borrower, long now) {
		Lease lease = new Lease(this, connection, borrower, now);
		this.underWay.add(lease);
		connection.connection().lentBy(lease);
		return lease;
	}

	/**
	 * Takes the connection of a lease back.
	 * @param lease a lease that has just ended
	 */
	void ended(Lease lease) {
		long now = this.clock.nanos();
		long age = forget(lease, now);
		if (lease.isReported()) {
			logger.warn("Pool '%s': the connection that thread '%s' seemed to have leaked came back after %s"
				.formatted(this.pool, lease.borrower().threadName(), inSeconds(age)));
		}
		this.returning.used(lease.pooled(), now);
	}

	/**
	 * Closes what is lent. Its borrowers have had their time.
	 */
	void endAll() {
		long now = this.clock.nanos();
		for (Lease lease : this.underWay) {
			if (lease.endNow()) {
				forget(lease, now);
				this.returning.close(lease.pooled(), CloseReason.STOPPED);
			}
		}
	}

	private long forget(Lease lease, long now) {
		this.underWay.remove(lease);
		lease.connection().lentBy(null);
		long age = lease.ageNanos(now);
		this.listener.returned(age);
		return age;
	}

	int active() {
		return this.underWay.size();
	}

	private long thresholdNanos() {
		return this.settings.get().getLeakDetectionThreshold().toNanos();
	}

	/**
	 * Warns once of each lease that is older than the threshold, and ends those that
	 * nobody else can end any more.
	 */
	void check() {
		long now = this.clock.nanos();
		long threshold = thresholdNanos();
		for (Lease lease : this.underWay) {
			if (threshold > 0 && !lease.isReported() && lease.ageNanos(now) > threshold) {
				report(lease, lease.ageNanos(now));
			}
			if (lease.endIfForgotten()) {
				forgotten(lease, now);
			}
		}
	}

	private void report(Lease lease, long age) {
		lease.markReported();
		Borrower borrower = lease.borrower();
		logger.warn("Pool '%s': thread '%s' has had a connection for %s; is it ever given back?".formatted(this.pool,
				borrower.threadName(), inSeconds(age)), borrower.stack());
		this.listener.leaked(borrower.threadName(), Duration.ofNanos(age));
	}

	/**
	 * Somebody may still use what is below the connection, so it is not lent again.
	 */
	private void forgotten(Lease lease, long now) {
		long age = forget(lease, now);
		if (!lease.isSeen()) {
			logger.debug("Pool '%s': a connection that nobody took is closed".formatted(this.pool));
			this.returning.close(lease.pooled(), CloseReason.FORGOTTEN);
			return;
		}
		Borrower borrower = lease.borrower();
		logger.warn(
				("Pool '%s': the connection that thread '%s' borrowed %s ago was never given back, and nobody "
						+ "has it any more; it is closed")
					.formatted(this.pool, borrower.threadName(), inSeconds(age)),
				borrower.stack());
		this.returning.close(lease.pooled(), CloseReason.FORGOTTEN);
	}

	/**
	 * The leases, the longest first.
	 * @return the leases now
	 */
	List<PoolSnapshot.Lease> snapshot() {
		long now = this.clock.nanos();
		return this.underWay.stream()
			.map((lease) -> new PoolSnapshot.Lease(lease.borrower().threadName(), Duration.ofNanos(lease.ageNanos(now)),
					stack(lease.borrower().stack())))
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
