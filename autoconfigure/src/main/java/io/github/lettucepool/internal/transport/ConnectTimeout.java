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
package io.github.lettucepool.internal.transport;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;

import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.protocol.RedisHandshakeHandler;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;

/**
 * The time that opening a connection may take.
 * <p>
 * The peer has this time, and not this process: on a starved machine, or while classes
 * are loaded, an answer has arrived long before an event loop gets to it. So the time is
 * counted in steps, each of which the executor and the event loops have to take. A step
 * that is late counts as one. Thread-safe.
 */
public final class ConnectTimeout {

	static final int STEPS = 10;

	/**
	 * A wait takes so many times its time at most, even if an event loop never runs.
	 */
	private static final int LONGEST = 10;

	/**
	 * Even if an event loop never runs, opening is not given up before this.
	 */
	private static final Duration LONGEST_AT_LEAST = Duration.ofSeconds(30);

	private final String servers;

	private final Duration duration;

	private final Executor executor;

	private final Set<EventLoop> eventLoops = ConcurrentHashMap.newKeySet();

	private final Set<Channel> opening = ConcurrentHashMap.newKeySet();

	/**
	 * Creates a timeout.
	 * @param servers where Redis is, for messages
	 * @param duration how long, handshake included
	 * @param executor where connecting begins
	 */
	public ConnectTimeout(String servers, Duration duration, Executor executor) {
		this.servers = servers;
		this.duration = duration;
		this.executor = executor;
	}

	/**
	 * The place of Redis.
	 * @return for messages
	 */
	public String servers() {
		return this.servers;
	}

	/**
	 * Returns how long opening may take.
	 * @return the time, handshake included
	 */
	public Duration duration() {
		return this.duration;
	}

	/**
	 * Returns how long opening takes at most, even if an event loop never runs.
	 * @return the time
	 */
	public Duration longest() {
		return longest(this.duration);
	}

	static Duration longest(Duration time) {
		Duration longest = time.multipliedBy(LONGEST);
		return (longest.compareTo(LONGEST_AT_LEAST) < 0) ? LONGEST_AT_LEAST : longest;
	}

	/**
	 * Returns whether the current thread is one that connects: it must not wait for a
	 * connection.
	 * @return whether it is
	 */
	public boolean isConnectingThread() {
		return this.eventLoops.stream().anyMatch(EventLoop::inEventLoop)
				|| (this.executor instanceof EventExecutorGroup group
						&& StreamSupport.stream(group.spliterator(), false).anyMatch(EventExecutor::inEventLoop));
	}

	/**
	 * Bounds the time in which a connection is opened, from now on.
	 * @param <T> the type of the connection
	 * @param opened completes when it is open; fails with {@link #tooLate()}
	 * @return the same
	 */
	public <T> CompletableFuture<T> bound(CompletableFuture<T> opened) {
		bound(opened, this.duration, longest(), this::tooLate);
		return translated(opened);
	}

	/**
	 * Ends an attempt to connect: whoever waits gets the connection or the error. A
	 * connection that comes when nobody waits any more is closed.
	 * @param awaited what is waited for
	 * @param connection the connection, or {@code null} if there is none
	 * @param error what connecting failed with, or {@code null}
	 * @param <T> the type of the connection
	 */
	public static <T extends StatefulConnection<?, ?>> void complete(CompletableFuture<T> awaited,
			@Nullable T connection, @Nullable Throwable error) {
		if (error != null) {
			awaited.completeExceptionally(error);
		}
		else if (connection != null && !awaited.complete(connection)) {
			connection.closeAsync();
		}
	}

	/**
	 * Netty and the handshake have the same limit for a part of opening, and any may be
	 * found first.
	 * @param <T> the type of the connection
	 * @param opened completes when it is open
	 * @return the same, with {@link #tooLate()} for each
	 */
	public <T> CompletableFuture<T> translated(CompletableFuture<T> opened) {
		return opened.exceptionallyCompose((ex) -> CompletableFuture.failedFuture(isTooLate(ex) ? tooLate() : ex));
	}

	private static boolean isTooLate(Throwable error) {
		return NestedExceptionUtils.getMostSpecificCause(error) instanceof ConnectTimeoutException;
	}

	/**
	 * Bounds a wait for connections, from now on.
	 * @param <T> the type of the result
	 * @param awaited completes when it is over; fails with the error
	 * @param time how long it may take
	 * @param tooLate makes the error
	 * @return the same
	 */
	public <T> CompletableFuture<T> bound(CompletableFuture<T> awaited, Duration time,
			Supplier<? extends Throwable> tooLate) {
		bound(awaited, time, time.multipliedBy(LONGEST), tooLate);
		return awaited;
	}

	private void bound(CompletableFuture<?> awaited, Duration time, Duration longest,
			Supplier<? extends Throwable> tooLate) {
		if (!awaited.isDone()) {
			CompletableFuture<Void> over = new CompletableFuture<Void>().orTimeout(longest.toNanos(),
					TimeUnit.NANOSECONDS);
			over.whenComplete((ignored, late) -> {
				if (late != null && !awaited.isDone()) {
					awaited.completeExceptionally(tooLate.get());
				}
			});
			awaited.whenComplete((ignored, ex) -> over.complete(null));
			step(over, Math.max(1, time.toNanos() / STEPS), STEPS);
		}
	}

	private void step(CompletableFuture<Void> over, long nanos, int left) {
		CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS, this.executor).execute(() -> {
			if (!over.isDone()) {
				takeTurns().whenComplete((ignored, ex) -> {
					if (left > 1) {
						step(over, nanos, left - 1);
					}
					else {
						over.completeExceptionally(new TimeoutException());
					}
				});
			}
		});
	}

	/**
	 * Completes when each event loop has dealt with what had arrived before.
	 */
	private CompletableFuture<?> takeTurns() {
		Set<EventLoop> all = new HashSet<>(this.eventLoops);
		this.opening.forEach((channel) -> all.add(channel.eventLoop()));
		return CompletableFuture.allOf(all.stream().map(ConnectTimeout::turn).toArray(CompletableFuture[]::new));
	}

	/**
	 * Completes when an executor has done what it had to do before.
	 * @param executor the executor
	 * @return completes never exceptionally
	 */
	static CompletableFuture<Void> turn(Executor executor) {
		return Attempts.begin(() -> CompletableFuture.runAsync(() -> {
		}, executor)).exceptionally((ex) -> null);
	}

	/**
	 * Ends the handshake of a connection if the peer does not answer in time.
	 * @param channel the channel, which has an event loop
	 * @param registered completes on the event loop, before it connects
	 * @param time how long the handshake may take
	 */
	void watch(Channel channel, ChannelFuture registered, Duration time) {
		if (channel.eventLoop().parent() != null) {
			// One of a few, which may have more to do for this connection afterwards.
			this.eventLoops.add(channel.eventLoop());
		}
		this.opening.add(channel);
		channel.closeFuture().addListener((ignored) -> this.opening.remove(channel));
		registered.addListener((ignored) -> {
			RedisHandshakeHandler handler = channel.pipeline().get(RedisHandshakeHandler.class);
			if (handler != null) {
				CompletableFuture<Void> handshake = handler.channelInitialized().toCompletableFuture();
				handshake.whenComplete((success, ex) -> this.opening.remove(channel));
				step(channel, handshake, time, STEPS);
			}
		});
	}

	private void step(Channel channel, CompletableFuture<Void> handshake, Duration time, int left) {
		channel.eventLoop().schedule(() -> {
			if (handshake.isDone() || !channel.isOpen()) {
				return;
			}
			// Netty bounds the time until it is connected, on the event loop too.
			if (!channel.isActive() || left > 1) {
				step(channel, handshake, time, channel.isActive() ? left - 1 : left);
				return;
			}
			String message = "Connection initialization timed out after %d ms".formatted(time.toMillis());
			// Either limit may be found first: they say the same.
			handshake.completeExceptionally((time.compareTo(this.duration) < 0)
					? new RedisCommandTimeoutException(message) : new ConnectTimeoutException(message));
			channel.close();
		}, Math.max(1, time.toNanos() / STEPS), TimeUnit.NANOSECONDS);
	}

	/**
	 * The error for a connection that did not open in time.
	 * @return a new exception
	 */
	public TimeoutException tooLate() {
		return new TimeoutException("no connection to %s within the connect timeout (%d ms)".formatted(this.servers,
				this.duration.toMillis()));
	}

}
