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
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolExhaustedException;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSnapshot;

/**
 * Makes the exceptions for borrowers that get no connection, each on the borrower's own
 * thread where there is one, so that its stack says who that was.
 *
 * @param pool the pool
 * @param servers where the connections lead
 * @param connectTimeout how long opening one may take
 * @param listener hears of borrowers that give up, are late or are turned away
 */
record BorrowFailures(ConnectionPool pool, String servers, Duration connectTimeout, PoolListener listener) {

	RuntimeException stopped() {
		return new PoolExhaustedException("Pool '%s' is stopped".formatted(this.pool.name()));
	}

	RuntimeException interrupted(InterruptedException cause, long waitNanos) {
		this.listener.gaveUp(waitNanos);
		RuntimeException failure = new PoolExhaustedException(
				"Interrupted while waiting for a connection of pool '%s'".formatted(this.pool.name()));
		failure.initCause(cause);
		return failure;
	}

	/**
	 * The server counts as down. A borrower has its own limit beside that of connecting,
	 * and either may be found first: the shorter one is named.
	 */
	RuntimeException down(Throwable cause) {
		Duration limit = this.pool.connections().readyWait();
		boolean shorter = !limit.isNegative() && limit.compareTo(this.connectTimeout) < 0;
		return new PoolConnectException(this.pool.name(),
				(shorter && cause instanceof TimeoutException) ? notConnected() : cause);
	}

	private TimeoutException notConnected() {
		Connections connections = this.pool.connections();
		return new TimeoutException("no connection to %s within %s (%d ms)".formatted(this.servers,
				connections.settings().getMaxWait().isZero() ? "validation-timeout" : "max-wait",
				connections.readyWait().toMillis()));
	}

	/**
	 * Gives an exception that was made elsewhere the borrower's own stack.
	 */
	RuntimeException of(Throwable cause) {
		boolean wrapper = cause instanceof CompletionException || cause instanceof ExecutionException;
		Throwable unwrapped = (wrapper && cause.getCause() != null) ? cause.getCause() : cause;
		if (unwrapped instanceof PoolConnectException && unwrapped.getCause() != null) {
			return down(unwrapped.getCause());
		}
		return (unwrapped instanceof RuntimeException runtime) ? runtime
				: new PoolConnectException(this.pool.name(), unwrapped);
	}

	RuntimeException timedOut(Duration wait) {
		this.listener.timedOut();
		Throwable down = this.pool.connectError();
		if (down != null) {
			return down(down);
		}
		Duration longer = wait.minus(this.pool.connections().settings().getMaxWait());
		return exhausted("no connection became free within max-wait (%d ms)%s".formatted(wait.minus(longer).toMillis(),
				longer.isZero() ? ""
						: " and the %d ms that a blocking command waits longer".formatted(longer.toMillis())));
	}

	/**
	 * There was room, but the server did not take the connection, or did not answer, in
	 * time.
	 */
	RuntimeException notConnectedInTime() {
		this.listener.timedOut();
		Throwable down = this.pool.connectError();
		return down((down != null) ? down : notConnected());
	}

	/**
	 * As many wait as may wait. There may be thousands of these a second, so nobody looks
	 * at all leases for it.
	 */
	RuntimeException rejected(PermitQueue.RejectedException cause) {
		this.listener.rejected();
		return new PoolExhaustedException("Pool '" + this.pool.name() + "'" + suspended()
				+ ": no more than max-pending borrowers may wait, and " + cause.getMessage() + "; active="
				+ this.pool.openLeases().active() + ", pending=" + this.pool.permits().pending() + ", max-size="
				+ this.pool.connections().settings().getMaxSize());
	}

	private String suspended() {
		return this.pool.isSuspended() ? " (suspended)" : "";
	}

	private PoolExhaustedException exhausted(String what) {
		PoolSnapshot.Exclusive figures = this.pool.snapshot();
		return new PoolExhaustedException("Pool '%s'%s: %s; active=%d, idle=%d, pending=%d, max-size=%d; %s".formatted(
				this.pool.name(), suspended(), what, figures.active(), figures.idle(), figures.pending(),
				figures.maxSize(), this.pool.describeLongestLeases()));
	}

}
