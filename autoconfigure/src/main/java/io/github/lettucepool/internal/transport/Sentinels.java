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
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import io.lettuce.core.sentinel.api.async.RedisSentinelAsyncCommands;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Asks all sentinels at once which server is the master. Lettuce asks the first one that
 * it can reach, and that may be the last one to learn of a failover. The answer with the
 * highest configuration epoch counts: each failover has a higher one than those before.
 * <p>
 * During a failover, the sentinel that leads it names the new master only once it has
 * heard that it is one, which takes up to a second. It says before which replica it has
 * chosen. If that one says of itself that it is a master, nothing is left to wait for.
 * Without the sentinel, its own word counts for nothing: it may have been a master
 * before, or may have been started again without its data.
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

	/**
	 * A replica has so long to say whether it is a master by now.
	 */
	private static final Duration ROLE = Duration.ofMillis(500);

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
	 * The nodes, sentinels included, that do not answer.
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
		Look look = new Look(client, uri);
		if (!this.last.compareAndSet(last, look)) {
			return ask(client, uri);
		}
		look.begin();
		return look.answer;
	}

	/**
	 * Returns whether sentinels are to be asked for an address.
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
				.resolve(RedisURI.create(answer.address().getHostString(), answer.address().getPort())))
			.onErrorResume((ex) -> otherwise);
	}

	/**
	 * The last answer.
	 * @return the answer, or {@code null}
	 */
	public @Nullable Answer last() {
		Look last = this.last.get();
		return (last != null) ? last.answer.exceptionally((ex) -> null).getNow(null) : null;
	}

	/**
	 * The knowledge of a sentinel. A node is described by the properties that sentinels
	 * have of it, {@code ip} and {@code port} among them.
	 *
	 * @param master the master
	 * @param replicas the replicas
	 * @param epoch the configuration epoch, which each failover raises
	 * @param promoted whether the master has just become one, and no sentinel names it
	 * yet
	 */
	public record Answer(Map<String, String> master, List<Map<String, String>> replicas, long epoch, boolean promoted) {

		static final Comparator<Answer> ORDER = Comparator.comparingLong(Answer::epoch).thenComparing(Answer::promoted);

		/**
		 * The master's address.
		 * @return the address, not resolved
		 */
		public InetSocketAddress address() {
			return addressOf(this.master);
		}

		/**
		 * Corrects a description that is older than the address.
		 */
		private static Answer of(Map<String, String> described, List<Map<String, String>> replicas,
				InetSocketAddress address) {
			Answer answer = new Answer(described, replicas, Long.parseLong(described.getOrDefault("config-epoch", "0")),
					false);
			return answer.address().equals(address) ? answer : answer.with(address);
		}

		private Answer with(InetSocketAddress master) {
			Map<String, String> properties = Map.of("ip", master.getHostString(), "port",
					String.valueOf(master.getPort()));
			return new Answer(properties,
					this.replicas.stream().filter((replica) -> !addressOf(replica).equals(master)).toList(), this.epoch,
					this.promoted);
		}

		private Answer withPromoted(Map<String, String> replica) {
			Answer answer = with(addressOf(replica));
			return new Answer(answer.master, answer.replicas, answer.epoch, true);
		}

		/**
		 * The replica that the sentinel has chosen, if that is not the master already.
		 */
		private Optional<Map<String, String>> chosen() {
			return this.replicas.stream()
				.filter((replica) -> List.of(replica.getOrDefault("flags", "").split(",")).contains("promoted"))
				.findFirst();
		}

		private static InetSocketAddress addressOf(Map<String, String> node) {
			return InetSocketAddress.createUnresolved(node.getOrDefault("ip", ""),
					Integer.parseInt(node.getOrDefault("port", "0")));
		}

	}

	/**
	 * One round of questions.
	 */
	private static final class Look {

		private final long startNanos = System.nanoTime();

		private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();

		private final AtomicInteger chosen = new AtomicInteger();

		private final CompletableFuture<Answer> answer = new CompletableFuture<>();

		private final RedisClient client;

		private final RedisURI uri;

		Look(RedisClient client, RedisURI uri) {
			this.client = client;
			this.uri = uri;
		}

		boolean isFresh() {
			return !this.answer.isCompletedExceptionally()
					&& (!this.answer.isDone() || System.nanoTime() - this.startNanos < FRESH.toNanos());
		}

		void begin() {
			List<CompletableFuture<Void>> asked = this.uri.getSentinels().stream().map(this::ask).toList();
			CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new)).whenComplete((ignored, ex) -> {
				choose();
				this.answer.completeExceptionally(new RedisConnectionException(
						"No sentinel knows of master '%s'".formatted(this.uri.getSentinelMasterId()), ex));
			});
		}

		private CompletableFuture<Void> ask(RedisURI sentinel) {
			return Attempts.begin(() -> this.client.connectSentinelAsync(StringCodec.UTF8, sentinel))
				.thenCompose((connection) -> ask(connection).whenComplete((ignored, ex) -> connection.closeAsync()))
				.thenCompose(this::add);
		}

		/**
		 * In this order, the epoch is never one that came after the address.
		 */
		private CompletionStage<Answer> ask(StatefulRedisSentinelConnection<String, String> connection) {
			RedisSentinelAsyncCommands<String, String> commands = connection.async();
			String name = this.uri.getSentinelMasterId();
			CompletionStage<Map<String, String>> described = commands.master(name);
			CompletionStage<List<Map<String, String>>> replicas = commands.replicas(name);
			CompletionStage<SocketAddress> address = commands.getMasterAddrByName(name);
			return described.thenCompose((master) -> replicas.thenCombine(address,
					(others, where) -> Answer.of(master, others, unresolved((InetSocketAddress) where))));
		}

		private static InetSocketAddress unresolved(InetSocketAddress address) {
			return InetSocketAddress.createUnresolved(address.getHostString(), address.getPort());
		}

		private CompletionStage<Void> add(Answer answer) {
			Map<String, String> chosen = answer.chosen().orElse(null);
			if (chosen != null) {
				this.chosen.incrementAndGet();
			}
			boolean first = this.answers.isEmpty();
			this.answers.add(answer);
			if (first) {
				chooseLater();
			}
			return (chosen != null) ? isMaster(Answer.addressOf(chosen)).handle((master, ex) -> {
				boolean promoted = ex == null && master;
				if (promoted) {
					this.answers.add(answer.withPromoted(chosen));
				}
				if (this.chosen.decrementAndGet() == 0 && promoted) {
					choose();
				}
				else {
					chooseLater();
				}
				return null;
			}) : CompletableFuture.completedFuture(null);
		}

		private void chooseLater() {
			CompletableFuture.delayedExecutor(LAST_ANSWERS.toMillis(), TimeUnit.MILLISECONDS).execute(this::choose);
		}

		private CompletableFuture<Boolean> isMaster(InetSocketAddress node) {
			RedisURI address = RedisURI.builder(this.uri)
				.withHost(node.getHostString())
				.withPort(node.getPort())
				.build();
			return this.client.connectAsync(StringCodec.UTF8, address)
				.thenCompose((connection) -> connection.async()
					.role()
					.thenApply((role) -> "master".equals(role.get(0)))
					.whenComplete((ignored, ex) -> connection.closeAsync()))
				.toCompletableFuture()
				.orTimeout(ROLE.toMillis(), TimeUnit.MILLISECONDS);
		}

		private void choose() {
			if (this.chosen.get() == 0) {
				this.answers.stream().max(Answer.ORDER).ifPresent(this.answer::complete);
			}
		}

	}

}
