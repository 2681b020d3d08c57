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

package io.github.lettucepool.internal.transport;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;

/**
 * The nodes that are known to be silent. To open a connection to a master and its
 * replicas, Lettuce connects to all nodes and all sentinels and waits for the slowest:
 * for one that was cut off, until the command timeout, each time. The first attempt finds
 * out, and those after it do without that node until it answers again. Thread-safe.
 */
final class SilentNodes {

	private static final Duration MAX_PATIENCE = Duration.ofSeconds(1);

	private static final Duration MIN_PATIENCE = Duration.ofMillis(200);

	/**
	 * A node has so many times as long as nodes usually take.
	 */
	private static final int SLOW = 8;

	private final ConnectTimeout connectTimeout;

	private final Set<String> silent = ConcurrentHashMap.newKeySet();

	private final Map<String, CompletableFuture<?>> attempts = new ConcurrentHashMap<>();

	private volatile long usualNanos = MAX_PATIENCE.toNanos();

	/**
	 * Creates one that knows of no node.
	 * @param connectTimeout knows whether a peer is late, or this process
	 */
	SilentNodes(ConnectTimeout connectTimeout) {
		this.connectTimeout = connectTimeout;
	}

	/**
	 * Connects to a node, unless it is silent.
	 * @param uri where the node is
	 * @param connect connects
	 * @param <C> the type of connection
	 * @return completes with the connection, or, after a while at most, with an error
	 */
	<C extends StatefulConnection<?, ?>> ConnectionFuture<C> connect(RedisURI uri,
			Supplier<ConnectionFuture<C>> connect) {
		String node = Addresses.of(uri.getHost(), uri.getPort());
		if (!this.silent.contains(node)) {
			return attempt(node, connect);
		}
		if (!this.attempts.containsKey(node)) {
			// It may be back.
			attempt(node, connect).thenCompose(StatefulConnection::closeAsync);
		}
		return ConnectionFuture.from(null, CompletableFuture.failedFuture(isSilent(node)));
	}

	private <C extends StatefulConnection<?, ?>> ConnectionFuture<C> attempt(String node,
			Supplier<ConnectionFuture<C>> connect) {
		long start = System.nanoTime();
		ConnectionFuture<C> attempt = connect.get();
		CompletableFuture<?> underWay = attempt.toCompletableFuture();
		this.attempts.put(node, underWay);
		CompletableFuture<C> result = new CompletableFuture<>();
		attempt.whenComplete((connection, ex) -> {
			this.attempts.remove(node, underWay);
			if (ex == null || !result.isDone()) {
				this.silent.remove(node);
			}
			if (ex == null) {
				this.usualNanos = (3 * this.usualNanos + System.nanoTime() - start) / 4;
			}
			ConnectTimeout.complete(result, connection, ex);
		});
		Duration patience = patience();
		if (patience.compareTo(this.connectTimeout.duration()) < 0) {
			this.connectTimeout.bound(result, patience, () -> {
				this.silent.add(node);
				return isSilent(node);
			});
		}
		return ConnectionFuture.from(null, result);
	}

	private Duration patience() {
		long nanos = Math.max(MIN_PATIENCE.toNanos(), SLOW * this.usualNanos);
		return Duration.ofNanos(Math.min(MAX_PATIENCE.toNanos(), nanos));
	}

	private static RedisConnectionException isSilent(String node) {
		return new RedisConnectionException("Unable to connect to %s: it has not answered".formatted(node));
	}

}
