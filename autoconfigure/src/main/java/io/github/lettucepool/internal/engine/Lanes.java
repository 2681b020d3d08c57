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
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.codec.RedisCodec;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.ClusterCommandExecutor;
import org.springframework.data.redis.connection.ClusterTopologyProvider;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClusterConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;
import reactor.core.scheduler.Schedulers;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.internal.cluster.PooledClusterClient;
import io.github.lettucepool.internal.lowlatency.LowLatencyConnections;
import io.github.lettucepool.internal.lowlatency.SecondTry;
import io.github.lettucepool.internal.pool.Borrowing;
import io.github.lettucepool.internal.pool.ConnectionPool;
import io.github.lettucepool.internal.pool.Lendable;
import io.github.lettucepool.internal.pool.PoolClock;
import io.github.lettucepool.internal.shared.MasterWatch;
import io.github.lettucepool.internal.shared.SharedLane;
import io.github.lettucepool.internal.springdata.DedicatedLease;
import io.github.lettucepool.internal.springdata.FrontConnection;
import io.github.lettucepool.internal.springdata.PooledConnectionProvider;
import io.github.lettucepool.internal.springdata.PooledLettuceClusterConnection;
import io.github.lettucepool.internal.springdata.PooledLettuceConnection;
import io.github.lettucepool.internal.transport.ConnectTimeout;
import io.github.lettucepool.internal.transport.Ping;

/**
 * Both lanes of a pool from one start to the next stop: what the factory knows of the
 * internals. Spring Data asks for a provider for each of its two codecs while it starts;
 * thread-safe from then on.
 */
public final class Lanes {

	private static final Log logger = LogFactory.getLog(Lanes.class);

	private static final Duration LOOK_INTERVAL = Duration.ofMillis(200);

	private final LettuceRedisPool pool;

	/**
	 * Those of the start. Of the ones that change while the pool runs, {@link #pool} has
	 * the current values.
	 */
	private final PoolSettings settings;

	private final ConnectTimeout connectTimeout;

	private final ScheduledExecutorService executor;

	private final LaneClients clients;

	private final Openers openers;

	private final MasterWatch masterWatch;

	private final ConnectionPool exclusive;

	private final @Nullable AutoSize autoSize;

	private final SaturationLog saturationLog;

	private final OutageLog outageLog;

	private @Nullable CodecLanes blocking;

	private @Nullable CodecLanes reactive;

	private @Nullable ScheduledFuture<?> looking;

	private volatile @Nullable Attempt attempt;

	private volatile boolean reached;

	/**
	 * Creates the lanes, without opening anything.
	 * @param pool the pool that they serve
	 * @param configuration where Redis is
	 * @param clientConfiguration how to connect; has client resources
	 * @param clusterClient the client of Spring Data's own for a cluster, which is
	 * adapted; {@code null} where there is no cluster
	 */
	public Lanes(LettuceRedisPool pool, RedisConfiguration configuration,
			LettuceClientConfiguration clientConfiguration, @Nullable RedisClusterClient clusterClient) {
		this.pool = pool;
		this.settings = pool.getSettings();
		String name = pool.getName();
		this.clients = new LaneClients(name, this.settings, configuration, clientConfiguration, clusterClient);
		this.executor = this.clients.executor();
		this.connectTimeout = this.clients.connectTimeout();
		this.openers = new Openers(this.clients);
		this.masterWatch = new MasterWatch(this.executor, this.clients.sentinels() != null);
		this.clients.shared().addListener(this.masterWatch);
		this.exclusive = new ConnectionPool(name, this.connectTimeout.servers(), this.connectTimeout.duration(),
				pool::getSettings, pool.listeners(), PoolClock.system(this.executor), this.connectTimeout::bound);
		this.autoSize = this.settings.isMaxSizeAuto() ? new AutoSize(pool, pool::size, System.nanoTime()) : null;
		this.saturationLog = new SaturationLog(name, this::exclusiveSnapshot, this.exclusive::describeLongestLeases);
		this.outageLog = new OutageLog(name, this::unreachable, this::isGone);
	}

	/**
	 * The client of the shared lane, and of what Spring Data does without a pool.
	 */
	public AbstractRedisClient client() {
		return this.clients.shared();
	}

	/**
	 * Adds a codec to both lanes. The one for blocking use comes first.
	 * @param codec the codec
	 * @param onDemand connects with {@link #client()}
	 * @param connecting makes a provider that connects with another client
	 * @return lends connections with the codec
	 */
	public LettuceConnectionProvider add(RedisCodec<?, ?> codec, LettuceConnectionProvider onDemand,
			Function<AbstractRedisClient, LettuceConnectionProvider> connecting) {
		CodecLanes lanes = (this.blocking == null) ? create(codec, onDemand, connecting, this.clients.driven())
				: create(codec, onDemand, connecting, null);
		if (this.blocking == null) {
			this.blocking = lanes;
		}
		else {
			this.reactive = lanes;
		}
		return lanes.provider();
	}

	/**
	 * Makes the lanes of a codec.
	 * @param driven the client of connections that callers drive; {@code null} if they do
	 * not
	 */
	private CodecLanes create(RedisCodec<?, ?> codec, LettuceConnectionProvider onDemand,
			Function<AbstractRedisClient, LettuceConnectionProvider> connecting, @Nullable AbstractRedisClient driven) {
		AbstractRedisClient client = this.clients.exclusive();
		PooledClusterClient cluster = this.clients.cluster();
		Supplier<CompletionStage<StatefulConnection<?, ?>>> exclusive = (cluster != null)
				? this.openers.cluster(cluster, codec) : this.openers.exclusive(client, connecting.apply(client));
		SharedLane shared = new SharedLane(
				this.pool.getName(), Math.max(1, this.settings.getSharedConnections()), (cluster != null)
						? this.openers.cluster(cluster, codec) : this.openers.shared(onDemand, this.masterWatch),
				this.executor, this.connectTimeout);
		this.masterWatch.add(shared);
		Borrowing borrowing = this.exclusive.add(lendable(exclusive));
		Borrowing drivenBorrowing = null;
		LowLatencyConnections lowLatency = null;
		if (driven != null && cluster != null) {
			Supplier<CompletionStage<StatefulConnection<?, ?>>> opener = this.openers.drivenCluster(cluster, codec);
			drivenBorrowing = this.exclusive.add(lendable(opener));
			lowLatency = lowLatency(opener, shared);
		}
		else if (driven != null) {
			LettuceConnectionProvider provider = connecting.apply(driven);
			drivenBorrowing = this.exclusive.add(lendable(this.openers.exclusive(driven, provider)));
			lowLatency = lowLatency(this.openers.lowLatency(provider), shared);
		}
		return CodecLanes.of(codec, client, cluster != null,
				new PooledConnectionProvider(borrowing, drivenBorrowing, onDemand, this.pool::isSharing), shared,
				lowLatency);
	}

	private @Nullable LowLatencyConnections lowLatency(Supplier<CompletionStage<StatefulConnection<?, ?>>> opener,
			SharedLane shared) {
		int callers = this.settings.getLowLatencyCallers();
		// One that is PINGed for each command has none to carry: commands do not wait.
		boolean usable = !this.settings.getValidateAfterIdle().isZero();
		return (callers > 0 && usable && this.settings.getSharedConnections() > 0)
				? new LowLatencyConnections(callers, bounded(opener), this.settings, this.pool.listeners(),
						shared::inFlight,
						new SecondTry((command) -> this.clients.replay().lost(command) == null, shared::connection))
				: null;
	}

	private Supplier<CompletionStage<? extends Lendable>> lendable(
			Supplier<CompletionStage<StatefulConnection<?, ?>>> opener) {
		Supplier<CompletionStage<StatefulConnection<?, ?>>> bounded = bounded(opener);
		return () -> bounded.get().thenApply(Lendable.class::cast);
	}

	/**
	 * Bounds the time in which a connection is opened. One that comes later is closed.
	 */
	private Supplier<CompletionStage<StatefulConnection<?, ?>>> bounded(
			Supplier<CompletionStage<StatefulConnection<?, ?>>> opener) {
		return () -> {
			CompletableFuture<StatefulConnection<?, ?>> opened = new CompletableFuture<>();
			opener.get().whenComplete((connection, ex) -> ConnectTimeout.complete(opened, connection, ex));
			return this.connectTimeout.bound(opened);
		};
	}

	/**
	 * Returns whether Spring Data has asked for both providers.
	 */
	public boolean isComplete() {
		return this.reactive != null;
	}

	/**
	 * Starts what is done in the background.
	 */
	public void start() {
		this.exclusive.start();
		if (this.autoSize != null) {
			this.pool.addListener(this.autoSize.counter());
		}
		LowLatencyConnections lowLatency = blocking().lowLatency();
		if (lowLatency != null) {
			lowLatency.start(this.executor);
		}
		this.looking = this.executor.scheduleWithFixedDelay(this::look, LOOK_INTERVAL.toMillis(),
				LOOK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Opens what the warm-up is to open, and waits for it if it is to be waited for.
	 * @throws PoolConnectException if that was not open within the connect timeout
	 */
	public void warmUp() {
		if (this.settings.getWarmUp() == PoolSettings.WarmUp.NONE) {
			return;
		}
		CompletableFuture<Void> shared = this.pool.isSharing() ? blocking().shared().open()
				: CompletableFuture.completedFuture(null);
		CompletableFuture<Void> opened = CompletableFuture.allOf(shared, this.exclusive.warmUp());
		if (this.settings.getWarmUp() == PoolSettings.WarmUp.BACKGROUND) {
			// If it fails, the log of outages tells.
			return;
		}
		try {
			this.connectTimeout.bound(opened, this.connectTimeout.duration(), this::late).get();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new PoolConnectException(this.pool.getName(), ex);
		}
		catch (ExecutionException ex) {
			throw new PoolConnectException(this.pool.getName(), (ex.getCause() != null) ? ex.getCause() : ex);
		}
	}

	private TimeoutException late() {
		return new TimeoutException("the connections to %s were not open within the connect timeout (%d ms)"
			.formatted(this.connectTimeout.servers(), this.connectTimeout.duration().toMillis()));
	}

	private void look() {
		long now = System.nanoTime();
		AutoSize autoSize = this.autoSize;
		try {
			if (autoSize != null) {
				autoSize.look(snapshot(), this.exclusive.isConnecting(), now);
			}
			this.saturationLog.look(now);
			this.outageLog.look(now);
		}
		catch (RuntimeException | Error ex) {
			// The executor would not look again.
			logger.debug("Cannot look at pool '%s'".formatted(this.pool.getName()), ex);
		}
	}

	/**
	 * The servers that cannot be reached now. In a cluster that is each of its nodes.
	 */
	private Map<String, Throwable> unreachable() {
		PooledClusterClient cluster = this.clients.cluster();
		Map<String, Throwable> nodes = (cluster != null) ? cluster.lost() : Map.of();
		if (!nodes.isEmpty()) {
			return nodes;
		}
		Throwable error = connectError();
		return (error != null) ? Map.of(this.connectTimeout.servers(), error) : Map.of();
	}

	private boolean isGone(String server) {
		PooledClusterClient cluster = this.clients.cluster();
		return cluster != null && cluster.isGone(server);
	}

	private @Nullable Throwable connectError() {
		return Stream
			.of(this.exclusive.connectError(), blocking().shared().connectError(), reactive().shared().connectError())
			.filter(Objects::nonNull)
			.findFirst()
			.orElse(null);
	}

	ConnectionPool exclusive() {
		return this.exclusive;
	}

	@Nullable AutoSize autoSize() {
		return this.autoSize;
	}

	private CodecLanes blocking() {
		return started(this.blocking);
	}

	private CodecLanes reactive() {
		return started(this.reactive);
	}

	private static CodecLanes started(@Nullable CodecLanes lanes) {
		if (lanes == null) {
			throw new IllegalStateException("The connection factory is not started");
		}
		return lanes;
	}

	/**
	 * Makes a connection as Spring Data has it.
	 * @param shared what stands for a shared connection, {@code null} if that is not to
	 * be used
	 * @param provider lends exclusive connections
	 * @param timeout the command timeout in milliseconds
	 * @param database the database
	 * @return the connection
	 */
	@SuppressWarnings("unchecked")
	public LettuceConnection connection(@Nullable StatefulRedisConnection<byte[], byte[]> shared,
			LettuceConnectionProvider provider, long timeout, int database) {
		DedicatedLease lease = lease();
		return new PooledLettuceConnection(
				(StatefulRedisConnection<byte[], byte[]>) sharedConnection(shared, lease, false), provider, lease,
				timeout, database);
	}

	/**
	 * Makes a connection to a cluster as Spring Data has it.
	 * @param shared what stands for a shared connection, {@code null} if that is not to
	 * be used
	 * @param provider lends exclusive connections
	 * @param topology knows the nodes
	 * @param executor asks single nodes
	 * @param timeout the command timeout
	 * @return the connection
	 */
	@SuppressWarnings("unchecked")
	public LettuceClusterConnection clusterConnection(@Nullable StatefulRedisClusterConnection<byte[], byte[]> shared,
			LettuceConnectionProvider provider, ClusterTopologyProvider topology, ClusterCommandExecutor executor,
			Duration timeout) {
		DedicatedLease lease = lease();
		return new PooledLettuceClusterConnection(
				(StatefulRedisClusterConnection<byte[], byte[]>) sharedConnection(shared, lease, true), provider,
				topology, executor, timeout, lease);
	}

	private DedicatedLease lease() {
		return new DedicatedLease(blocking().provider(), this::reachOnce);
	}

	/**
	 * A connection whose commands with an effect take its user's exclusive connection.
	 */
	private @Nullable StatefulConnection<?, ?> sharedConnection(@Nullable StatefulConnection<?, ?> given,
			DedicatedLease lease, boolean cluster) {
		CodecLanes lanes = blocking();
		return (given != null && given == lanes.sharedConnection()) ? FrontConnection.of(lanes.front(), lease, cluster)
				: given;
	}

	/**
	 * Connects, if nothing was ever connected.
	 */
	private void reachOnce() {
		if (this.reached) {
			return;
		}
		if (!isConnected()) {
			if (this.pool.isSharing()) {
				blocking().shared().connection();
			}
			else {
				blocking().provider().borrow(null).end();
			}
		}
		this.reached = true;
	}

	/**
	 * Stands for a shared connection, for a sender without an exclusive one.
	 * @return the connection
	 */
	public StatefulConnection<?, ?> sharedConnection() {
		return blocking().sharedConnection();
	}

	/**
	 * Stands for a shared connection for reactive use.
	 * @return the connection
	 */
	public StatefulConnection<?, ?> sharedReactiveConnection() {
		return reactive().sharedConnection();
	}

	/**
	 * Replaces all connections but the shared ones.
	 */
	void retireAll() {
		this.exclusive.retireAll();
		LowLatencyConnections lowLatency = blocking().lowLatency();
		if (lowLatency != null) {
			lowLatency.retireAll();
		}
	}

	/**
	 * Opens all shared connections anew.
	 * @throws PoolConnectException if Redis cannot be reached
	 */
	public void reopenShared() {
		resetShared();
		try {
			CompletableFuture.allOf(blocking().shared().open(), reactive().shared().open()).join();
		}
		catch (CompletionException ex) {
			throw new PoolConnectException(this.pool.getName(), ex);
		}
	}

	/**
	 * Closes all shared connections; the next use opens new ones.
	 */
	public void resetShared() {
		await(blocking().shared().reset(), reactive().shared().reset());
	}

	private static void await(CompletableFuture<?>... closed) {
		CompletableFuture.allOf(closed).completeOnTimeout(null, 1, TimeUnit.SECONDS).join();
	}

	/**
	 * PINGs all shared connections and replaces those that do not answer in time. Does
	 * nothing on an event loop, which could not read the answers while it waits for them.
	 */
	public void validateShared() {
		if (this.connectTimeout.isConnectingThread()) {
			return;
		}
		Duration timeout = this.settings.getValidationTimeout();
		Predicate<StatefulConnection<?, ?>> works = (
				connection) -> Ping.send(connection, timeout).join() == Ping.Result.ALIVE;
		blocking().shared().validate(works);
		reactive().shared().validate(works);
	}

	/**
	 * Begins to connect, unless that is under way.
	 */
	void connect() {
		Attempt current = this.attempt;
		if (current == null || current.opened().isDone()) {
			this.attempt = new Attempt(this.pool.isSharing() ? blocking().shared().open() : this.exclusive.connect(),
					System.nanoTime());
		}
	}

	/**
	 * On a machine without time to spare, an attempt may not even have begun when its
	 * time is up.
	 */
	private @Nullable Throwable overdue(int connections) {
		Attempt current = this.attempt;
		boolean overdue = current != null && connections == 0 && !current.opened().isDone()
				&& System.nanoTime() - current.startNanos() > this.connectTimeout.duration().toNanos();
		return overdue ? this.connectTimeout.tooLate() : null;
	}

	private PoolSnapshot.Exclusive exclusiveSnapshot() {
		PoolSnapshot.Exclusive lane = this.exclusive.snapshot();
		boolean mayGrow = this.autoSize != null && this.autoSize.mayGrow();
		return new PoolSnapshot.Exclusive(lane.maxSize(), lane.minIdle(), lane.active(), lane.idle(), lane.total(),
				lane.pending(), mayGrow);
	}

	PoolSnapshot snapshot() {
		SharedLane shared = blocking().shared();
		SharedLane reactive = reactive().shared();
		LowLatencyConnections lowLatency = blocking().lowLatency();
		PoolSnapshot.Exclusive exclusive = exclusiveSnapshot();
		Throwable error = connectError();
		if (error == null) {
			error = overdue(shared.opened() + reactive.opened() + exclusive.active() + exclusive.idle());
		}
		int subscriptions = blocking().provider().openedOnDemand() + reactive().provider().openedOnDemand();
		return new PoolSnapshot(this.pool.getName(),
				this.exclusive.isSuspended() ? PoolSnapshot.State.SUSPENDED : PoolSnapshot.State.RUNNING,
				new PoolSnapshot.Shared(
						this.pool.isSharing() ? Math.max(shared.size(), shared.wanted() + reactive.wanted()) : 0,
						shared.opened() + reactive.opened(), shared.connected() + reactive.connected(), inFlight(),
						(lowLatency != null) ? lowLatency.opened() : 0),
				exclusive, subscriptions, this.exclusive.leases(), this.clients.open().byNode(),
				(error != null) ? PoolConnectException.describe(error) : null, this.exclusive.queuedFor());
	}

	/**
	 * A connection to a master and its replicas does not know what its parts do.
	 */
	private int inFlight() {
		return (this.clients.cluster() != null) ? blocking().shared().inFlight() + reactive().shared().inFlight()
				: this.clients.open().inFlight();
	}

	/**
	 * Returns whether anything is connected, as far as is known.
	 * @return {@code false} before the first connection and while there is none
	 */
	boolean isConnected() {
		return blocking().shared().connected() > 0 || reactive().shared().connected() > 0
				|| (this.exclusive.snapshot().total() > 0 && this.exclusive.connectError() == null);
	}

	/**
	 * A connection of the shared lane, whatever its codec, without opening any.
	 * @return the connection, or {@code null} if none is connected
	 */
	@Nullable StatefulConnection<?, ?> connectedSharedConnection() {
		return Stream.of(blocking().shared(), reactive().shared())
			.filter((shared) -> shared.connected() > 0)
			.findFirst()
			.map(SharedLane::connection)
			.orElse(null);
	}

	/**
	 * Asks the server for INFO, and in a cluster for CLUSTER INFO, over a shared
	 * connection, or, where there is none, over one that is opened for it: never over one
	 * that a borrower could need.
	 * @return completes with the answer
	 */
	CompletionStage<String> info() {
		StatefulConnection<?, ?> shared = connectedSharedConnection();
		if (shared != null) {
			return info(shared);
		}
		// For a cluster, Spring Data waits here until its topology has been loaded once.
		// Event loops ask for the health, and may not wait; nor may those of the pool's
		// client, which load the topology. Reactor has threads for what waits.
		return CompletableFuture
			.supplyAsync(blocking().provider()::openAside, (task) -> Schedulers.boundedElastic().schedule(task))
			.thenCompose(Function.identity())
			.thenCompose((connection) -> info(connection).whenComplete((answer, ex) -> connection.closeAsync()));
	}

	private static CompletionStage<String> info(StatefulConnection<?, ?> connection) {
		if (connection instanceof StatefulRedisClusterConnection<?, ?> cluster) {
			// Not every user may ask for the state of the cluster.
			return cluster.async()
				.info()
				.thenCombine(cluster.async().clusterInfo().exceptionally((ex) -> ""), (info, state) -> info + state);
		}
		return ((StatefulRedisConnection<?, ?>) connection).async().info();
	}

	/**
	 * Ends both lanes; what the exclusive one lent has the timeout to come back.
	 * @param timeout how long to wait
	 */
	public void stop(Duration timeout) {
		ScheduledFuture<?> looking = this.looking;
		if (looking != null) {
			looking.cancel(false);
		}
		if (this.autoSize != null) {
			this.pool.removeListener(this.autoSize.counter());
		}
		if (!isComplete()) {
			// A subclass of the factory leaves them out: nothing was opened.
			this.exclusive.stop(timeout);
			this.clients.shutdown(timeout);
			return;
		}
		LowLatencyConnections lowLatency = blocking().lowLatency();
		CompletableFuture<Void> closed = (lowLatency != null) ? lowLatency.stop()
				: CompletableFuture.completedFuture(null);
		CompletableFuture<Void> unsubscribed = CompletableFuture.allOf(blocking().provider().stop(),
				reactive().provider().stop());
		this.exclusive.stop(timeout);
		unsubscribed.handle((ignored, ex) -> null).join();
		// Or the client would close them again, with a warning for each.
		await(closed);
		await(blocking().shared().stop(), reactive().shared().stop());
		this.clients.shutdown(timeout);
	}

	/**
	 * Connecting that somebody asked for who does not wait.
	 *
	 * @param opened completes when a connection is open
	 * @param startNanos when it began
	 */
	private record Attempt(CompletableFuture<Void> opened, long startNanos) {

	}

}
