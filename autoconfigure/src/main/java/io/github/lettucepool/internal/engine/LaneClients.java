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

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.ReauthenticateBehavior;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Transports;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.CommandTimeouts;
import io.github.lettucepool.internal.cluster.PooledClusterClient;
import io.github.lettucepool.internal.driven.Drivers;
import io.github.lettucepool.internal.driven.IdleDriver;
import io.github.lettucepool.internal.lettuce.BorrowerTracks;
import io.github.lettucepool.internal.lettuce.ExclusiveRedisClient;
import io.github.lettucepool.internal.shared.ReplayFilter;
import io.github.lettucepool.internal.shared.SharedRedisClient;
import io.github.lettucepool.internal.transport.ConnectTimeout;

/**
 * Makes the Lettuce clients of both lanes: the same server, the same options but for what
 * differs by lane.
 */
public final class LaneClients {

	private final RedisConfiguration configuration;

	private final LettuceClientConfiguration clientConfiguration;

	private final ClientResources resources;

	private final ConnectTimeout connectTimeout;

	private final boolean streamingCredentials;

	/**
	 * Creates the maker.
	 * @param configuration where Redis is
	 * @param clientConfiguration how to connect
	 * @param resources the resources for all clients
	 * @param connectTimeout how long connecting may take
	 */
	public LaneClients(RedisConfiguration configuration, LettuceClientConfiguration clientConfiguration,
			ClientResources resources, ConnectTimeout connectTimeout) {
		this.configuration = configuration;
		this.clientConfiguration = clientConfiguration;
		this.resources = resources;
		this.connectTimeout = connectTimeout;
		this.streamingCredentials = clientConfiguration.getRedisCredentialsProviderFactory()
			.map((factory) -> factory.createCredentialsProvider(configuration))
			.filter(RedisCredentialsProvider::supportsStreaming)
			.isPresent();
	}

	/**
	 * The client of the shared lane where there is no cluster.
	 * @param options the application's options
	 * @param replay knows what is sent again after a reconnect
	 * @return a new client
	 */
	public AbstractRedisClient shared(ClientOptions options, ReplayFilter replay) {
		return new SharedRedisClient(this.resources, uri("shared"), shared(options), replay, this.connectTimeout);
	}

	/**
	 * The client of the exclusive lane where there is no cluster.
	 * @param options the application's options
	 * @return a new client
	 */
	public AbstractRedisClient exclusive(ClientOptions options) {
		return new ExclusiveRedisClient(this.resources, uri("exclusive"), exclusiveOptions(options),
				this.connectTimeout, null);
	}

	/**
	 * The client of the exclusive lane for callers who drive their connections
	 * themselves.
	 * @param options the application's options
	 * @return a new client, or {@code null} if that is not possible: in a cluster, with a
	 * static master and replicas, and with a native transport
	 */
	public @Nullable AbstractRedisClient driven(ClientOptions options, String pool) {
		boolean possible = Drivers.canDrive(Transports.socketChannelClass())
				&& !(this.configuration instanceof RedisStaticMasterReplicaConfiguration)
				&& !RedisConfiguration.isDomainSocketConfiguration(this.configuration)
				&& !RedisConfiguration.isClusterConfiguration(this.configuration)
				&& this.clientConfiguration.getReadFrom().isEmpty();
		return possible ? new ExclusiveRedisClient(this.resources, uri("exclusive"), exclusiveOptions(options),
				this.connectTimeout, new IdleDriver("lettuce-pool-" + pool)) : null;
	}

	/**
	 * The client of both lanes for a cluster.
	 * @param options the application's options
	 * @return a new client
	 */
	public PooledClusterClient cluster(ClusterClientOptions options) {
		return new PooledClusterClient(this.resources,
				RedisUris.ofCluster(this.configuration, this.clientConfiguration),
				(ClusterClientOptions) exclusiveOptions(options), this.connectTimeout,
				this.clientConfiguration.getReadFrom().orElse(null));
	}

	/**
	 * What opens connections.
	 * @param client connects to single nodes
	 * @return opens them
	 */
	public Openers openers(AbstractRedisClient client) {
		return new Openers(this, errors(client));
	}

	private ConnectErrors errors(AbstractRedisClient client) {
		List<RedisURI> nodes = (client instanceof RedisClient)
				? RedisUris.ofMasterReplica(this.configuration, this.clientConfiguration) : List.of();
		return new ConnectErrors(this.configuration,
				this.clientConfiguration.getRedisCredentialsProviderFactory().isPresent(),
				() -> nodes.stream().<CompletableFuture<?>>map((node) -> attempt((RedisClient) client, node)).toList(),
				() -> (client instanceof PooledClusterClient cluster) ? cluster.lost() : Map.of());
	}

	private static CompletableFuture<?> attempt(RedisClient client, RedisURI node) {
		try {
			return client.connectAsync(StringCodec.UTF8, node)
				.toCompletableFuture()
				.thenCompose(StatefulRedisConnection::closeAsync);
		}
		catch (RuntimeException ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	/**
	 * The options where no command blocks.
	 * @param options the application's options
	 * @return the options to use
	 */
	public ClientOptions shared(ClientOptions options) {
		return adapted((CommandTimeouts.of(options) != null)
				? options.mutate().timeoutOptions(TimeoutOptions.enabled()).build() : options);
	}

	/**
	 * Only the exclusive lane has commands that block.
	 */
	private ClientOptions exclusiveOptions(ClientOptions options) {
		CommandTimeouts timeouts = CommandTimeouts.of(options);
		Duration timeout = this.clientConfiguration.getCommandTimeout();
		boolean overruled = timeouts != null && !timeouts.getTimeout().equals(timeout);
		ClientOptions adapted = overruled ? shared(options) : adapted(options);
		return adapted.mutate().readOnlyCommands(BorrowerTracks.replicable(options.getReadOnlyCommands())).build();
	}

	/**
	 * The options of every lane.
	 */
	private ClientOptions adapted(ClientOptions options) {
		// Lettuce's index finds one command among those that wait for a reply. Nobody
		// looks for one, and each would cost an entry of a hash map.
		ClientOptions.Builder builder = options.mutate().useHashIndexQueue(false);
		if (this.streamingCredentials) {
			// On connections that are open the server is told new credentials only if
			// Lettuce is asked to.
			builder.reauthenticateBehavior(ReauthenticateBehavior.ON_NEW_CREDENTIALS);
		}
		return builder.build();
	}

	/**
	 * Whether sentinels name the master.
	 * @return whether they do
	 */
	boolean asksSentinels() {
		return this.configuration instanceof RedisSentinelConfiguration;
	}

	/**
	 * Whether a connection leads to a master and replicas that sentinels name.
	 * @return whether it does
	 */
	boolean asksSentinelsForReplicas() {
		return asksSentinels() && this.clientConfiguration.getReadFrom().isPresent();
	}

	/**
	 * Where to do something later.
	 * @return the executor of the client resources
	 */
	ScheduledExecutorService executor() {
		return this.resources.eventExecutorGroup();
	}

	/**
	 * The address of a master and replicas behind sentinels. Lettuce asks the first
	 * sentinel that it can reach, and the one which leads a failover names the old master
	 * until the failover is over: the others know better, so each has its turn.
	 * @param lane the lane that the connection is for
	 * @return a new address, its sentinels in any order
	 */
	RedisURI uriWithShuffledSentinels(String lane) {
		RedisURI uri = uri(lane);
		Collections.shuffle(uri.getSentinels());
		return uri;
	}

	/**
	 * The address of a connection. In the server's list of clients the lane stands behind
	 * the application's name.
	 * @param lane the lane that the connection is for
	 * @return a new address
	 */
	RedisURI uri(String lane) {
		RedisURI uri = RedisUris.of(this.configuration, this.clientConfiguration);
		this.clientConfiguration.getClientName().ifPresent((name) -> uri.setClientName(name + "-" + lane));
		return uri;
	}

}
