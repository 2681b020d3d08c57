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
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

import org.springframework.data.redis.RedisConnectionFailureException;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolExhaustedException;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.writes.ConnectTimeout;

/**
 * What a borrower is told who gets no connection. Each is made on the borrower's own
 * thread where there is one, so that its stack says who that was.
 */
final class BorrowFailures {

	private final String pool;

	private final ConnectTimeout connectTimeout;

	private final PoolListener listener;

	private final Connections connections;

	private final Leases leases;

	private final PermitQueue permits;

	private final Supplier<PoolSnapshot.Exclusive> figures;

	BorrowFailures(String pool, ConnectTimeout connectTimeout, PoolListener listener, Connections connections,
			Leases leases, PermitQueue permits, Supplier<PoolSnapshot.Exclusive> figures) {
		this.pool = pool;
		this.connectTimeout = connectTimeout;
		this.listener = listener;
		this.connections = connections;
		this.leases = leases;
		this.permits = permits;
		this.figures = figures;
	}

	RedisConnectionFailureException stopped() {
		return new RedisConnectionFailureException("Pool '%s' is stopped".formatted(this.pool));
	}

	RedisConnectionFailureException interrupted(InterruptedException cause, long waitNanos) {
		this.listener.gaveUp(waitNanos);
		return new RedisConnectionFailureException(
				"Interrupted while waiting for a connection of pool '%s'".formatted(this.pool), cause);
	}

	/**
	 * The exception for a borrower, with the borrower's own stack.
	 */
	RuntimeException of(Throwable cause) {
		boolean wrapper = cause instanceof CompletionException || cause instanceof ExecutionException;
		Throwable unwrapped = (wrapper && cause.getCause() != null) ? cause.getCause() : cause;
		if (unwrapped instanceof PoolConnectException && unwrapped.getCause() != null) {
			return down(unwrapped.getCause());
		}
		return (unwrapped instanceof RuntimeException runtime) ? runtime
				: new PoolConnectException(this.pool, unwrapped);
	}

	RedisConnectionFailureException timedOut(Duration wait) {
		this.listener.timedOut();
		Throwable down = this.connections.connector().error();
		if (down != null) {
			return down(down);
		}
		Duration longer = wait.minus(this.connections.settings().getMaxWait());
		return exhausted("no connection became free within max-wait (%d ms)%s".formatted(wait.minus(longer).toMillis(),
				longer.isZero() ? ""
						: " and the %d ms that a blocking command waits longer".formatted(longer.toMillis())));
	}

	/**
	 * There was room, but the server did not take the connection, or did not answer, in
	 * time.
	 */
	PoolConnectException notConnectedInTime() {
		this.listener.timedOut();
		Throwable down = this.connections.connector().error();
		return (down != null) ? down(down) : new PoolConnectException(this.pool, notConnected());
	}

	/**
	 * The server counts as down. A borrower has its own limit beside that of connecting,
	 * and either may be found first: the shorter one is named.
	 */
	PoolConnectException down(Throwable cause) {
		Duration limit = this.connections.readyWait();
		boolean shorter = !limit.isNegative() && limit.compareTo(this.connectTimeout.duration()) < 0;
		return new PoolConnectException(this.pool,
				(shorter && cause instanceof TimeoutException) ? notConnected() : cause);
	}

	private TimeoutException notConnected() {
		return new TimeoutException("no connection to %s within %s (%d ms)".formatted(this.connectTimeout.servers(),
				this.connections.settings().getMaxWait().isZero() ? "validation-timeout" : "max-wait",
				this.connections.readyWait().toMillis()));
	}

	/**
	 * As many wait as may wait. There may be thousands of these a second, so nobody looks
	 * at all leases for it.
	 */
	PoolExhaustedException rejected(PermitQueue.RejectedException cause) {
		this.listener.rejected();
		return new PoolExhaustedException(
				"Pool '" + this.pool + "'" + suspended() + ": no more than max-pending borrowers may wait, and "
						+ cause.getMessage() + "; active=" + this.leases.active() + ", pending="
						+ this.permits.pending() + ", max-size=" + this.connections.settings().getMaxSize());
	}

	private String suspended() {
		return this.permits.isSuspended() ? " (suspended)" : "";
	}

	private PoolExhaustedException exhausted(String what) {
		PoolSnapshot.Exclusive figures = this.figures.get();
		return new PoolExhaustedException("Pool '%s'%s: %s; active=%d, idle=%d, pending=%d, max-size=%d; %s".formatted(
				this.pool, suspended(), what, figures.active(), figures.idle(), figures.pending(), figures.maxSize(),
				this.leases.describeLongest()));
	}

}
