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

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

import io.github.lettucepool.internal.cluster.PooledClusterClient;
import io.github.lettucepool.internal.lettuce.ExclusiveRedisClient;
import io.github.lettucepool.internal.shared.MasterWatch;
import io.github.lettucepool.internal.transport.Sentinels;

/**
 * Opens connections of both lanes, each so that its first user finds the server there.
 */
final class Openers {

	private final LaneClients clients;

	private final ConnectErrors errors;

	/**
	 * Creates one.
	 * @param clients connect for both lanes
	 */
	Openers(LaneClients clients) {
		this.clients = clients;
		this.errors = clients.errors();
	}

	/**
	 * Opens connections to a cluster, for both lanes.
	 * @param client the client
	 * @param codec their codec
	 * @return opens one
	 */
	Supplier<CompletionStage<StatefulConnection<?, ?>>> cluster(PooledClusterClient client, RedisCodec<?, ?> codec) {
		return this.errors.of(() -> client.open(codec));
	}

	/**
	 * Opens connections to a cluster that their users drive.
	 * @param client the client
	 * @param codec their codec
	 * @return opens one
	 */
	Supplier<CompletionStage<StatefulConnection<?, ?>>> drivenCluster(PooledClusterClient client,
			RedisCodec<?, ?> codec) {
		return this.errors.of(() -> client.openDriven(codec));
	}

	/**
	 * Opens exclusive connections where there is no cluster.
	 * @param client the client
	 * @param provider connects with the client
	 * @return opens one, which tracks its commands
	 */
	Supplier<CompletionStage<StatefulConnection<?, ?>>> exclusive(AbstractRedisClient client,
			LettuceConnectionProvider provider) {
		Supplier<CompletionStage<StatefulConnection<?, ?>>> opener = opener(provider, "exclusive");
		return this.errors.of(insistent((client instanceof ExclusiveRedisClient exclusive)
				? () -> opener.get().thenCompose(exclusive::track) : opener));
	}

	/**
	 * Opens low-latency connections, which the server lists under a name of their own.
	 * @param provider connects with the client of driven connections
	 * @return opens one
	 */
	Supplier<CompletionStage<StatefulConnection<?, ?>>> lowLatency(LettuceConnectionProvider provider) {
		return this.errors.of(insistent((provider instanceof LettuceConnectionProvider.TargetAware targetAware)
				? to(this.clients.uri("low-latency"), targetAware) : plain(provider)));
	}

	/**
	 * Opens shared connections where there is no cluster.
	 * @param provider connects with the client of the shared lane
	 * @param masterWatch is told of those to a master and its replicas
	 * @return opens one
	 */
	Supplier<CompletionStage<StatefulConnection<?, ?>>> shared(LettuceConnectionProvider provider,
			MasterWatch masterWatch) {
		Supplier<CompletionStage<StatefulConnection<?, ?>>> opener = opener(provider, "shared");
		return this.errors
			.of(insistent(() -> opener.get().thenCompose((connection) -> connected(connection, masterWatch))));
	}

	private static CompletionStage<StatefulConnection<?, ?>> connected(StatefulConnection<?, ?> connection,
			MasterWatch masterWatch) {
		return (connection instanceof StatefulRedisMasterReplicaConnection<?, ?> masterReplica)
				? masterWatch.opened(masterReplica).thenApply(Function.identity())
				: CompletableFuture.completedFuture(connection);
	}

	private Supplier<CompletionStage<StatefulConnection<?, ?>>> insistent(
			Supplier<CompletionStage<StatefulConnection<?, ?>>> opener) {
		Sentinels sentinels = this.clients.sentinels();
		return (sentinels != null) ? () -> new Insistence(sentinels, this.clients, opener).open()
			.orTimeout(this.clients.connectTimeout().longest().toNanos(), TimeUnit.NANOSECONDS) : opener;
	}

	/**
	 * Opens connections as Spring Data does.
	 * @param provider connects
	 * @return opens one
	 */
	@SuppressWarnings("unchecked")
	static Supplier<CompletionStage<StatefulConnection<?, ?>>> plain(LettuceConnectionProvider provider) {
		return () -> (CompletionStage<StatefulConnection<?, ?>>) (CompletionStage<?>) provider
			.getConnectionAsync(StatefulConnection.class);
	}

	private Supplier<CompletionStage<StatefulConnection<?, ?>>> opener(LettuceConnectionProvider provider,
			String lane) {
		if (!this.clients.asksSentinelsForReplicas()
				|| !(provider instanceof LettuceConnectionProvider.TargetAware targetAware)) {
			return plain(provider);
		}
		return () -> to(this.clients.uri(lane), targetAware).get();
	}

	@SuppressWarnings("unchecked")
	private static Supplier<CompletionStage<StatefulConnection<?, ?>>> to(RedisURI uri,
			LettuceConnectionProvider.TargetAware provider) {
		return () -> (CompletionStage<StatefulConnection<?, ?>>) (CompletionStage<?>) provider
			.getConnectionAsync(StatefulConnection.class, uri);
	}

}
