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

package io.github.lettucepool.internal.shared;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.event.connection.ReconnectFailedEvent;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.netty.channel.Channel;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.internal.transport.Addresses;
import io.github.lettucepool.internal.transport.FailedCommands;
import io.github.lettucepool.internal.transport.PooledEndpoint;
import io.github.lettucepool.internal.transport.ReadOnlyErrors;
import io.github.lettucepool.internal.transport.WriteQueue;

/**
 * The end of a shared connection that faces its callers.
 * <p>
 * Lettuce's own keeps the commands that were under way when the connection broke, sends
 * all of them again after the reconnect (its replay filter is asked only for commands
 * that were never sent), and queues what comes meanwhile. This one fails what must not be
 * sent twice, and fails at once what is given to it while it is not connected.
 * <p>
 * Commands go through a {@link WriteQueue}, and time out by a {@link CommandExpiry},
 * which spares each of them a task of the event loop and a timer. Where the application
 * bounds Lettuce's request queue, or the server announced that it moves, Lettuce's own
 * way is taken.
 */
final class SharedEndpoint extends PooledEndpoint {

	private static final Log logger = LogFactory.getLog(SharedEndpoint.class);

	private static final Duration READ_ONLY_INTERVAL = Duration.ofSeconds(1);

	private final ReplayFilter replay;

	private final boolean reconnects;

	private final SharedTimeouts timeouts;

	private volatile @Nullable SharedLink link;

	private volatile long readOnlyNanos = System.nanoTime() - READ_ONLY_INTERVAL.toNanos();

	private volatile boolean saidMoved;

	private final Disposable.Swap failures = Disposables.swap();

	private volatile @Nullable SocketAddress destination;

	private volatile @Nullable RedisConnectionException reconnectError;

	/**
	 * Creates an endpoint.
	 * @param clientOptions the client's options
	 * @param clientResources the client's resources
	 * @param replay which commands may be sent again
	 */
	SharedEndpoint(ClientOptions clientOptions, ClientResources clientResources, ReplayFilter replay) {
		super(clientOptions, clientResources);
		this.replay = replay;
		this.reconnects = clientOptions.isAutoReconnect();
		this.timeouts = new SharedTimeouts(clientOptions, clientResources);
	}

	/**
	 * Returns how long commands may take.
	 * @return the timeouts, to be changed by {@link #setCommandTimeout} only
	 */
	SharedTimeouts timeouts() {
		return this.timeouts;
	}

	/**
	 * Sets how long a command may wait for its reply.
	 * @param timeout the timeout; zero for no limit
	 */
	void setCommandTimeout(Duration timeout) {
		this.timeouts.set(timeout);
		SharedLink link = this.link;
		if (link != null) {
			link.timeoutChanged();
		}
	}

	/**
	 * Returns how many commands were sent and are not answered. Read without
	 * synchronization from what the event loop writes: good enough to compare two
	 * connections.
	 * @return the number
	 */
	int inFlight() {
		SharedLink link = this.link;
		return (link != null) ? link.inFlight() : 0;
	}

	/**
	 * Takes notice of an error. A server that answers READONLY was a master and is none
	 * any more: the connection is opened again, to where the master is now, at most once
	 * a second. One that answers MOVED is a node of a cluster, which is said once.
	 * @param error what the server answered
	 */
	void answered(String error) {
		SharedLink link = this.link;
		long now = System.nanoTime();
		if (link != null && ReadOnlyErrors.isOne(error) && now - this.readOnlyNanos > READ_ONLY_INTERVAL.toNanos()) {
			this.readOnlyNanos = now;
			link.close();
		}
		else if (link != null && error.startsWith("MOVED ") && !this.saidMoved) {
			this.saidMoved = true;
			logger.warn(("%s is used as a single server but is a node of a cluster: it answered '%s'. "
					+ "A cluster has keys of its own, 'cluster.nodes' beside 'host' and 'port'")
				.formatted(Addresses.of(link.address()), error));
		}
	}

	/**
	 * Takes note where an attempt to connect leads. Lettuce tells of its failure with
	 * this very object, and with nothing else that would say whose attempt it was.
	 * @param destination the address
	 */
	void connecting(SocketAddress destination) {
		this.destination = destination;
	}

	/**
	 * The error of the last attempt to connect again.
	 * @return the error, or {@code null} if it is connected or there was no attempt
	 */
	@Nullable RedisConnectionException reconnectError() {
		return this.reconnectError;
	}

	private void reconnectFailed(ReconnectFailedEvent failure) {
		if (failure.remoteAddress() == this.destination) {
			this.reconnectError = new RedisConnectionException(
					"Unable to connect to " + Addresses.of(failure.remoteAddress()),
					FailedCommands.unwrap(failure.getCause()));
		}
	}

	private RedisConnectionException notConnected() {
		RedisConnectionException error = this.reconnectError;
		return (error != null) ? new RedisConnectionException(
				"The connection is lost and is being opened again: " + PoolConnectException.describe(error), error)
				: WriteQueue.notConnected();
	}

	@Override
	public <K, V, T> RedisCommand<K, V, T> write(RedisCommand<K, V, T> command) {
		SharedLink link = this.link;
		if (link == null || !link.isActive()) {
			FailedCommands.fail(command, notConnected());
			return command;
		}
		if (!isQueueing() || link.isMoving()) {
			this.timeouts.startTimer(command);
			return super.write(command);
		}
		link.send(command);
		return command;
	}

	@Override
	@SuppressWarnings("unchecked")
	public <K, V> Collection<RedisCommand<K, V, ?>> write(Collection<? extends RedisCommand<K, V, ?>> commands) {
		SharedLink link = this.link;
		if (link == null || !link.isActive()) {
			commands.forEach((command) -> FailedCommands.fail(command, notConnected()));
		}
		else if (isQueueing() && !link.isMoving()) {
			commands.forEach(link::send);
		}
		else {
			commands.forEach(this.timeouts::startTimer);
			return super.write(commands);
		}
		return (Collection<RedisCommand<K, V, ?>>) commands;
	}

	/**
	 * Takes a command that was not sent, since the connection broke. If its kind may be
	 * sent again after a loss, it waits for the reconnect; otherwise it fails.
	 */
	private void unsent(RedisCommand<?, ?, ?> command) {
		if (command.isDone()) {
			command.cancel();
			return;
		}
		if (isClosed() || !this.reconnects || !this.replay.test(command)
				|| getClientResources().eventExecutorGroup().isShuttingDown()) {
			FailedCommands.fail(command, notConnected());
			return;
		}
		try {
			this.timeouts.startTimer(command);
			super.write(command);
		}
		catch (RuntimeException ex) {
			FailedCommands.fail(command, ex);
		}
	}

	private @Nullable RedisConnectionException lost(RedisCommand<?, ?, ?> command) {
		return this.reconnects ? this.replay.lost(command) : ReplayFilter.unknown(command);
	}

	@Override
	public void notifyChannelActive(Channel channel) {
		this.failures.update(Disposables.disposed());
		this.reconnectError = null;
		SharedLink link = new SharedLink(channel, this.timeouts, this::lost, this::unsent);
		link.open();
		this.link = link;
		super.notifyChannelActive(channel);
		link.startWatch();
	}

	@Override
	public void notifyChannelInactive(Channel channel) {
		SharedLink lost = SharedLink.takeFrom(channel);
		if (lost != null) {
			if (this.link == lost) {
				this.link = null;
			}
			lost.lost();
		}
		if (this.reconnects && !isClosed()) {
			// At each attempt whose handshake fails, too.
			this.failures.update(getClientResources().eventBus()
				.get()
				.ofType(ReconnectFailedEvent.class)
				.subscribe(this::reconnectFailed, (ex) -> {
					// The client's resources have been shut down; nobody reconnects.
				}));
		}
		// Its end would have been announced on this connection.
		this.timeouts.maintenanceCompleted();
		super.notifyChannelInactive(channel);
	}

	@Override
	public CompletableFuture<Void> closeAsync() {
		this.failures.dispose();
		return super.closeAsync();
	}

}
