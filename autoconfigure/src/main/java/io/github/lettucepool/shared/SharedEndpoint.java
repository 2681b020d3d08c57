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

package io.github.lettucepool.shared;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.protocol.MaintenanceAwareConnectionWatchdog;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.netty.channel.Channel;
import io.netty.util.concurrent.ScheduledFuture;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

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
final class SharedEndpoint extends DefaultEndpoint {

	private static final Log logger = LogFactory.getLog(SharedEndpoint.class);

	private static final Queue<RedisCommand<?, ?, ?>> NONE = new ArrayDeque<>();

	private final Predicate<RedisCommand<?, ?, ?>> replay;

	private static final Duration READ_ONLY_INTERVAL = Duration.ofSeconds(1);

	private final boolean queueing;

	private final Duration relaxedTimeout;

	private volatile @Nullable Link link;

	private volatile boolean autoFlush = true;

	private volatile boolean expires;

	private volatile Duration commandTimeout = Duration.ZERO;

	private volatile long readOnlyNanos = System.nanoTime() - READ_ONLY_INTERVAL.toNanos();

	private volatile boolean maintenance;

	private volatile long relaxedUntil = System.nanoTime();

	/**
	 * Creates an endpoint.
	 * @param clientOptions the client's options
	 * @param clientResources the client's resources
	 * @param replay which commands may be sent again
	 */
	SharedEndpoint(ClientOptions clientOptions, ClientResources clientResources,
			Predicate<RedisCommand<?, ?, ?>> replay) {
		super(clientOptions, clientResources);
		this.replay = replay;
		this.queueing = clientOptions.getRequestQueueSize() == Integer.MAX_VALUE;
		this.relaxedTimeout = clientOptions.getTimeoutOptions().getRelaxedTimeout();
	}

	/**
	 * Makes the endpoint see to it that commands end in time.
	 */
	void takeOverExpiry() {
		this.expires = true;
	}

	/**
	 * Sets how long a command may wait for its reply.
	 * @param timeout the timeout; zero for no limit
	 */
	void setCommandTimeout(Duration timeout) {
		this.commandTimeout = timeout;
		Link link = this.link;
		if (link != null) {
			link.channel.eventLoop().execute(() -> link.watch(timeout));
		}
	}

	/**
	 * Whether a command ends within a time, with its reply or without, and nobody else
	 * needs to watch that.
	 * @param nanos the time in nanoseconds
	 * @return whether it does
	 */
	boolean expiresWithin(long nanos) {
		long timeout = this.commandTimeout.toNanos();
		return this.expires && timeout > 0 && timeout <= nanos;
	}

	/**
	 * Says that the server announced maintenance: until it is over, commands may take
	 * longer.
	 */
	void maintenanceStarted() {
		this.maintenance = true;
	}

	/**
	 * Says that the announced maintenance is over; what was sent meanwhile may still take
	 * longer.
	 */
	void maintenanceCompleted() {
		this.relaxedUntil = System.nanoTime() + Math.max(0, this.relaxedTimeout.toNanos());
		this.maintenance = false;
	}

	/**
	 * How many commands were sent and are not answered. Read without synchronization from
	 * what the event loop writes: good enough to compare two connections.
	 * @return the number
	 */
	int inFlight() {
		Link link = this.link;
		return (link != null) ? link.underWay.size() : 0;
	}

	/**
	 * Takes notice of an error. A server that answers READONLY was a master and is none
	 * any more: the connection is opened again, to where the master is now, at most once
	 * a second.
	 * @param error what the server answered
	 */
	void answered(String error) {
		Link link = this.link;
		long now = System.nanoTime();
		if (link != null && error.startsWith("READONLY") && now - this.readOnlyNanos > READ_ONLY_INTERVAL.toNanos()) {
			this.readOnlyNanos = now;
			link.channel.close();
		}
	}

	@Override
	public void setAutoFlushCommands(boolean autoFlush) {
		this.autoFlush = autoFlush;
		super.setAutoFlushCommands(autoFlush);
	}

	@Override
	public <K, V, T> RedisCommand<K, V, T> write(RedisCommand<K, V, T> command) {
		Link link = this.link;
		if (link == null || !link.channel.isActive()) {
			command.completeExceptionally(WriteQueue.notConnected());
			return command;
		}
		if (!takesWritesOf(link)) {
			expireLater(List.of(command));
			return super.write(command);
		}
		link.writes.add(command);
		return command;
	}

	@Override
	@SuppressWarnings("unchecked")
	public <K, V> Collection<RedisCommand<K, V, ?>> write(Collection<? extends RedisCommand<K, V, ?>> commands) {
		Link link = this.link;
		if (link == null || !link.channel.isActive()) {
			commands.forEach((command) -> command.completeExceptionally(WriteQueue.notConnected()));
		}
		else if (takesWritesOf(link)) {
			commands.forEach(link.writes::add);
		}
		else {
			expireLater(List.copyOf(commands));
			return super.write(commands);
		}
		return (Collection<RedisCommand<K, V, ?>>) commands;
	}

	private boolean takesWritesOf(Link link) {
		return this.queueing && this.autoFlush && !isClosed()
				&& !link.channel.hasAttr(MaintenanceAwareConnectionWatchdog.REBIND_ATTRIBUTE);
	}

	private void expireLater(List<? extends RedisCommand<?, ?, ?>> commands) {
		Duration timeout = this.commandTimeout;
		if (this.expires && !timeout.isZero()) {
			getClientResources().timer()
				.newTimeout((task) -> commands.forEach((command) -> CommandExpiry.expire(command, timeout)),
						timeout.toNanos(), TimeUnit.NANOSECONDS);
		}
	}

	@Override
	public void notifyChannelActive(Channel channel) {
		Link link = new Link(channel);
		this.link = link;
		super.notifyChannelActive(channel);
		link.watch(this.commandTimeout);
		if (this.expires) {
			link.guard();
		}
	}

	@Override
	public void notifyChannelInactive(Channel channel) {
		Link link = this.link;
		if (link != null && link.channel == channel) {
			this.link = null;
			link.lost();
		}
		super.notifyChannelInactive(channel);
	}

	/**
	 * What belongs to one channel of the connection; a reconnect begins another one.
	 */
	private final class Link {

		private final Channel channel;

		private final Queue<RedisCommand<?, ?, ?>> underWay;

		private final WriteQueue writes;

		private final CommandExpiry expiry;

		private @Nullable ScheduledFuture<?> look;

		private volatile long lastLook;

		private volatile boolean lost;

		private Link(Channel channel) {
			CommandHandler handler = channel.pipeline().get(CommandHandler.class);
			this.channel = channel;
			this.underWay = (handler != null) ? handler.getStack() : NONE;
			this.expiry = new CommandExpiry(this.underWay);
			this.writes = new WriteQueue(channel, this.expiry::sent);
		}

		/**
		 * On the event loop.
		 */
		private void watch(Duration timeout) {
			unwatch();
			if (!SharedEndpoint.this.expires || timeout.isZero() || !this.channel.isActive()) {
				return;
			}
			this.expiry.start();
			long interval = CommandExpiry.interval(timeout).toNanos();
			this.lastLook = System.nanoTime();
			this.look = this.channel.eventLoop().scheduleWithFixedDelay(() -> {
				this.lastLook = System.nanoTime();
				this.expiry.expire(this.lastLook, relaxed(timeout));
			}, interval, interval, TimeUnit.NANOSECONDS);
		}

		private void unwatch() {
			if (this.look != null) {
				this.look.cancel(false);
				this.look = null;
			}
		}

		/**
		 * On a thread that nobody blocks: if the event loop does not look, because
		 * somebody blocks it, this does. What it sees then may be incomplete, and is
		 * looked at again.
		 */
		private void guard() {
			if (this.lost) {
				return;
			}
			Duration timeout = SharedEndpoint.this.commandTimeout;
			Duration interval = CommandExpiry.interval(timeout);
			long age = System.nanoTime() - this.lastLook;
			if (!timeout.isZero() && age > relaxed(timeout).plus(interval.multipliedBy(2)).toNanos()) {
				logger.warn("The event loop of a shared connection has been blocked for %d ms; its commands time out"
					.formatted(age / 1_000_000));
				this.writes.expire(timeout);
				for (Object command : this.underWay.toArray()) {
					if (command instanceof RedisCommand<?, ?, ?> sent) {
						CommandExpiry.expire(sent, timeout);
					}
				}
			}
			getClientResources().timer()
				.newTimeout((task) -> guard(), Math.max(100, interval.toMillis()), TimeUnit.MILLISECONDS);
		}

		private Duration relaxed(Duration timeout) {
			boolean relax = SharedEndpoint.this.maintenance || System.nanoTime() - SharedEndpoint.this.relaxedUntil < 0;
			return (relax && !SharedEndpoint.this.relaxedTimeout.isNegative())
					? timeout.plus(SharedEndpoint.this.relaxedTimeout) : timeout;
		}

		/**
		 * On the event loop, before Lettuce takes what is left for sending it again.
		 */
		private void lost() {
			this.lost = true;
			unwatch();
			List<RedisCommand<?, ?, ?>> again = new ArrayList<>();
			for (RedisCommand<?, ?, ?> command : this.underWay) {
				if (SharedEndpoint.this.replay.test(command)) {
					again.add(command);
				}
				else {
					command.completeExceptionally(
							new RedisConnectionException("The connection was lost before the reply to "
									+ command.getType() + " arrived; it is not known whether it took effect"));
				}
			}
			if (!again.isEmpty()) {
				// Nobody counts them until they are sent again.
				expireLater(again);
			}
		}

	}

}
