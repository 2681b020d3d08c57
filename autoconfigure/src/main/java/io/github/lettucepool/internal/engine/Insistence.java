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

package io.github.lettucepool.internal.engine;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulConnection;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.transport.Attempts;
import io.github.lettucepool.internal.transport.Sentinels;

/**
 * Opens one connection where sentinels name the master. They name the old one until a
 * replica is promoted; if that is silent, an attempt that began a moment too early would
 * take until the connect timeout. So they are asked again meanwhile, and another attempt
 * begins as soon as they name another master, and now and then in any case. Thread-safe.
 */
final class Insistence {

	private static final Duration LOOK_INTERVAL = Duration.ofMillis(100);

	private static final Duration PATIENCE = Duration.ofMillis(500);

	private final Sentinels sentinels;

	private final LaneClients clients;

	private final Supplier<CompletionStage<StatefulConnection<?, ?>>> opener;

	private final CompletableFuture<StatefulConnection<?, ?>> opened = new CompletableFuture<>();

	private final AtomicInteger underWay = new AtomicInteger();

	private volatile @Nullable InetSocketAddress named;

	private volatile long attemptNanos;

	/**
	 * Creates one that has not begun.
	 * @param sentinels name the master
	 * @param clients connect to the sentinels
	 * @param opener opens a connection to the master that they name
	 */
	Insistence(Sentinels sentinels, LaneClients clients, Supplier<CompletionStage<StatefulConnection<?, ?>>> opener) {
		this.sentinels = sentinels;
		this.clients = clients;
		this.opener = opener;
		Sentinels.Answer last = sentinels.last();
		this.named = (last != null) ? last.address() : null;
	}

	/**
	 * Begins.
	 * @return completes with the first connection; with an error once no attempt is under
	 * way any more; completing it otherwise ends the attempts
	 */
	CompletableFuture<StatefulConnection<?, ?>> open() {
		attempt();
		lookLater();
		return this.opened;
	}

	private void attempt() {
		this.underWay.incrementAndGet();
		this.attemptNanos = System.nanoTime();
		Attempts.begin(this.opener).whenComplete((connection, ex) -> {
			if (ex != null) {
				failed(ex);
			}
			else if (!this.opened.complete(connection)) {
				connection.closeAsync();
			}
		});
	}

	private void failed(Throwable cause) {
		if (this.underWay.decrementAndGet() == 0) {
			this.opened.completeExceptionally(cause);
		}
		else {
			// Those still under way may hang at a silent master: the next look begins
			// another.
			this.attemptNanos = System.nanoTime() - PATIENCE.toNanos();
		}
	}

	private void lookLater() {
		try {
			this.clients.executor().schedule(this::look, LOOK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (RejectedExecutionException ex) {
			// The application stops.
		}
	}

	private void look() {
		if (this.opened.isDone()) {
			return;
		}
		this.sentinels.ask((RedisClient) this.clients.exclusive(), this.clients.uri("exclusive"))
			.whenComplete((answer, ex) -> {
				boolean another = answer != null && named(answer.address());
				if (this.opened.isDone()) {
					return;
				}
				if (another || System.nanoTime() - this.attemptNanos >= PATIENCE.toNanos()) {
					attempt();
				}
				lookLater();
			});
	}

	private boolean named(InetSocketAddress master) {
		InetSocketAddress before = this.named;
		this.named = master;
		return before != null && !before.equals(master);
	}

}
