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

package io.github.lettucepool;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The figures of a pool at one moment.
 *
 * @param name the pool's name
 * @param state whether the pool runs
 * @param shared the shared lane
 * @param exclusive the exclusive lane
 * @param subscriptions how many connections are open for subscriptions and sentinel
 * queries; they are outside of {@code max-size}
 * @param leases the leases under way, the longest first
 * @param connectionsByNode how many connections are open to each node, by host and port
 * or by the path of a socket, of all lanes and subscriptions; one connection of a lane
 * has several of them in a cluster and with replicas, opened as they are needed; where
 * sentinels tell of the replicas, it listens to each sentinel too. For a moment, those
 * that look at the topology or ask a sentinel are among them
 * @param connectError what connecting fails with at the moment, or {@code null} while it
 * succeeds or has not been tried; never holds a password
 * @param queuedFor for how long there has been a borrower that waits at every moment;
 * zero if nobody waits
 */
public record PoolSnapshot(String name, State state, Shared shared, Exclusive exclusive, int subscriptions,
		List<Lease> leases, Map<String, Integer> connectionsByNode, @Nullable String connectError, Duration queuedFor) {

	/**
	 * Returns whether Redis can be reached, as far as the pool knows without asking it.
	 * @return {@code true} if a connection is open, even if no further one can be opened;
	 * {@code false} if the connections of the shared lane are lost, or none is open and
	 * connecting fails; {@code null} if nothing has been connected yet
	 */
	public @Nullable Boolean reachable() {
		if (this.shared.connected() > 0) {
			return true;
		}
		if (this.shared.opened() > 0) {
			return false;
		}
		if (this.connectError != null) {
			return this.exclusive.total() > 0 && !this.connectionsByNode.isEmpty();
		}
		// Others may be being opened, with sockets to sentinels or nodes that are asked.
		return (this.exclusive.active() + this.exclusive.idle() > 0) ? Boolean.TRUE : null;
	}

	/**
	 * For how long the exclusive lane has been {@linkplain Exclusive#saturated()
	 * saturated}.
	 * @return the time, zero if it is not
	 */
	public Duration saturatedFor() {
		return this.exclusive.saturated() ? this.queuedFor : Duration.ZERO;
	}

	/**
	 * The phase of its life that the pool is in.
	 */
	public enum State {

		/**
		 * Connections are lent.
		 */
		RUNNING,

		/**
		 * {@link RedisPool#suspend()} was called: borrowers wait.
		 */
		SUSPENDED,

		/**
		 * The factory was not started, or was stopped.
		 */
		STOPPED

	}

	/**
	 * The shared lane.
	 *
	 * @param size how many connections the lane is to have: {@code shared-connections}
	 * for each codec in use; 0 if the lane is off
	 * @param opened how many were opened
	 * @param connected how many of those are connected now
	 * @param inFlight commands that were sent and are not answered yet
	 * @param lowLatency how many low-latency connections are open in front of the lane
	 */
	public record Shared(int size, int opened, int connected, int inFlight, int lowLatency) {

	}

	/**
	 * The exclusive lane.
	 *
	 * @param maxSize the greatest number of connections
	 * @param minIdle how many are kept idle
	 * @param active connections that a borrower has
	 * @param idle connections that are ready to be borrowed
	 * @param total all connections: active, idle, and those being opened, cleaned,
	 * validated or closed
	 * @param pending borrowers that wait
	 * @param mayGrow whether the pool sizes itself, and can still grow
	 */
	public record Exclusive(int maxSize, int minIdle, int active, int idle, int total, int pending, boolean mayGrow) {

		/**
		 * The figures of a pool whose size is fixed.
		 * @param maxSize the greatest number of connections
		 * @param minIdle how many are kept idle
		 * @param active connections that a borrower has
		 * @param idle connections that are ready to be borrowed
		 * @param total all connections
		 * @param pending borrowers that wait
		 */
		public Exclusive(int maxSize, int minIdle, int active, int idle, int total, int pending) {
			this(maxSize, minIdle, active, idle, total, pending, false);
		}

		/**
		 * Returns whether every connection is in use, somebody waits, and the pool cannot
		 * grow.
		 * @return {@code true} if so
		 */
		public boolean saturated() {
			return this.pending > 0 && this.active >= this.maxSize && !this.mayGrow;
		}

	}

	/**
	 * A borrow under way.
	 *
	 * @param thread the name of the thread that borrowed the connection
	 * @param age how long it has had it
	 * @param stack where it was borrowed, one line for each frame; empty unless
	 * {@code leak-detection-threshold} is set
	 */
	public record Lease(String thread, Duration age, List<String> stack) {

	}

}
