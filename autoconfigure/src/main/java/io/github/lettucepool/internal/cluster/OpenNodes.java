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

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.models.partitions.Partitions;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.lettuce.NodeConnection;
import io.github.lettucepool.internal.transport.Addresses;
import io.github.lettucepool.internal.transport.Attempts;
import io.github.lettucepool.internal.transport.Ping;

/**
 * The nodes that a connection to a cluster has connections to, and which of them is
 * silent, once a command was not answered in time. An exclusive connection is closed
 * then, whatever the cause was; a shared one would go on waiting for a host that was cut
 * off, for a quarter of an hour.
 */
final class OpenNodes {

	private static final Log logger = LogFactory.getLog(OpenNodes.class);

	/**
	 * A node may well be busy for a part of a second, whatever the timeout is.
	 */
	private static final Duration MIN_PATIENCE = Duration.ofSeconds(1);

	private final Set<NodeConnection<?, ?>> nodes = ConcurrentHashMap.newKeySet();

	private final Set<NodeConnection<?, ?>> leaving = ConcurrentHashMap.newKeySet();

	private final AtomicBoolean asking = new AtomicBoolean();

	void opened(NodeConnection<?, ?> node) {
		this.nodes.add(node);
	}

	void closed(NodeConnection<?, ?> node) {
		this.nodes.remove(node);
		this.leaving.remove(node);
	}

	/**
	 * Closes a connection that gets no more commands, once those under way have been
	 * answered or are overdue.
	 * @param node the connection
	 * @param timeout how long a command may take
	 * @param executor closes it
	 */
	void leave(NodeConnection<?, ?> node, Duration timeout, ScheduledExecutorService executor) {
		this.nodes.remove(node);
		this.leaving.add(node);
		Duration patience = (timeout.compareTo(MIN_PATIENCE) > 0) ? timeout : MIN_PATIENCE;
		try {
			executor.schedule(node::closeNow, patience.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (RejectedExecutionException ex) {
			node.closeNow();
		}
	}

	/**
	 * Closes at once what is to be closed later.
	 */
	void closeLeaving() {
		this.leaving.forEach(NodeConnection::closeNow);
	}

	boolean isEmpty() {
		return this.nodes.isEmpty();
	}

	/**
	 * A topology without a node.
	 * @param all the topology
	 * @param address where the connection to the node led to, if that is known
	 * @return the other nodes; all of them if the node has left the topology; none if
	 * addresses are translated on the way, so that nobody knows which one it is
	 */
	Partitions without(Partitions all, @Nullable SocketAddress address) {
		List<RedisClusterNode> kept = all.stream().filter((node) -> !isAt(node, address)).toList();
		if (kept.size() == all.size() && this.nodes.stream().anyMatch((open) -> isIn(all, open.address()))) {
			return all;
		}
		Partitions others = new Partitions();
		if (kept.size() < all.size()) {
			kept.forEach((node) -> others.addPartition(node.clone()));
		}
		others.updateCache();
		return others;
	}

	private static boolean isIn(Partitions all, @Nullable SocketAddress address) {
		return all.stream().anyMatch((node) -> isAt(node, address));
	}

	private static boolean isAt(RedisClusterNode node, @Nullable SocketAddress address) {
		RedisURI uri = node.getUri();
		String known = Addresses.of(uri.getHost(), uri.getPort());
		return address instanceof InetSocketAddress inet
				&& (known.equals(Addresses.of(inet)) || (inet.getAddress() != null
						&& known.equals(Addresses.of(inet.getAddress().getHostAddress(), inet.getPort()))));
	}

	/**
	 * PINGs all nodes that there are connections to, unless that is under way, and lets
	 * go of the connections to those that do not answer. Does not block.
	 * @param timeout how long a command may take
	 */
	void ask(Duration timeout) {
		if (!this.asking.compareAndSet(false, true)) {
			return;
		}
		Duration patience = (timeout.compareTo(MIN_PATIENCE) > 0) ? timeout : MIN_PATIENCE;
		CompletableFuture
			.allOf(this.nodes.stream().map((node) -> ask(node, patience)).toArray(CompletableFuture[]::new))
			.whenComplete((ignored, ex) -> this.asking.set(false));
	}

	private CompletableFuture<Void> ask(NodeConnection<?, ?> node, Duration patience) {
		return answers(node, System.nanoTime() + patience.toNanos())
			.completeOnTimeout(false, patience.toMillis(), TimeUnit.MILLISECONDS)
			.thenAccept((answered) -> {
				if (!answered && node.isOpen() && this.nodes.remove(node)) {
					logger
						.warn("%s owes replies and has been silent for longer than %d ms; the connection is opened anew"
							.formatted(Addresses.of(node.address()), patience.toMillis()));
					node.lost();
				}
			});
	}

	/**
	 * The PING may itself have less time than the node.
	 */
	private static CompletableFuture<Boolean> answers(NodeConnection<?, ?> node, long endNanos) {
		return Attempts.begin(() -> node.async().ping()).handle((pong, ex) -> {
			if (ex instanceof RedisCommandTimeoutException && endNanos - System.nanoTime() > 0) {
				return answers(node, endNanos);
			}
			return CompletableFuture.completedFuture(Ping.Result.of(ex).isAnswered());
		}).thenCompose(Function.identity());
	}

}
