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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.ReauthenticateBehavior;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Transports;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.CommandTimeouts;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.internal.cluster.PooledClusterClient;
import io.github.lettucepool.internal.driven.Drivers;
import io.github.lettucepool.internal.driven.IdleDriver;
import io.github.lettucepool.internal.lettuce.BorrowerTracks;
import io.github.lettucepool.internal.lettuce.ExclusiveRedisClient;
import io.github.lettucepool.internal.shared.ReplayFilter;
import io.github.lettucepool.internal.shared.SharedRedisClient;
import io.github.lettucepool.internal.transport.Attempts;
import io.github.lettucepool.internal.transport.ConnectTimeout;
import io.github.lettucepool.internal.transport.Sentinels;

/**
 * The Lettuce clients of a pool: the same server, the same options but for what differs
 * by lane. Thread-safe.
 */
final class LaneClients {

	/**
	 * Lettuce waits for connections that are being opened, which may take long.
	 */
	private static final Duration SHUTDOWN_GRACE = Duration.ofSeconds(2);

	private final RedisConfiguration configuration;

	private final LettuceClientConfiguration clientConfiguration;

	private final ClientResources resources;

	private final ConnectTimeout connectTimeout;

	private final boolean streamingCredentials;

	private final ReplayFilter replay;

	private final OpenConnections open = new OpenConnections();

	private final @Nullable Sentinels sentinels;

	private final AbstractRedisClient shared;

	private final AbstractRedisClient exclusive;

	private final @Nullable AbstractRedisClient driven;

	private final @Nullable IdleDriver idleDriver;

	/**
	 * Creates the clients.
	 * @param pool the pool's name
	 * @param settings the pool's settings
	 * @param configuration where Redis is
	 * @param clientConfiguration how to connect; has client resources
	 * @param clusterClient the client of Spring Data's own for a cluster, which becomes
	 * {@link #shared()}; {@code null} where there is no cluster
	 */
	LaneClients(String pool, PoolSettings settings, RedisConfiguration configuration,
			LettuceClientConfiguration clientConfiguration, @Nullable RedisClusterClient clusterClient) {
		this.configuration = configuration;
		this.clientConfiguration = clientConfiguration;
		this.resources = clientConfiguration.getClientResources().orElseThrow();
		ClientOptions options = (clusterClient != null) ? clusterClient.getOptions()
				: clientConfiguration.getClientOptions().orElseGet(ClientOptions::create);
		this.connectTimeout = new ConnectTimeout(RedisUris.describe(configuration),
				options.getSocketOptions().getConnectTimeout(), executor());
		this.sentinels = (configuration instanceof RedisSentinelConfiguration) ? new Sentinels(this.connectTimeout)
				: null;
		this.streamingCredentials = clientConfiguration.getRedisCredentialsProviderFactory()
			.map((factory) -> factory.createCredentialsProvider(configuration))
			.filter(RedisCredentialsProvider::supportsStreaming)
			.isPresent();
		this.replay = new ReplayFilter(settings.getReplay(), options);
		this.idleDriver = (settings.isCallerDriven() && canBeDriven()) ? new IdleDriver("lettuce-pool-" + pool) : null;
		if (clusterClient != null) {
			this.exclusive = cluster((ClusterClientOptions) exclusiveOptions(options), this.idleDriver);
			this.driven = (this.idleDriver != null) ? this.exclusive : null;
			clusterClient.setOptions((ClusterClientOptions) sharedOptions(options));
			this.shared = clusterClient;
		}
		else {
			this.exclusive = exclusive(exclusiveOptions(options), null);
			this.driven = (this.idleDriver != null) ? exclusive(exclusiveOptions(options), this.idleDriver) : null;
			this.shared = new SharedRedisClient(this.resources, uri("shared"), sharedOptions(options), this.replay,
					this.connectTimeout, this.sentinels);
		}
		this.shared.addListener(this.open);
		own().forEach((client) -> client.addListener(this.open));
	}

	/**
	 * All but {@link #shared()}, each once.
	 */
	private Stream<AbstractRedisClient> own() {
		return (this.driven != null) ? Stream.of(this.exclusive, this.driven).distinct() : Stream.of(this.exclusive);
	}

	private PooledClusterClient cluster(ClusterClientOptions options, @Nullable IdleDriver driver) {
		return new PooledClusterClient(this.resources,
				RedisUris.ofCluster(this.configuration, this.clientConfiguration), options, this.connectTimeout,
				this.clientConfiguration.getReadFrom().orElse(null), driver);
	}

	private ExclusiveRedisClient exclusive(ClientOptions options, @Nullable IdleDriver driver) {
		return new ExclusiveRedisClient(this.resources, uri("exclusive"), options, this.connectTimeout, this.sentinels,
				driver);
	}

	/**
	 * A caller can drive sockets of Netty's own transport only.
	 */
	private boolean canBeDriven() {
		return Drivers.canDrive(Transports.socketChannelClass())
				&& !(this.configuration instanceof RedisStaticMasterReplicaConfiguration)
				&& !RedisConfiguration.isDomainSocketConfiguration(this.configuration)
				&& (this.clientConfiguration.getReadFrom().isEmpty()
						|| RedisConfiguration.isClusterConfiguration(this.configuration));
	}

	/**
	 * The client of the shared lane and of subscriptions; in a cluster, of subscriptions
	 * and of what is opened on demand only.
	 */
	AbstractRedisClient shared() {
		return this.shared;
	}

	/**
	 * The client of exclusive connections that event loops serve; in a cluster, of both
	 * lanes.
	 */
	AbstractRedisClient exclusive() {
		return this.exclusive;
	}

	/**
	 * The client of connections that callers drive, or {@code null} if there are none. In
	 * a cluster it opens the others too.
	 */
	@Nullable AbstractRedisClient driven() {
		return this.driven;
	}

	/**
	 * The client of both lanes if this is a cluster, else {@code null}.
	 */
	@Nullable PooledClusterClient cluster() {
		return (this.exclusive instanceof PooledClusterClient cluster) ? cluster : null;
	}

	/**
	 * Knows what is sent again after a reconnect.
	 */
	ReplayFilter replay() {
		return this.replay;
	}

	OpenConnections open() {
		return this.open;
	}

	/**
	 * Closes what is open but for {@link #shared()}, which is Spring Data's.
	 * @param timeout how long to wait
	 */
	void shutdown(Duration timeout) {
		CompletableFuture<Void> end = CompletableFuture
			.allOf(own().map((client) -> shutdown(client, timeout)).toArray(CompletableFuture[]::new));
		// What it fails with is the end of a connection that was being opened.
		end.handle((ignored, ex) -> null).join();
	}

	private CompletableFuture<Void> shutdown(AbstractRedisClient client, Duration timeout) {
		long millis = Math.max(1, timeout.toMillis());
		CompletableFuture<Void> end = client.shutdownAsync(0, millis, TimeUnit.MILLISECONDS);
		if (client == this.driven && this.idleDriver != null) {
			IdleDriver idleDriver = this.idleDriver;
			end = end.whenComplete((ignored, ex) -> idleDriver.close());
		}
		return end.completeOnTimeout(null, millis + SHUTDOWN_GRACE.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Completes the errors of connecting.
	 */
	ConnectErrors errors() {
		List<RedisURI> nodes = (this.exclusive instanceof RedisClient)
				? RedisUris.ofMasterReplica(this.configuration, this.clientConfiguration) : List.of();
		PooledClusterClient cluster = cluster();
		return new ConnectErrors(this.configuration,
				this.clientConfiguration.getRedisCredentialsProviderFactory().isPresent(),
				() -> nodes.stream()
					.<CompletableFuture<?>>map(
							(node) -> Attempts.begin(() -> attempt((RedisClient) this.exclusive, node)))
					.toList(),
				() -> (cluster != null) ? cluster.lost() : Map.of());
	}

	private static CompletionStage<Void> attempt(RedisClient client, RedisURI node) {
		return client.connectAsync(StringCodec.UTF8, node).thenCompose(StatefulRedisConnection::closeAsync);
	}

	/**
	 * The options where no command blocks.
	 */
	private ClientOptions sharedOptions(ClientOptions options) {
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
		ClientOptions adapted = overruled ? sharedOptions(options) : adapted(options);
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
	 * The time that opening a connection may take.
	 */
	ConnectTimeout connectTimeout() {
		return this.connectTimeout;
	}

	/**
	 * Asks who is the master, or {@code null} if no sentinels name it.
	 */
	@Nullable Sentinels sentinels() {
		return this.sentinels;
	}

	/**
	 * Returns whether a connection leads to a master and replicas that sentinels name.
	 * @return whether it does
	 */
	boolean asksSentinelsForReplicas() {
		return this.sentinels != null && this.clientConfiguration.getReadFrom().isPresent();
	}

	/**
	 * The executor for later work.
	 * @return the executor of the client resources
	 */
	ScheduledExecutorService executor() {
		return this.resources.eventExecutorGroup();
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
