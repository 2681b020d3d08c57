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
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.CommandEncoder;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.CompleteableCommand;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.protocol.MaintenanceAwareConnectionWatchdog;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.netty.util.Timeout;
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

	private static final AttributeKey<Link> LINK = AttributeKey.valueOf(SharedEndpoint.class, "link");

	private static final Queue<RedisCommand<?, ?, ?>> NONE = new ArrayDeque<>();

	private final Predicate<RedisCommand<?, ?, ?>> replay;

	private static final Duration READ_ONLY_INTERVAL = Duration.ofSeconds(1);

	private final boolean queueing;

	private final boolean reconnects;

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
		this.reconnects = clientOptions.isAutoReconnect();
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
			CommandExpiry.fail(command, WriteQueue.notConnected());
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
			commands.forEach((command) -> CommandExpiry.fail(command, WriteQueue.notConnected()));
		}
		else if (takesWritesOf(link)) {
			commands.forEach(link.writes::add);
		}
		else {
			expireLater(commands);
			return super.write(commands);
		}
		return (Collection<RedisCommand<K, V, ?>>) commands;
	}

	private boolean takesWritesOf(Link link) {
		return this.queueing && this.autoFlush && !isClosed()
				&& !link.channel.hasAttr(MaintenanceAwareConnectionWatchdog.REBIND_ATTRIBUTE);
	}

	/**
	 * Starts a timer for each command that is left to Lettuce.
	 */
	private void expireLater(Collection<? extends RedisCommand<?, ?, ?>> commands) {
		Duration timeout = this.commandTimeout;
		if (!this.expires || timeout.isZero()) {
			return;
		}
		for (RedisCommand<?, ?, ?> command : commands) {
			Timeout task = getClientResources().timer()
				.newTimeout((expired) -> expireElsewhere(command, timeout), timeout.toNanos(), TimeUnit.NANOSECONDS);
			if (command instanceof CompleteableCommand<?> completeable) {
				completeable.onComplete((result, ex) -> task.cancel());
			}
		}
	}

	/**
	 * Lets a command time out on a thread where those who wait for it may block.
	 */
	private void expireElsewhere(RedisCommand<?, ?, ?> command, Duration timeout) {
		try {
			getClientResources().eventExecutorGroup().execute(() -> CommandExpiry.expire(command, timeout));
		}
		catch (RejectedExecutionException ex) {
			CommandExpiry.expire(command, timeout);
		}
	}

	/**
	 * Takes a command that was not sent, since the connection broke. It waits for the
	 * next one if that is what its kind does after it was sent.
	 */
	private void unsent(RedisCommand<?, ?, ?> command) {
		if (!this.reconnects || isClosed() || !mayReplay(command)
				|| getClientResources().eventExecutorGroup().isShuttingDown()) {
			CommandExpiry.fail(command, WriteQueue.notConnected());
			return;
		}
		try {
			expireLater(List.of(command));
			super.write(command);
		}
		catch (RuntimeException ex) {
			CommandExpiry.fail(command, ex);
		}
	}

	private boolean mayReplay(RedisCommand<?, ?, ?> command) {
		try {
			return this.replay.test(command);
		}
		catch (RuntimeException ex) {
			logger.warn("The read-only commands of the client options failed at " + command.getType(), ex);
			return false;
		}
	}

	@Override
	public void notifyChannelActive(Channel channel) {
		Link link = new Link(channel);
		CommandEncoder encoder = channel.pipeline().get(CommandEncoder.class);
		if (encoder != null) {
			channel.pipeline().replace(encoder, null, new SharedEncoder(link.underWay));
		}
		channel.attr(LINK).set(link);
		this.link = link;
		super.notifyChannelActive(channel);
		link.watch(this.commandTimeout);
		if (this.expires) {
			link.guard();
		}
	}

	@Override
	public void notifyChannelInactive(Channel channel) {
		Link lost = channel.attr(LINK).getAndSet(null);
		if (lost != null) {
			if (this.link == lost) {
				this.link = null;
			}
			lost.lost();
		}
		if (this.maintenance) {
			// Its end would have been announced on this connection.
			maintenanceCompleted();
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

		private final CommandExpiry waitingExpiry;

		private volatile @Nullable ScheduledFuture<?> look;

		private volatile long lastLook = System.nanoTime();

		private volatile boolean ended;

		private boolean lost;

		private long reported;

		private Link(Channel channel) {
			CommandHandler handler = channel.pipeline().get(CommandHandler.class);
			this.channel = channel;
			this.underWay = (handler != null) ? handler.getStack() : NONE;
			this.writes = new WriteQueue(channel, SharedEndpoint.this::unsent);
			this.expiry = new CommandExpiry(this.underWay);
			this.waitingExpiry = new CommandExpiry(this.writes.waiting());
		}

		/**
		 * On the event loop, as all but the guard.
		 */
		private void watch(Duration timeout) {
			unwatch();
			if (!SharedEndpoint.this.expires || timeout.isZero() || !this.channel.isActive()) {
				return;
			}
			long interval = CommandExpiry.interval(timeout).toNanos();
			this.lastLook = System.nanoTime();
			ScheduledFuture<?> look = this.channel.eventLoop()
				.scheduleWithFixedDelay(() -> look(timeout), interval, interval, TimeUnit.NANOSECONDS);
			this.look = look;
			look.addListener((cancelled) -> {
				if (this.look == look) {
					// The event loop ends: nobody will answer or reconnect. Or it cannot
					// look any more: then it has to start anew.
					failAll(this.expiry.pending());
					this.ended = true;
					this.channel.close();
				}
			});
		}

		private void unwatch() {
			ScheduledFuture<?> look = this.look;
			this.look = null;
			if (look != null) {
				look.cancel(false);
			}
		}

		private void look(Duration timeout) {
			long now = System.nanoTime();
			this.lastLook = now;
			overdue(now, timeout).forEach((command) -> CommandExpiry.expire(command, timeout));
			this.expiry.note(now, relaxed(timeout));
			if (this.lost && this.expiry.pending().isEmpty()) {
				end();
			}
			RedisCommand<?, ?, ?> next = this.underWay.peek();
			if (next != null && next.isDone() && !this.channel.config().isAutoRead()) {
				// It stopped the reading until its subscriber asks for more, and will
				// not ask any more.
				this.channel.config().setAutoRead(true);
			}
		}

		private List<RedisCommand<?, ?, ?>> overdue(long now, Duration timeout) {
			List<RedisCommand<?, ?, ?>> overdue = this.expiry.overdue(now, timeout);
			Duration relaxed = relaxed(timeout);
			if (overdue.isEmpty() || relaxed.equals(timeout)) {
				return overdue;
			}
			// A caller who waits has its timeout, whatever the server does.
			overdue.removeIf((command) -> !isAwaited(command));
			overdue.addAll(this.expiry.overdue(now, relaxed));
			return overdue;
		}

		private boolean isAwaited(RedisCommand<?, ?, ?> command) {
			SharedCommand<?, ?, ?> shared = CommandWrapper.unwrap(command, SharedCommand.class);
			return shared != null && shared.isAwaited();
		}

		private Duration relaxed(Duration timeout) {
			boolean relax = SharedEndpoint.this.maintenance || System.nanoTime() - SharedEndpoint.this.relaxedUntil < 0;
			return (relax && !SharedEndpoint.this.relaxedTimeout.isNegative())
					? timeout.plus(SharedEndpoint.this.relaxedTimeout) : timeout;
		}

		/**
		 * On the timer's thread, which nobody blocks: if the event loop does not look,
		 * because somebody blocks it, this does.
		 */
		private void guard() {
			if (this.ended) {
				return;
			}
			Duration timeout = SharedEndpoint.this.commandTimeout;
			Duration interval = timeout.isZero() ? Duration.ofSeconds(1) : CommandExpiry.interval(timeout);
			try {
				if (!timeout.isZero() && this.look != null) {
					lookInsteadOfEventLoop(System.nanoTime(), timeout, interval);
				}
			}
			catch (RuntimeException ex) {
				// The event loop went on and changed what is looked at here.
				logger.debug("Looked for expired commands in vain", ex);
			}
			finally {
				getClientResources().timer().newTimeout((task) -> guard(), interval.toNanos(), TimeUnit.NANOSECONDS);
			}
		}

		private void lookInsteadOfEventLoop(long now, Duration timeout, Duration interval) {
			Set<RedisCommand<?, ?, ?>> overdue = new LinkedHashSet<>(this.waitingExpiry.overdue(now, timeout));
			this.waitingExpiry.note(now, timeout);
			long lastLook = this.lastLook;
			long blocked = now - lastLook;
			if (blocked > interval.toNanos() * 2) {
				overdue.addAll(overdue(now, timeout));
			}
			if (blocked > relaxed(timeout).plus(interval).toNanos()) {
				// They were sent before the event loop was to look again.
				overdue.addAll(this.expiry.pending());
			}
			if (overdue.isEmpty()) {
				return;
			}
			if (this.reported != lastLook) {
				this.reported = lastLook;
				logger.warn("The event loop of a shared connection has been blocked for %d ms; its commands time out"
					.formatted(TimeUnit.NANOSECONDS.toMillis(blocked)));
			}
			overdue.forEach((command) -> expireElsewhere(command, timeout));
		}

		/**
		 * Before Lettuce takes what is left for sending it again.
		 */
		private void lost() {
			this.lost = true;
			boolean reconnects = SharedEndpoint.this.reconnects && !this.channel.eventLoop().isShuttingDown();
			this.expiry.detach();
			failAll(this.expiry.pending().stream().filter((command) -> !reconnects || !mayReplay(command)).toList());
			if (this.look == null || this.expiry.pending().isEmpty()) {
				end();
			}
		}

		private void failAll(List<RedisCommand<?, ?, ?>> commands) {
			for (RedisCommand<?, ?, ?> command : commands) {
				CommandExpiry.fail(command, new RedisConnectionException("The connection was lost before the reply to "
						+ command.getType() + " arrived; it is not known whether it took effect"));
			}
		}

		private void end() {
			this.ended = true;
			unwatch();
		}

	}

}
