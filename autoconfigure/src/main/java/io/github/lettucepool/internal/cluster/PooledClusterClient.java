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

import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterPushHandler;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.StatefulRedisClusterConnectionImpl;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.models.partitions.Partitions;
import io.lettuce.core.cluster.topology.TopologyComparators;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.json.JsonParser;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.resource.ClientResources;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.driven.DrivenEventLoop;
import io.github.lettucepool.internal.driven.IdleDriver;
import io.github.lettucepool.internal.lettuce.CompositeConnection;
import io.github.lettucepool.internal.lettuce.DeadlineWriter;
import io.github.lettucepool.internal.lettuce.NodeConnection;
import io.github.lettucepool.internal.lettuce.Routing;
import io.github.lettucepool.internal.transport.Activation;
import io.github.lettucepool.internal.transport.Attempts;
import io.github.lettucepool.internal.transport.ConnectTimeout;
import io.github.lettucepool.internal.transport.FailedCommands;

/**
 * The client of both lanes for a cluster: its connections track their commands, and are
 * not reconnected. Lettuce's own connections to the nodes of a cluster send again what
 * was under way, and cannot be told not to: an INCR would count twice.
 * <p>
 * Without reconnecting, Lettuce does not look for a new master when one is gone. So this
 * client does, as soon as a node cannot be reached or the topology is seen to change, and
 * for some seconds after, unless the application has switched adaptive refresh off. Nor
 * does a command try to connect to a node that could not be reached a moment ago.
 */
public final class PooledClusterClient extends RedisClusterClient {

	/**
	 * The event loop of the connection that the current thread has Lettuce make, if its
	 * user is to drive it.
	 */
	private static final ThreadLocal<@Nullable DrivenEventLoop> DRIVEN = new ThreadLocal<>();

	private static final Duration REFRESH_INTERVAL = Duration.ofMillis(500);

	/**
	 * For how long after the last failure or change to look at the topology.
	 */
	private static final Duration WATCH_TIME = Duration.ofSeconds(10);

	private static final Duration LAST_LOOK = Duration.ofSeconds(1);

	private final ConnectTimeout connectTimeout;

	private final @Nullable ReadFrom readFrom;

	private final @Nullable RedisCredentialsProvider credentials;

	private final boolean adaptive;

	private final AtomicBoolean watching = new AtomicBoolean();

	private volatile long troubleNanos;

	private final AtomicReference<@Nullable CompletableFuture<?>> known = new AtomicReference<>();

	private final Queue<CompletableFuture<?>> looks = new ConcurrentLinkedQueue<>();

	private final UnreachableNodes unreachable = new UnreachableNodes(System::nanoTime);

	private final @Nullable IdleDriver idleDriver;

	private volatile boolean stopped;

	/**
	 * Creates the client.
	 * @param resources the resources to share
	 * @param uris some nodes of the cluster
	 * @param options the application's options; auto-reconnect is switched off, and the
	 * end of stale connections on
	 * @param connectTimeout how long connecting may take
	 * @param readFrom where to read from, or {@code null} for the masters
	 * @param idleDriver drives connections that are opened to be driven while their users
	 * do not; {@code null} if none are
	 */
	public PooledClusterClient(ClientResources resources, Iterable<RedisURI> uris, ClusterClientOptions options,
			ConnectTimeout connectTimeout, @Nullable ReadFrom readFrom, @Nullable IdleDriver idleDriver) {
		super(resources, uris);
		this.connectTimeout = connectTimeout;
		this.readFrom = readFrom;
		this.idleDriver = idleDriver;
		setOptions(options.mutate()
			.autoReconnect(false)
			.topologyRefreshOptions(new Refresh(options.getTopologyRefreshOptions()))
			// Commands wait for the connection to their node to be opened.
			.disconnectedBehavior(ClientOptions.DisconnectedBehavior.ACCEPT_COMMANDS)
			.build());
		this.credentials = Reauthentication.streaming(uris.iterator().next().getCredentialsProvider(), options);
		this.adaptive = !options.getTopologyRefreshOptions().getAdaptiveRefreshTriggers().isEmpty();
	}

	/**
	 * Opens a connection, and looks at the topology before the first one. Does not block.
	 * @param codec the codec
	 * @return completes with the connection
	 */
	public CompletionStage<StatefulConnection<?, ?>> open(RedisCodec<?, ?> codec) {
		return open(codec, null);
	}

	/**
	 * Opens a connection whose user drives it, to whichever node its commands go. Does
	 * not block.
	 * @param codec the codec
	 * @return completes with the connection
	 */
	public CompletionStage<StatefulConnection<?, ?>> openDriven(RedisCodec<?, ?> codec) {
		DrivenEventLoop eventLoop = Objects.requireNonNull(this.idleDriver).newLastingEventLoop();
		return open(codec, eventLoop).whenComplete((connection, ex) -> {
			if (ex != null) {
				eventLoop.shutdownGracefully();
			}
		});
	}

	private CompletionStage<StatefulConnection<?, ?>> open(RedisCodec<?, ?> codec,
			@Nullable DrivenEventLoop eventLoop) {
		return firstLook().thenCompose((ignored) -> connect(codec, eventLoop)).thenApply((connection) -> {
			if (this.readFrom != null) {
				connection.setReadFrom(this.readFrom);
			}
			return connection;
		});
	}

	private <K, V> CompletableFuture<StatefulRedisClusterConnection<K, V>> connect(RedisCodec<K, V> codec,
			@Nullable DrivenEventLoop eventLoop) {
		DRIVEN.set(eventLoop);
		try {
			return connectAsync(codec);
		}
		finally {
			DRIVEN.remove();
		}
	}

	/**
	 * Connections that are opened at the same time share one look at the topology. One
	 * that failed is repeated for the next connection.
	 */
	private CompletableFuture<?> firstLook() {
		CompletableFuture<?> known = this.known.get();
		if (known != null && !known.isCompletedExceptionally()) {
			return known;
		}
		CompletableFuture<Void> look = new CompletableFuture<>();
		if (!this.known.compareAndSet(known, look)) {
			return firstLook();
		}
		Attempts.begin(this::refreshPartitionsAsync).whenComplete((ignored, ex) -> {
			if (ex != null) {
				look.completeExceptionally(ex);
			}
			else {
				look.complete(null);
			}
		});
		return look;
	}

	@Override
	protected <V, K> StatefulRedisClusterConnectionImpl<K, V> newStatefulRedisClusterConnection(
			RedisChannelWriter channelWriter, ClusterPushHandler pushHandler, RedisCodec<K, V> codec, Duration timeout,
			Supplier<JsonParser> parser) {
		return new TrackedClusterConnection<>(channelWriter, pushHandler, codec, timeout, parser, this.credentials,
				this, DRIVEN.get());
	}

	@Override
	protected <K, V> StatefulRedisConnectionImpl<K, V> newStatefulRedisConnection(RedisChannelWriter channelWriter,
			PushHandler pushHandler, RedisCodec<K, V> codec, Duration timeout, Supplier<JsonParser> parser) {
		CompositeConnection owner = Routing.current(codec, this);
		return (owner != null)
				? new NodeConnection<>(DeadlineWriter.insteadOf(channelWriter, getOptions(), getResources()),
						pushHandler, codec, timeout, parser, owner, owner.tracker())
				: super.newStatefulRedisConnection(channelWriter, pushHandler, codec, timeout, parser);
	}

	@Override
	protected <K, V, T extends RedisChannelHandler<K, V>> ConnectionFuture<T> initializeChannelAsync(
			ConnectionBuilder builder) {
		boolean node = builder.connection() instanceof NodeConnection<?, ?>;
		if (node) {
			builder.socketAddressSupplier(builder.socketAddress().doOnNext(this.unreachable::check));
		}
		DrivenEventLoop eventLoop = eventLoop(builder.connection());
		if (eventLoop != null) {
			builder.bootstrap(builder.bootstrap().clone(eventLoop));
		}
		ConnectionFuture<T> connected = Activation.await(builder, this.connectTimeout, super::initializeChannelAsync);
		connected.whenComplete((connection, ex) -> {
			SocketAddress address = connected.getRemoteAddress();
			Throwable cause = (ex != null) ? FailedCommands.unwrap(ex) : null;
			// There is no address if nothing was tried.
			if (address != null && !(cause instanceof CancellationException)) {
				this.unreachable.tried(address, cause, node);
			}
		});
		return connected.thenCompose(
				(connection, ex) -> (ex != null) ? CompletableFuture.failedFuture(translated(FailedCommands.unwrap(ex)))
						: CompletableFuture.completedFuture(connection));
	}

	private static @Nullable DrivenEventLoop eventLoop(RedisChannelHandler<?, ?> connection) {
		if (connection instanceof NodeConnection<?, ?> node) {
			return node.eventLoop();
		}
		return (connection instanceof TrackedClusterConnection<?, ?> tracked) ? tracked.eventLoop() : null;
	}

	/**
	 * Lettuce fails with whatever the network fails with, which Spring Data does not take
	 * for an exception of Redis.
	 */
	private static Throwable translated(Throwable cause) {
		return (cause instanceof IOException) ? new RedisConnectionException(cause.getMessage(), cause) : cause;
	}

	/**
	 * The nodes that cannot be reached now.
	 * @return what connecting failed with last, by address
	 */
	public Map<String, Throwable> lost() {
		return this.unreachable.lost();
	}

	/**
	 * Returns whether a node that could not be reached will have left the cluster.
	 * @param address the node's address
	 * @return whether nobody has tried to reach it for long
	 */
	public boolean isGone(String address) {
		return this.unreachable.isGone(address);
	}

	/**
	 * A topology that has changed may go on changing, for instance slot by slot. Whoever
	 * sends nothing to those slots is not told by a redirection.
	 */
	@Override
	public CompletionStage<Void> refreshPartitionsAsync() {
		CompletableFuture<?> known = this.known.get();
		if (known == null || !known.isDone() || known.isCompletedExceptionally()) {
			return look();
		}
		Partitions before = getPartitions().clone();
		return look().thenRun(() -> {
			if (TopologyComparators.isChanged(before, getPartitions())) {
				trouble();
			}
		});
	}

	private CompletionStage<Void> look() {
		CompletableFuture<Void> look = super.refreshPartitionsAsync().toCompletableFuture();
		this.looks.removeIf(CompletableFuture::isDone);
		this.looks.add(look);
		return look;
	}

	/**
	 * A node cannot be reached, or the topology changes: looks at it for a while.
	 */
	void trouble() {
		this.troubleNanos = System.nanoTime();
		if (this.adaptive && !this.stopped && this.watching.compareAndSet(false, true)) {
			watch();
		}
	}

	private void watch() {
		if (this.stopped || getResources().eventExecutorGroup().isShuttingDown()) {
			return;
		}
		Attempts.begin(this::refreshPartitionsAsync).whenComplete((ignored, ex) -> {
			if (System.nanoTime() - this.troubleNanos < WATCH_TIME.toNanos()) {
				getResources().eventExecutorGroup()
					.schedule(this::watch, REFRESH_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
			}
			else {
				this.watching.set(false);
			}
		});
	}

	/**
	 * Waits a little for looks at the topology that are under way: they would warn of
	 * each connection that is closed before they close it.
	 */
	@Override
	public CompletableFuture<Void> shutdownAsync(long quietPeriod, long timeout, TimeUnit timeUnit) {
		this.stopped = true;
		return CompletableFuture.allOf(this.looks.toArray(CompletableFuture[]::new))
			.completeOnTimeout(null, LAST_LOOK.toMillis(), TimeUnit.MILLISECONDS)
			.handle((ignored, ex) -> super.shutdownAsync(quietPeriod, timeout, timeUnit))
			.thenCompose(Function.identity());
	}

	/**
	 * Lets Lettuce let go of connections to nodes that are taken out of the topology:
	 * that is the only way to be rid of one that was lost.
	 */
	private static final class Refresh extends ClusterTopologyRefreshOptions {

		private Refresh(ClusterTopologyRefreshOptions options) {
			super(options);
		}

		@Override
		public boolean isCloseStaleConnections() {
			return true;
		}

	}

}
