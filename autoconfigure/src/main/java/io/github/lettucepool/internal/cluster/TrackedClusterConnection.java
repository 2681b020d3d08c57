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
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterPushHandler;
import io.lettuce.core.cluster.RedisAdvancedClusterAsyncCommandsImpl;
import io.lettuce.core.cluster.StatefulRedisClusterConnectionImpl;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.models.partitions.Partitions;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.json.JsonParser;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.ConnectionIntent;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.driven.DrivenEventLoop;
import io.github.lettucepool.internal.lettuce.CommandEffect;
import io.github.lettucepool.internal.lettuce.CompositeConnection;
import io.github.lettucepool.internal.lettuce.ConnectionTracker;
import io.github.lettucepool.internal.lettuce.NodeConnection;
import io.github.lettucepool.internal.lettuce.PatientCommand;
import io.github.lettucepool.internal.lettuce.Routing;
import io.github.lettucepool.internal.lettuce.TrackedCommand;
import io.github.lettucepool.internal.transport.FailedCommands;
import io.github.lettucepool.internal.transport.InFlight;
import io.github.lettucepool.internal.transport.Ordered;
import io.github.lettucepool.internal.transport.SendOrder;

/**
 * A connection to a cluster that tracks its commands, wherever they are routed.
 */
public final class TrackedClusterConnection<K, V> extends StatefulRedisClusterConnectionImpl<K, V>
		implements CompositeConnection, ConnectionTracker.Router, InFlight, Ordered {

	private static final Duration TRY_INTERVAL = Duration.ofMillis(10);

	private static final int MAX_TRIES = 200;

	private final ConnectionTracker tracker;

	private final OpenNodes nodes = new OpenNodes();

	private final PooledClusterClient client;

	private final Reauthentication reauthentication;

	private final @Nullable DrivenEventLoop eventLoop;

	private volatile boolean nodeLost;

	private volatile @Nullable SendOrder order;

	private volatile boolean activating;

	private volatile boolean closing;

	/**
	 * Creates a connection.
	 * @param writer where commands go
	 * @param pushHandler takes messages of the servers
	 * @param codec the codec
	 * @param timeout how long commands may take
	 * @param jsonParser reads JSON
	 * @param credentials tells of new credentials, or {@code null} if there are none
	 * @param client opens it, and is told that a node cannot be reached
	 * @param eventLoop what its user drives, all its parts included; {@code null} if
	 * event loops of the ordinary kind serve them. Ends with the connection
	 */
	TrackedClusterConnection(RedisChannelWriter writer, ClusterPushHandler pushHandler, RedisCodec<K, V> codec,
			Duration timeout, Supplier<JsonParser> jsonParser, @Nullable RedisCredentialsProvider credentials,
			PooledClusterClient client, @Nullable DrivenEventLoop eventLoop) {
		super(writer, pushHandler, codec, timeout, jsonParser);
		this.client = client;
		this.eventLoop = eventLoop;
		this.reauthentication = new Reauthentication(credentials, writer);
		this.tracker = new ConnectionTracker(this);
	}

	@Override
	protected RedisAdvancedClusterAsyncCommandsImpl<K, V> newRedisAdvancedClusterAsyncCommandsImpl() {
		return new RedisAdvancedClusterAsyncCommandsImpl<>((StatefulRedisClusterConnection<K, V>) this, this.codec,
				this.parser) {

			@Override
			public <T> AsyncCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
				PatientCommand<K, V, T> patient = new PatientCommand<>(command, TrackedClusterConnection.this);
				TrackedClusterConnection.this.dispatch((RedisCommand<K, V, T>) patient);
				return patient;
			}

		};
	}

	@Override
	public void activated() {
		// Lettuce asks the node for its name. Nobody waits for the answer.
		this.activating = true;
		try {
			super.activated();
		}
		finally {
			this.activating = false;
		}
		this.reauthentication.begin();
	}

	/**
	 * A shared one goes on without the socket that Lettuce opens first, to any node:
	 * commands with keys do not need it.
	 */
	@Override
	public boolean isOpen() {
		return !this.nodeLost && (super.isOpen() || (isShared() && !this.closing && !this.nodes.isEmpty()));
	}

	@Override
	public @Nullable DrivenEventLoop eventLoop() {
		return this.closing ? null : this.eventLoop;
	}

	@Override
	public void deactivated() {
		super.deactivated();
		this.reauthentication.end();
		if (!this.closing) {
			this.client.trouble();
		}
	}

	@Override
	public <T> RedisCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
		if (this.activating) {
			return super.dispatch(command);
		}
		if (!isSendable(command)) {
			return command;
		}
		CompositeConnection before = Routing.begin(this);
		try {
			return super.dispatch(this.tracker.track(command));
		}
		finally {
			Routing.end(before);
		}
	}

	@Override
	public Collection<RedisCommand<K, V, ?>> dispatch(Collection<? extends RedisCommand<K, V, ?>> commands) {
		List<RedisCommand<K, V, ?>> tracked = new ArrayList<>(commands.size());
		commands.forEach((command) -> tracked.add(this.tracker.track(command)));
		routed(() -> super.dispatch(tracked));
		return List.copyOf(commands);
	}

	@Override
	public StatefulRedisConnection<K, V> getConnection(String nodeId, ConnectionIntent intent) {
		return routed(() -> super.getConnection(nodeId, intent));
	}

	@Override
	public CompletableFuture<StatefulRedisConnection<K, V>> getConnectionAsync(String nodeId, ConnectionIntent intent) {
		return routed(() -> super.getConnectionAsync(nodeId, intent));
	}

	@Override
	public StatefulRedisConnection<K, V> getConnection(String host, int port, ConnectionIntent intent) {
		return routed(() -> super.getConnection(host, port, intent));
	}

	@Override
	public CompletableFuture<StatefulRedisConnection<K, V>> getConnectionAsync(String host, int port,
			ConnectionIntent intent) {
		return routed(() -> super.getConnectionAsync(host, port, intent));
	}

	@Override
	public void setAutoFlushCommands(boolean autoFlush) {
		this.tracker.autoFlush(autoFlush);
		super.setAutoFlushCommands(autoFlush);
	}

	@Override
	public CompletableFuture<Void> closeAsync() {
		return this.tracker.endLease() ? CompletableFuture.completedFuture(null) : closeForGood();
	}

	@Override
	public ConnectionTracker tracker() {
		return this.tracker;
	}

	@Override
	public int inFlight() {
		return this.tracker.outstanding();
	}

	/**
	 * The loss of a node is no reason to close it from now on, and a reply that is late
	 * meets only its own command.
	 */
	@Override
	public void share(SendOrder order) {
		this.order = order;
	}

	private boolean isShared() {
		return this.order != null;
	}

	/**
	 * A shared connection takes harmless commands only, and knows which of them are under
	 * way that nobody may wait for.
	 */
	@Override
	public boolean isSendable(RedisCommand<?, ?, ?> command) {
		SendOrder order = this.order;
		if (order != null && !CommandEffect.isHarmless(command)) {
			FailedCommands.fail(command, CommandEffect.refusal(command));
			return false;
		}
		if (order != null && !(command instanceof PatientCommand)) {
			order.underWay(Thread.currentThread(), this, command);
		}
		return true;
	}

	@Override
	public CompletableFuture<Void> closeForGood() {
		this.closing = true;
		this.nodes.closeLeaving();
		// Lettuce would warn of it.
		CompletableFuture<Void> closed = isClosed() ? CompletableFuture.completedFuture(null) : super.closeAsync();
		DrivenEventLoop eventLoop = this.eventLoop;
		if (eventLoop != null) {
			eventLoop.shutdownGracefully();
		}
		return closed;
	}

	@Override
	public PooledClusterClient client() {
		return this.client;
	}

	@Override
	public void nodeOpened(NodeConnection<?, ?> node) {
		this.nodes.opened(node);
	}

	@Override
	public void nodeClosed(NodeConnection<?, ?> node) {
		this.nodes.closed(node);
	}

	@Override
	public boolean nodeLeft(NodeConnection<?, ?> node) {
		if (this.closing) {
			return false;
		}
		this.nodes.leave(node, getTimeout(), getResources().eventExecutorGroup());
		return true;
	}

	@Override
	public void nodeLost(@Nullable SocketAddress address) {
		if (this.closing) {
			return;
		}
		this.client.trouble();
		if (isShared()) {
			forgetSoon(address);
		}
		else {
			this.nodeLost = true;
		}
	}

	/**
	 * Not here: Lettuce tells of the loss under a lock of the lost connection, and to
	 * forget it takes those of others.
	 */
	private void forgetSoon(@Nullable SocketAddress address) {
		try {
			getResources().eventExecutorGroup().execute(() -> forget(address));
		}
		catch (RejectedExecutionException ex) {
			// The application stops.
		}
	}

	/**
	 * Lets the next command to a node open a new connection. Lettuce keeps the lost one
	 * for as long as the node is in the topology: so it is taken out for a moment.
	 */
	private synchronized void forget(@Nullable SocketAddress address) {
		Partitions all = getPartitions();
		Partitions others = this.nodes.without(all, address);
		if (others != all) {
			setPartitions(others);
			setPartitions(all);
		}
	}

	@Override
	public void unanswered(Throwable cause) {
		if (this.closing) {
			return;
		}
		// The failure of an output, which may be anything else, says nothing of
		// nodes.
		if (cause instanceof RedisException || cause instanceof IOException) {
			this.client.trouble();
		}
	}

	@Override
	public void timedOut() {
		// An exclusive connection is closed after a timeout in any case.
		if (isShared() && !this.closing) {
			this.nodes.ask(getTimeout());
		}
	}

	@Override
	public boolean awaitsLateReplies() {
		return !isShared();
	}

	/**
	 * While a slot moves, some keys of one command may be here and some there. And a node
	 * that has left the cluster does not know any more where its slots went. Both last
	 * for a moment.
	 */
	@Override
	public boolean sendAgain(TrackedCommand<?, ?, ?> command) {
		CommandOutput<?, ?, ?> output = command.getOutput();
		String error = (output != null) ? output.getError() : null;
		boolean left = error != null && error.startsWith("CLUSTERDOWN Hash slot not served");
		if (error == null || !(left || error.startsWith("TRYAGAIN")) || command.isCancelled()
				|| command.sentAgain() > MAX_TRIES) {
			return false;
		}
		if (left) {
			this.client.trouble();
		}
		output.setError((String) null);
		getResources().eventExecutorGroup()
			.schedule(() -> routed(() -> getChannelWriter().write(command)), TRY_INTERVAL.toMillis(),
					TimeUnit.MILLISECONDS);
		return true;
	}

}
