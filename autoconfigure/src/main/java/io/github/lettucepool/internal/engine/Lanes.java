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

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.codec.RedisCodec;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;
import reactor.core.scheduler.Schedulers;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolServer;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.internal.cluster.PooledClusterClient;
import io.github.lettucepool.internal.lowlatency.LowLatencyConnections;
import io.github.lettucepool.internal.pool.Borrowing;
import io.github.lettucepool.internal.pool.ConnectionPool;
import io.github.lettucepool.internal.pool.Lendable;
import io.github.lettucepool.internal.pool.PoolClock;
import io.github.lettucepool.internal.shared.MasterWatch;
import io.github.lettucepool.internal.shared.ReplayFilter;
import io.github.lettucepool.internal.shared.SharedLane;
import io.github.lettucepool.internal.springdata.DedicatedLease;
import io.github.lettucepool.internal.springdata.FrontConnection;
import io.github.lettucepool.internal.springdata.PooledConnectionProvider;
import io.github.lettucepool.internal.springdata.SharedFront;
import io.github.lettucepool.internal.transport.ConnectTimeout;
import io.github.lettucepool.internal.transport.Ping;

/**
 * Both lanes of a pool from one start to the next stop. Thread-safe once it is complete.
 */
public final class Lanes {

	private static final Duration LOOK_INTERVAL = Duration.ofMillis(200);

	private final String pool;

	private final PoolSettings settings;

	private final ConnectTimeout connectTimeout;

	private final PoolListener listener;

	private final ScheduledExecutorService executor;

	private final ExclusiveClients clients;

	private final OpenConnections open;

	private final ReplayFilter replay;

	private final Openers openers;

	private final MasterWatch masterWatch;

	private final ConnectionPool exclusive;

	private final SaturationLog saturationLog;

	private final OutageLog outageLog;

	private @Nullable ScheduledFuture<?> looking;

	private @Nullable SharedLane shared;

	private @Nullable SharedLane sharedReactive;

	private @Nullable LowLatencyConnections lowLatency;

	private @Nullable SharedFront<?, ?> front;

	private @Nullable StatefulConnection<?, ?> frontConnection;

	private @Nullable StatefulConnection<?, ?> reactiveFrontConnection;

	private @Nullable Supplier<CompletionStage<StatefulConnection<?, ?>>> onDemand;

	private @Nullable PooledConnectionProvider provider;

	private @Nullable PooledConnectionProvider reactiveProvider;

	private volatile @Nullable Attempt attempt;

	private volatile boolean reached;

	public Lanes(String pool, Supplier<PoolSettings> settings, PoolListener listener, ScheduledExecutorService executor,
			ExclusiveClients clients, OpenConnections open, Openers openers, ReplayFilter replay,
			ConnectTimeout connectTimeout) {
		this.pool = pool;
		this.settings = settings.get();
		this.executor = executor;
		this.clients = clients;
		this.open = open;
		this.replay = replay;
		this.openers = openers;
		this.masterWatch = new MasterWatch(executor, openers.asksSentinels());
		this.connectTimeout = connectTimeout;
		this.listener = listener;
		this.exclusive = new ConnectionPool(pool, connectTimeout.servers(), connectTimeout.duration(), settings,
				listener, PoolClock.system(executor), connectTimeout::bound);
		this.saturationLog = new SaturationLog(pool, this.exclusive::snapshot, this.exclusive::describeLongestLeases);
		this.outageLog = new OutageLog(pool, this::unreachable);
	}

	/**
	 * Adds a codec to both lanes. The one for blocking use comes first.
	 * @param codec the codec
	 * @param onDemand connects with the client for subscriptions, which is that of the
	 * shared lane too where there is no cluster
	 * @param connecting makes a provider that connects with another client
	 * @return lends connections with the codec
	 */
	public PooledConnectionProvider add(RedisCodec<?, ?> codec, LettuceConnectionProvider onDemand,
			Function<AbstractRedisClient, LettuceConnectionProvider> connecting) {
		Supplier<CompletionStage<StatefulConnection<?, ?>>> exclusive;
		Supplier<CompletionStage<StatefulConnection<?, ?>>> shared;
		if (this.clients.ordinary() instanceof PooledClusterClient cluster) {
			exclusive = this.openers.cluster(cluster, codec);
			shared = exclusive;
		}
		else {
			exclusive = this.openers.exclusive(this.clients.ordinary(), connecting.apply(this.clients.ordinary()));
			shared = this.openers.shared(onDemand, this.masterWatch);
		}
		SharedLane lane = new SharedLane(this.pool, Math.max(1, this.settings.getSharedConnections()), shared,
				this.executor, this.connectTimeout);
		this.masterWatch.add(lane);
		AbstractRedisClient drivenClient = (this.provider == null) ? this.clients.driven() : null;
		Borrowing driven = (drivenClient != null) ? addDriven(drivenClient, connecting.apply(drivenClient), lane)
				: null;
		PooledConnectionProvider provider = new PooledConnectionProvider(this.exclusive.add(lendable(exclusive)),
				driven, onDemand);
		if (this.provider == null) {
			this.onDemand = Openers.plain(onDemand);
			this.shared = lane;
			this.front = new SharedFront<>(this.clients.ordinary(), codec, lane, this.lowLatency);
			this.frontConnection = FrontConnection.of(this.front, null, isCluster());
			this.provider = provider;
		}
		else {
			this.sharedReactive = lane;
			this.reactiveFrontConnection = FrontConnection
				.of(new SharedFront<>(this.clients.ordinary(), codec, lane, null), null, isCluster());
			this.reactiveProvider = provider;
		}
		return provider;
	}

	private boolean isCluster() {
		return this.clients.ordinary() instanceof PooledClusterClient;
	}

	private Borrowing addDriven(AbstractRedisClient client, LettuceConnectionProvider provider, SharedLane lane) {
		int callers = this.settings.getLowLatencyCallers();
		if (callers > 0 && this.settings.getSharedConnections() > 0) {
			this.lowLatency = new LowLatencyConnections(callers, this.openers.lowLatency(provider), this.settings,
					this.listener, lane::inFlight, new SharedSecondTry(this.replay, lane::connection));
		}
		return this.exclusive.add(lendable(this.openers.exclusive(client, provider)));
	}

	/**
	 * Bounds the time in which a connection is opened. One that comes later is closed.
	 */
	private Supplier<CompletionStage<? extends Lendable>> lendable(
			Supplier<CompletionStage<StatefulConnection<?, ?>>> opener) {
		return () -> {
			CompletableFuture<Lendable> opened = new CompletableFuture<>();
			opener.get().whenComplete((connection, ex) -> {
				if (ex != null) {
					opened.completeExceptionally(ex);
				}
				else if (!opened.complete((Lendable) connection)) {
					connection.closeAsync();
				}
			});
			return this.connectTimeout.bound(opened);
		};
	}

	/**
	 * Starts what is done in the background.
	 */
	public void start() {
		this.exclusive.start();
		if (this.lowLatency != null) {
			this.lowLatency.start(this.executor);
		}
		this.looking = this.executor.scheduleWithFixedDelay(this::look, LOOK_INTERVAL.toMillis(),
				LOOK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
	}

	private void look() {
		long now = System.nanoTime();
		this.saturationLog.look(now);
		this.outageLog.look(now);
	}

	/**
	 * The servers that cannot be reached now. In a cluster that is each of its nodes.
	 */
	private Map<String, Throwable> unreachable() {
		if (this.clients.ordinary() instanceof PooledClusterClient cluster && !cluster.lost().isEmpty()) {
			return cluster.lost();
		}
		Throwable error = connectError();
		return (error != null) ? Map.of(this.connectTimeout.servers(), error) : Map.of();
	}

	private @Nullable Throwable connectError() {
		Throwable error = this.exclusive.connectError();
		if (error == null) {
			error = shared().connectError();
		}
		return (error != null) ? error : required(this.sharedReactive).connectError();
	}

	ConnectionPool exclusive() {
		return this.exclusive;
	}

	/**
	 * What has shared connections follow their master.
	 * @return a listener for the client of the shared lane
	 */
	public MasterWatch masterWatch() {
		return this.masterWatch;
	}

	SharedLane shared() {
		return required(this.shared);
	}

	public boolean haveProviders() {
		return this.provider != null && this.reactiveProvider != null;
	}

	public PooledConnectionProvider provider() {
		return required(this.provider);
	}

	/**
	 * Connects, if nothing was ever connected.
	 * @param sharing whether the shared lane is in use
	 * @throws PoolConnectException if Redis cannot be reached
	 */
	public void reachOnce(boolean sharing) {
		if (this.reached) {
			return;
		}
		if (!isConnected()) {
			if (sharing) {
				shared().connection();
			}
			else {
				provider().borrow(null).end();
			}
		}
		this.reached = true;
	}

	/**
	 * Stands for a shared connection, for a sender without an exclusive one.
	 * @return the connection
	 */
	@SuppressWarnings("unchecked")
	public StatefulConnection<byte[], byte[]> sharedConnection() {
		return (StatefulConnection<byte[], byte[]>) required(this.frontConnection);
	}

	/**
	 * Stands for a shared connection.
	 * @param connection what was to be used
	 * @param lease the exclusive connection of its user
	 * @return the connection to use
	 */
	@SuppressWarnings("unchecked")
	public <T extends StatefulConnection<byte[], byte[]>> @Nullable T sharedConnection(@Nullable T connection,
			DedicatedLease lease) {
		return (connection != null && connection == this.frontConnection)
				? (T) FrontConnection.of(required(this.front), lease, isCluster()) : connection;
	}

	@SuppressWarnings("unchecked")
	public StatefulConnection<ByteBuffer, ByteBuffer> sharedReactiveConnection() {
		return (StatefulConnection<ByteBuffer, ByteBuffer>) required(this.reactiveFrontConnection);
	}

	private static <T> T required(@Nullable T part) {
		if (part == null) {
			throw new IllegalStateException("The connection factory is not started");
		}
		return part;
	}

	/**
	 * Replaces all connections but the shared ones.
	 */
	void retireAll() {
		this.exclusive.retireAll();
		if (this.lowLatency != null) {
			this.lowLatency.retireAll();
		}
	}

	/**
	 * Opens the shared lane, and that for reactive use.
	 * @return completes when they are open
	 */
	public CompletableFuture<Void> openShared() {
		return CompletableFuture.allOf(shared().open(), required(this.sharedReactive).open());
	}

	public void resetShared() {
		await(shared().reset(), required(this.sharedReactive).reset());
	}

	private static void await(CompletableFuture<?>... closed) {
		CompletableFuture.allOf(closed).completeOnTimeout(null, 1, TimeUnit.SECONDS).join();
	}

	public void validateShared(Duration timeout) {
		Predicate<StatefulConnection<?, ?>> works = (
				connection) -> Ping.send(connection, timeout).join() == Ping.Result.ALIVE;
		shared().validate(works);
		required(this.sharedReactive).validate(works);
	}

	/**
	 * Begins to connect, unless that is under way.
	 * @param sharing whether the shared lane is in use
	 */
	void connect(boolean sharing) {
		Attempt current = this.attempt;
		if (current == null || current.opened().isDone()) {
			this.attempt = new Attempt(sharing ? shared().open() : this.exclusive.connect(), System.nanoTime());
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

	PoolSnapshot snapshot(boolean sharing) {
		SharedLane shared = shared();
		SharedLane reactive = required(this.sharedReactive);
		PoolSnapshot.Exclusive exclusive = this.exclusive.snapshot();
		Throwable error = connectError();
		if (error == null) {
			error = overdue(shared.opened() + reactive.opened() + exclusive.active() + exclusive.idle());
		}
		int subscriptions = provider().openedOnDemand() + required(this.reactiveProvider).openedOnDemand();
		return new PoolSnapshot(this.pool,
				this.exclusive.isSuspended() ? PoolSnapshot.State.SUSPENDED : PoolSnapshot.State.RUNNING,
				new PoolSnapshot.Shared(sharing ? Math.max(shared.size(), shared.wanted() + reactive.wanted()) : 0,
						shared.opened() + reactive.opened(), shared.connected() + reactive.connected(), inFlight(),
						(this.lowLatency != null) ? this.lowLatency.opened() : 0),
				exclusive, subscriptions, this.exclusive.leases(), this.open.byNode(),
				(error != null) ? PoolConnectException.describe(error) : null, this.exclusive.queuedFor());
	}

	/**
	 * A connection to a master and its replicas does not know what its parts do.
	 */
	private int inFlight() {
		return isCluster() ? shared().inFlight() + required(this.sharedReactive).inFlight() : this.open.inFlight();
	}

	/**
	 * Whether anything is connected, as far as is known.
	 * @return {@code false} before the first connection and while there is none
	 */
	boolean isConnected() {
		return shared().connected() > 0
				|| (this.exclusive.snapshot().total() > 0 && this.exclusive.connectError() == null);
	}

	/**
	 * The nodes of a cluster, without asking it.
	 * @return the nodes; empty if this is no cluster, or nothing shared is connected
	 */
	List<PoolServer.Node> nodes() {
		return (shared().connected() > 0) ? Inquiries.nodes(shared().connection()) : List.of();
	}

	/**
	 * Asks the server for INFO, over a shared connection, or, where there is none, over
	 * one that is opened for it: never over one that a borrower could need.
	 * @return completes with the answer
	 */
	CompletionStage<String> info() {
		if (shared().connected() > 0) {
			return Inquiries.info(shared().connection());
		}
		// For a cluster, Spring Data waits here until its topology has been loaded once.
		// Event loops ask for the health, and may not wait; nor may those of the pool's
		// client, which load the topology. Reactor has threads for what waits.
		return CompletableFuture
			.supplyAsync(required(this.onDemand), (task) -> Schedulers.boundedElastic().schedule(task))
			.thenCompose(Function.identity())
			.thenCompose(
					(connection) -> Inquiries.info(connection).whenComplete((answer, ex) -> connection.closeAsync()));
	}

	/**
	 * Opens what the warm-up is to open.
	 * @param sharing whether the shared lane is in use
	 * @return completes when it is open, or with the first error
	 */
	public CompletableFuture<Void> warmUp(boolean sharing) {
		CompletableFuture<Void> shared = sharing ? shared().open() : CompletableFuture.completedFuture(null);
		return CompletableFuture.allOf(shared, this.exclusive.warmUp());
	}

	/**
	 * Bounds the time of a warm-up, from now on.
	 * @param opened completes when everything is open
	 * @return the same
	 */
	public CompletableFuture<Void> inTime(CompletableFuture<Void> opened) {
		return this.connectTimeout.bound(opened, this.connectTimeout.duration(),
				() -> new TimeoutException("the connections to %s were not open within the connect timeout (%d ms)"
					.formatted(this.connectTimeout.servers(), this.connectTimeout.duration().toMillis())));
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
		if (!haveProviders()) {
			// A subclass of the factory leaves them out: nothing was opened.
			this.exclusive.stop(timeout);
			this.clients.shutdown(timeout);
			return;
		}
		CompletableFuture<Void> closed = (this.lowLatency != null) ? this.lowLatency.stop()
				: CompletableFuture.completedFuture(null);
		CompletableFuture<Void> unsubscribed = CompletableFuture.allOf(provider().stop(),
				required(this.reactiveProvider).stop());
		this.exclusive.stop(timeout);
		unsubscribed.handle((ignored, ex) -> null).join();
		// Or the client would close them again, with a warning for each.
		await(closed);
		await(shared().stop(), required(this.sharedReactive).stop());
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
