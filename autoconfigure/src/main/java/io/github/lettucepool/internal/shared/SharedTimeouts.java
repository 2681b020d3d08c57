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

package io.github.lettucepool.internal.shared;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.protocol.CompleteableCommand;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.netty.util.Timeout;

import io.github.lettucepool.internal.transport.FailedCommands;

/**
 * The time that the commands of a shared connection may take, if the connection is to see
 * to that: see {@link #takeOver}. Thread-safe.
 */
final class SharedTimeouts {

	private final ClientResources clientResources;

	private final Duration relaxedTimeout;

	private volatile boolean takenOver;

	private volatile Duration timeout = Duration.ZERO;

	private volatile boolean maintenance;

	private volatile long relaxedUntil = System.nanoTime();

	SharedTimeouts(ClientOptions clientOptions, ClientResources clientResources) {
		this.clientResources = clientResources;
		this.relaxedTimeout = clientOptions.getTimeoutOptions().getRelaxedTimeout();
	}

	/**
	 * From now on the connection sees to it that commands end in time. Before that,
	 * somebody else does.
	 */
	void takeOver() {
		this.takenOver = true;
	}

	boolean isTakenOver() {
		return this.takenOver;
	}

	void set(Duration timeout) {
		this.timeout = timeout;
	}

	/**
	 * Returns how long a command may wait for its reply.
	 * @return the timeout; zero if the connection sets no limit
	 */
	Duration get() {
		return this.takenOver ? this.timeout : Duration.ZERO;
	}

	/**
	 * Returns whether a command ends within a time, with its reply or without, and nobody
	 * else needs to watch that.
	 * @param nanos the time in nanoseconds
	 * @return whether it does
	 */
	boolean endWithin(long nanos) {
		long timeout = get().toNanos();
		return timeout > 0 && timeout <= nanos;
	}

	/**
	 * Returns how long a command may take that nobody waits for on a thread: longer,
	 * while the server is under maintenance.
	 * @param timeout how long it may take otherwise
	 * @return the timeout
	 */
	Duration relaxed(Duration timeout) {
		boolean relax = this.maintenance || System.nanoTime() - this.relaxedUntil < 0;
		return (relax && !this.relaxedTimeout.isNegative()) ? timeout.plus(this.relaxedTimeout) : timeout;
	}

	/**
	 * Says that the server announced maintenance: until it is over, commands may take
	 * longer.
	 */
	void maintenanceStarted() {
		this.maintenance = true;
	}

	/**
	 * Says that the announced maintenance is over; what was sent meanwhile may still take
	 * longer.
	 */
	void maintenanceCompleted() {
		if (this.maintenance) {
			this.relaxedUntil = System.nanoTime() + Math.max(0, this.relaxedTimeout.toNanos());
			this.maintenance = false;
		}
	}

	/**
	 * Starts a timer for a command that is left to Lettuce.
	 * @param command the command
	 */
	void startTimer(RedisCommand<?, ?, ?> command) {
		Duration timeout = get();
		if (timeout.isZero()) {
			return;
		}
		Timeout task = this.clientResources.timer()
			.newTimeout((expired) -> expireElsewhere(command, timeout), timeout.toNanos(), TimeUnit.NANOSECONDS);
		if (command instanceof CompleteableCommand<?> completeable) {
			completeable.onComplete((result, ex) -> task.cancel());
		}
	}

	/**
	 * Lets a command time out on a thread where those who wait for it may block.
	 * @param command the command
	 * @param timeout how long it had
	 */
	void expireElsewhere(RedisCommand<?, ?, ?> command, Duration timeout) {
		FailedCommands.timedOut(command, timeout, this.clientResources.eventExecutorGroup());
	}

	/**
	 * Runs something a little later, on the timer's thread, which nobody blocks.
	 * @param task what to run
	 * @param delay when
	 */
	void later(Runnable task, Duration delay) {
		this.clientResources.timer().newTimeout((expired) -> task.run(), delay.toNanos(), TimeUnit.NANOSECONDS);
	}

}
