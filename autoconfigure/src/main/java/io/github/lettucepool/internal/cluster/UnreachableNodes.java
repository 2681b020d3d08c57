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
package io.github.lettucepool.internal.cluster;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

import io.lettuce.core.RedisConnectionException;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.transport.Addresses;

/**
 * The nodes of a cluster that could not be connected to a moment ago. Lettuce connects to
 * a node when a command is to go there, so each command of each caller would try again.
 * <p>
 * Thread-safe and lock-free.
 */
final class UnreachableNodes {

	/**
	 * Short, since nothing but a command finds out that the node is back.
	 */
	private static final Duration RETRY_INTERVAL = Duration.ofMillis(100);

	/**
	 * A node that belongs to the cluster is tried more often, if only by the looks at the
	 * topology.
	 */
	private static final Duration GONE = Duration.ofMinutes(5);

	/**
	 * Addresses come and go with the nodes of a cluster for as long as the pool lives.
	 */
	private static final int MAX_LOST = 256;

	private final Map<SocketAddress, Failure> failures = new ConcurrentHashMap<>();

	private final Map<String, Failure> lost = new ConcurrentHashMap<>();

	private final LongSupplier clock;

	/**
	 * Creates one that knows of no node.
	 * @param clock gives the time in nanoseconds
	 */
	UnreachableNodes(LongSupplier clock) {
		this.clock = clock;
	}

	/**
	 * Asks whether to try to connect to a node.
	 * @param node the node's address
	 * @throws RedisConnectionException if it failed a moment ago, with what it failed
	 * with then
	 */
	void check(SocketAddress node) {
		Failure failure = this.failures.get(node);
		if (failure != null && !isOlder(failure, RETRY_INTERVAL)) {
			throw new RedisConnectionException("Unable to connect to " + Addresses.of(node), failure.cause);
		}
	}

	/**
	 * Says that connecting to a node was tried.
	 * @param node the node's address
	 * @param cause what it failed with, or {@code null} if it did not
	 * @param forCommand whether that was for a command, and commands are to keep off the
	 * node now; not if the client looked at the topology
	 */
	void tried(SocketAddress node, @Nullable Throwable cause, boolean forCommand) {
		String address = Addresses.of(node);
		if (cause == null) {
			this.lost.remove(address);
			if (forCommand) {
				this.failures.remove(node);
			}
			return;
		}
		Failure failure = new Failure(cause, this.clock.getAsLong());
		if (this.lost.size() >= MAX_LOST) {
			this.lost.values().removeIf((lost) -> isOlder(lost, GONE));
		}
		if (this.lost.size() < MAX_LOST || this.lost.containsKey(address)) {
			this.lost.put(address, failure);
		}
		if (forCommand) {
			this.failures.values().removeIf((other) -> isOlder(other, RETRY_INTERVAL));
			this.failures.put(node, failure);
		}
	}

	/**
	 * The nodes that connecting failed to and has not succeeded with since, but for those
	 * that are gone.
	 * @return what it failed with last, by address
	 */
	Map<String, Throwable> lost() {
		return this.lost.entrySet()
			.stream()
			.filter((node) -> !isOlder(node.getValue(), GONE))
			.collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, (node) -> node.getValue().cause));
	}

	/**
	 * Returns whether a node could not be reached, and nobody has tried for so long that
	 * it will have left the cluster.
	 * @param address the node's address
	 * @return whether it is gone
	 */
	boolean isGone(String address) {
		Failure failure = this.lost.get(address);
		return failure != null && isOlder(failure, GONE);
	}

	private boolean isOlder(Failure failure, Duration age) {
		return this.clock.getAsLong() - failure.nanos >= age.toNanos();
	}

	private record Failure(Throwable cause, long nanos) {
	}

}
