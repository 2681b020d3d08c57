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

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Asks all sentinels at once which server is the master. Lettuce asks the first one that
 * it can reach, and that may be the last one to learn of a failover. The answer with the
 * highest configuration epoch counts: each failover has a higher one than those before.
 * <p>
 * Nobody but a sentinel knows. A server that says of itself that it is a master may have
 * been one before, or may have been started again without its data.
 * <p>
 * Those who ask at the same time share one look. Thread-safe.
 */
public final class Sentinels {

	/**
	 * An answer serves others for so long.
	 */
	private static final Duration FRESH = Duration.ofMillis(50);

	/**
	 * The others have so long after the first answer. One of them may be on a host that
	 * is gone, with the master.
	 */
	private static final Duration LAST_ANSWERS = Duration.ofMillis(50);

	private final SilentNodes silentNodes;

	private final AtomicReference<@Nullable Look> last = new AtomicReference<>();

	/**
	 * Creates one that has asked nobody yet.
	 * @param connectTimeout how long connecting to a node may take
	 */
	public Sentinels(ConnectTimeout connectTimeout) {
		this.silentNodes = new SilentNodes(connectTimeout);
	}

	/**
	 * The nodes, of those that sentinels know, that do not answer.
	 * @return the nodes
	 */
	SilentNodes silentNodes() {
		return this.silentNodes;
	}

	/**
	 * Asks who is the master.
	 * @param client connects to the sentinels
	 * @param uri names the master and the sentinels
	 * @return completes with the best answer; with an error if there is none
	 */
	public CompletableFuture<Answer> ask(RedisClient client, RedisURI uri) {
		Look last = this.last.get();
		if (last != null && last.isFresh()) {
			return last.answer;
		}
		Look look = new Look();
		if (!this.last.compareAndSet(last, look)) {
			return ask(client, uri);
		}
		look.begin(client, uri);
		return look.answer;
	}

	/**
	 * Whether sentinels are to be asked for an address.
	 * @param uri the address
	 * @return whether they are
	 */
	static boolean name(RedisURI uri) {
		return uri.getSentinelMasterId() != null && !uri.getSentinels().isEmpty();
	}

	/**
	 * The address of the master.
	 * @param client connects to the sentinels
	 * @param uri names the master and the sentinels
	 * @param otherwise finds it if no sentinel answers here, or fails
	 * @return resolves it, each time anew
	 */
	Mono<SocketAddress> resolve(RedisClient client, RedisURI uri, Mono<SocketAddress> otherwise) {
		return Mono.defer(() -> Mono.fromFuture(ask(client, uri), true))
			.map((answer) -> client.getResources()
				.socketAddressResolver()
				.resolve(RedisURI.create(answer.master().getHostString(), answer.master().getPort())))
			.onErrorResume((ex) -> otherwise);
	}

	/**
	 * What was answered last.
	 * @return the answer, or {@code null}
	 */
	public @Nullable Answer last() {
		Look last = this.last.get();
		return (last != null) ? last.answer.exceptionally((ex) -> null).getNow(null) : null;
	}

	/**
	 * The answer of a sentinel.
	 *
	 * @param master where the master is
	 * @param epoch the configuration epoch, which each failover raises
	 * @param settled whether the sentinel describes that server as the master too. The
	 * one that leads a failover does so when all is over
	 * @param sentinel where the sentinel is
	 */
	public record Answer(InetSocketAddress master, long epoch, boolean settled, RedisURI sentinel) {

	}

	/**
	 * One round of questions.
	 */
	private static final class Look {

		private static final Comparator<Answer> BEST = Comparator.comparingLong(Answer::epoch)
			.thenComparing(Answer::settled);

		private final long startNanos = System.nanoTime();

		private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();

		private final CompletableFuture<Answer> answer = new CompletableFuture<>();

		boolean isFresh() {
			return !this.answer.isCompletedExceptionally()
					&& (!this.answer.isDone() || System.nanoTime() - this.startNanos < FRESH.toNanos());
		}

		void begin(RedisClient client, RedisURI uri) {
			String name = uri.getSentinelMasterId();
			List<CompletableFuture<Void>> asked = uri.getSentinels()
				.stream()
				.map((sentinel) -> ask(client, sentinel, name))
				.toList();
			CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).whenComplete((ignored, ex) -> {
				choose();
				this.answer.completeExceptionally(
						new RedisConnectionException("No sentinel knows of master '%s'".formatted(name), ex));
			});
		}

		private CompletableFuture<Void> ask(RedisClient client, RedisURI sentinel, String name) {
			try {
				return client.connectSentinelAsync(StringCodec.UTF8, sentinel)
					.thenCompose((connection) -> ask(connection, sentinel, name)
						.whenComplete((ignored, ex) -> connection.closeAsync()));
			}
			catch (RuntimeException ex) {
				return CompletableFuture.failedFuture(ex);
			}
		}

		/**
		 * In this order, the epoch is never one that came after the address.
		 */
		private CompletionStage<Void> ask(StatefulRedisSentinelConnection<String, String> connection, RedisURI sentinel,
				String name) {
			CompletionStage<Map<String, String>> description = connection.async().master(name);
			return description
				.thenCombine(connection.async().getMasterAddrByName(name),
						(described, address) -> answer(described, address, sentinel))
				.thenAccept(this::add);
		}

		private static Answer answer(Map<String, String> described, SocketAddress address, RedisURI sentinel) {
			InetSocketAddress master = (InetSocketAddress) address;
			boolean settled = master.getHostString().equals(described.get("ip"))
					&& String.valueOf(master.getPort()).equals(described.get("port"));
			return new Answer(master, Long.parseLong(described.getOrDefault("config-epoch", "0")), settled, sentinel);
		}

		private void add(Answer answer) {
			boolean first = this.answers.isEmpty();
			this.answers.add(answer);
			if (first) {
				CompletableFuture.delayedExecutor(LAST_ANSWERS.toMillis(), TimeUnit.MILLISECONDS).execute(this::choose);
			}
		}

		private void choose() {
			this.answers.stream().max(BEST).ifPresent(this.answer::complete);
		}

	}

}
