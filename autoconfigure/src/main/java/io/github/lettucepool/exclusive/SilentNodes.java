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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import io.lettuce.core.RedisCommandExecutionException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Finds out which node of a cluster is silent, once a command was not answered in time.
 * An exclusive connection is closed then, whatever the cause was; a shared one would go
 * on waiting for a host that was cut off, for a quarter of an hour.
 */
final class SilentNodes {

	private static final Log logger = LogFactory.getLog(SilentNodes.class);

	/**
	 * A node may well be busy for a part of a second, whatever the timeout is.
	 */
	private static final Duration MIN_PATIENCE = Duration.ofSeconds(1);

	private final Set<NodeConnection<?, ?>> nodes = ConcurrentHashMap.newKeySet();

	private final AtomicBoolean asking = new AtomicBoolean();

	void opened(NodeConnection<?, ?> node) {
		this.nodes.add(node);
	}

	void closed(NodeConnection<?, ?> node) {
		this.nodes.remove(node);
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
		return node.async()
			.ping()
			.handle((pong, ex) -> ex == null || ex instanceof RedisCommandExecutionException)
			.toCompletableFuture()
			.completeOnTimeout(false, patience.toMillis(), TimeUnit.MILLISECONDS)
			.thenAccept((answered) -> {
				if (!answered && node.isOpen() && this.nodes.remove(node)) {
					logger
						.warn("%s owes replies and has been silent for longer than %d ms; the connection is opened anew"
							.formatted(node.address(), patience.toMillis()));
					node.lost();
				}
			});
	}

}
