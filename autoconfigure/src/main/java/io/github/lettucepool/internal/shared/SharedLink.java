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
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.protocol.CommandEncoder;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.MaintenanceAwareConnectionWatchdog;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.ScheduledFuture;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.transport.Addresses;
import io.github.lettucepool.internal.transport.FailedCommands;
import io.github.lettucepool.internal.transport.WriteQueue;

/**
 * A shared connection from one connect to its loss; a reconnect begins another link. It
 * sends commands, lets those fail that are overdue, and, when it is lost, those that must
 * not be sent again.
 * <p>
 * The event loop looks for overdue commands. Should somebody block it, a guard on the
 * timer's thread does it instead.
 * <p>
 * The guard reads the event loop's queue of commands under way and its notes, which are
 * not made for two threads. It does so only once the event loop has missed two of its
 * looks, so nothing changes them but for the moment in which the event loop goes on. The
 * guard may then meet an exception (caught: the event loop looks again by itself), an
 * answered command (which stays as it is), or one command less (found by the next look).
 * It takes no command for overdue that is not: each stands before one that was noted a
 * whole timeout ago. The queue of commands that wait to be written is made for all
 * threads.
 */
final class SharedLink {

	private static final Log logger = LogFactory.getLog(SharedLink.class);

	private static final AttributeKey<SharedLink> LINK = AttributeKey.valueOf(SharedLink.class, "link");

	private static final Queue<RedisCommand<?, ?, ?>> NONE = new ArrayDeque<>();

	private final Channel channel;

	private final SharedTimeouts timeouts;

	private final Function<RedisCommand<?, ?, ?>, @Nullable RedisConnectionException> losses;

	private final Queue<RedisCommand<?, ?, ?>> underWay;

	private final WriteQueue writes;

	private final Silence silence = new Silence();

	private final CommandExpiry expiry;

	private final CommandExpiry waitingExpiry;

	private volatile @Nullable ScheduledFuture<?> look;

	private volatile long lastLook = System.nanoTime();

	private volatile boolean ended;

	private boolean lost;

	private long reported;

	/**
	 * Creates a link.
	 * @param channel a channel that is set up
	 * @param timeouts how long commands may take
	 * @param losses gives the error for a command that was lost, or {@code null} if it is
	 * sent again after a reconnect
	 * @param unsent takes the commands that were not sent when the connection broke
	 */
	SharedLink(Channel channel, SharedTimeouts timeouts,
			Function<RedisCommand<?, ?, ?>, @Nullable RedisConnectionException> losses,
			Consumer<RedisCommand<?, ?, ?>> unsent) {
		CommandHandler handler = channel.pipeline().get(CommandHandler.class);
		this.channel = channel;
		this.timeouts = timeouts;
		this.losses = losses;
		this.underWay = (handler != null) ? handler.getStack() : NONE;
		// A subscriber cancels what is inside: who waits for the end of the whole is to
		// hear of it too.
		this.writes = new WriteQueue(channel, unsent, RedisCommand::cancel);
		this.expiry = new CommandExpiry(this.underWay);
		this.waitingExpiry = new CommandExpiry(this.writes.waiting());
	}

	/**
	 * Prepares the channel.
	 */
	void open() {
		CommandEncoder encoder = this.channel.pipeline().get(CommandEncoder.class);
		if (encoder != null) {
			this.channel.pipeline().replace(encoder, null, new SharedEncoder(this.underWay));
		}
		this.channel.pipeline().addFirst(this.silence);
		this.channel.attr(LINK).set(this);
	}

	/**
	 * Begins to look for overdue commands.
	 */
	void startWatch() {
		watch();
		if (this.timeouts.isTakenOver()) {
			guard();
		}
	}

	/**
	 * Takes the link of a channel that became inactive.
	 * @param channel the channel
	 * @return its link, the first time
	 */
	static @Nullable SharedLink takeFrom(Channel channel) {
		return channel.attr(LINK).getAndSet(null);
	}

	boolean isActive() {
		return this.channel.isActive();
	}

	/**
	 * Returns whether the server announced that it moves. Lettuce then holds commands
	 * back until the connection has moved with it.
	 * @return whether it did
	 */
	boolean isMoving() {
		return this.channel.hasAttr(MaintenanceAwareConnectionWatchdog.REBIND_ATTRIBUTE);
	}

	void send(RedisCommand<?, ?, ?> command) {
		this.writes.add(command);
	}

	int inFlight() {
		return this.underWay.size();
	}

	@Nullable SocketAddress address() {
		return this.channel.remoteAddress();
	}

	/**
	 * Ends this connection; Lettuce opens another one.
	 */
	void close() {
		this.channel.close();
	}

	void timeoutChanged() {
		this.channel.eventLoop().execute(this::watch);
	}

	/**
	 * On the event loop, as all but the guard.
	 */
	private void watch() {
		unwatch();
		Duration timeout = this.timeouts.get();
		if (timeout.isZero() || !this.channel.isActive()) {
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
				this.expiry.pending().forEach((command) -> FailedCommands.fail(command, ReplayFilter.unknown(command)));
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
		overdue(now, timeout).forEach((command) -> FailedCommands.timedOut(command, timeout));
		this.expiry.note(now, this.timeouts.relaxed(timeout));
		if (this.lost && this.expiry.pending().isEmpty()) {
			end();
		}
		RedisCommand<?, ?, ?> next = this.underWay.peek();
		if (next != null && next.isDone() && !this.channel.config().isAutoRead()) {
			// It stopped the reading until its subscriber asks for more, and will
			// not ask any more.
			this.channel.config().setAutoRead(true);
		}
		boolean owing = next != null && this.channel.config().isAutoRead() && this.channel.isActive();
		if (this.silence.isTooLong(owing, now, this.timeouts.relaxed(timeout))) {
			logger.warn("%s owes replies and has been silent for longer than %d ms; the connection is opened anew"
				.formatted(Addresses.of(this.channel.remoteAddress()), timeout.toMillis()));
			close();
		}
	}

	private List<RedisCommand<?, ?, ?>> overdue(long now, Duration timeout) {
		List<RedisCommand<?, ?, ?>> overdue = this.expiry.overdue(now, timeout);
		Duration relaxed = this.timeouts.relaxed(timeout);
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

	/**
	 * On the timer's thread, which nobody blocks: if the event loop does not look,
	 * because somebody blocks it, this does.
	 */
	private void guard() {
		if (this.ended) {
			return;
		}
		Duration timeout = this.timeouts.get();
		Duration interval = timeout.isZero() ? Duration.ofSeconds(1) : CommandExpiry.interval(timeout);
		try {
			if (!timeout.isZero() && this.look != null) {
				lookInsteadOfEventLoop(System.nanoTime(), timeout, interval);
			}
		}
		catch (RuntimeException ex) {
			// The event loop went on and changed what is looked at here.
			logger.debug("Failed to look for expired commands", ex);
		}
		finally {
			this.timeouts.later(this::guard, interval);
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
		if (blocked > this.timeouts.relaxed(timeout).plus(interval).toNanos()) {
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
		overdue.forEach((command) -> this.timeouts.expireElsewhere(command, timeout));
	}

	/**
	 * Before Lettuce takes what is left for sending it again.
	 */
	void lost() {
		this.lost = true;
		boolean reconnects = !this.channel.eventLoop().isShuttingDown();
		this.expiry.detach();
		// Those that are not sent again.
		this.underWay.stream().filter(RedisCommand::isDone).forEach(RedisCommand::cancel);
		for (RedisCommand<?, ?, ?> command : this.expiry.pending()) {
			RedisConnectionException error = reconnects ? this.losses.apply(command) : ReplayFilter.unknown(command);
			if (error != null) {
				FailedCommands.fail(command, error);
			}
		}
		if (this.look == null || this.expiry.pending().isEmpty()) {
			end();
		}
	}

	private void end() {
		this.ended = true;
		unwatch();
	}

}
