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

package io.github.lettucepool.internal.lowlatency;

import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.internal.driven.Drivers;

/**
 * Connections that take ordinary commands past the shared lane while few callers are
 * active. Each carries one command at a time, whose caller drives it. They are opened one
 * by one as so many callers are active at the same time.
 * <p>
 * Thread-safe. Nothing here waits.
 */
public final class LowLatencyConnections {

	private static final long READ_ONLY_NANOS = TimeUnit.SECONDS.toNanos(1);

	private final PoolSettings settings;

	private final LowLatencySlot[] slots;

	private final SecondTry secondTry;

	private final Crowd crowd;

	private final AtomicLong readOnlyNanos = new AtomicLong(System.nanoTime() - READ_ONLY_NANOS);

	private volatile boolean stopped;

	private volatile @Nullable ScheduledFuture<?> sweep;

	/**
	 * Creates them, none being open.
	 * @param callers how many there may be
	 * @param opener opens a connection that its caller drives
	 * @param settings the pool's settings
	 * @param listener hears of connections that are opened and closed
	 * @param inFlight how many commands are in flight in the shared lane
	 * @param secondTry sends again what was lost with its connection
	 */
	public LowLatencyConnections(int callers, Supplier<CompletionStage<StatefulConnection<?, ?>>> opener,
			PoolSettings settings, PoolListener listener, IntSupplier inFlight, SecondTry secondTry) {
		this.settings = settings;
		this.secondTry = secondTry;
		this.slots = IntStream.range(0, callers)
			.mapToObj((number) -> new LowLatencySlot(opener, settings, listener, this::demoted))
			.toArray(LowLatencySlot[]::new);
		this.crowd = new Crowd(callers, inFlight, System::nanoTime);
	}

	/**
	 * Starts to close those that were not used for {@code idle-timeout}.
	 * @param executor where that is done
	 */
	public void start(ScheduledExecutorService executor) {
		long idleNanos = this.settings.getIdleTimeout().toNanos();
		if (idleNanos > 0) {
			long interval = Math.max(idleNanos / 10, TimeUnit.SECONDS.toNanos(1));
			this.sweep = executor.scheduleWithFixedDelay(() -> closeIdle(idleNanos), interval, interval,
					TimeUnit.NANOSECONDS);
		}
	}

	/**
	 * Sends a command, if there is a connection for it.
	 * @param <K> the type of keys
	 * @param <V> the type of values
	 * @param <T> the type of the result
	 * @param command the command, which is harmless; its caller is going to wait for it
	 * @return what the caller waits for, or {@code null} if the command should take the
	 * shared lane
	 */
	public <K, V, T> @Nullable AsyncCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
		return this.crowd.isSmall() ? dispatchInCrowd(command) : null;
	}

	/**
	 * Sends a command, if there is a connection for it, whether or not many callers are
	 * active: there is no other way for it.
	 * @param <K> the type of keys
	 * @param <V> the type of values
	 * @param <T> the type of the result
	 * @param command the command, which is harmless; its caller is going to wait for it
	 * @return what the caller waits for, or {@code null} if there is no connection
	 */
	public <K, V, T> @Nullable AsyncCommand<K, V, T> dispatchInCrowd(RedisCommand<K, V, T> command) {
		if (this.stopped || !Drivers.isCurrentThreadOne()) {
			return null;
		}
		LowLatencySlot slot = take();
		if (slot == null) {
			return null;
		}
		LowLatencyCommand<K, V, T> low = new LowLatencyCommand<>(command, slot, this.secondTry);
		try {
			slot.send(low);
			return low;
		}
		catch (RuntimeException | Error ex) {
			low.cancel(false);
			if (ex instanceof RedisException) {
				// It was closed just now, and nothing was sent.
				return null;
			}
			throw ex;
		}
	}

	private @Nullable LowLatencySlot take() {
		long now = System.nanoTime();
		boolean preparing = false;
		for (LowLatencySlot slot : this.slots) {
			switch (slot.take(now, !preparing)) {
				case TAKEN -> {
					return slot;
				}
				case PREPARING -> preparing = true;
				case BUSY -> {
				}
			}
		}
		if (!preparing) {
			this.crowd.grown();
		}
		return null;
	}

	private void closeIdle(long idleNanos) {
		for (LowLatencySlot slot : this.slots) {
			slot.closeIdle(CloseReason.IDLE, idleNanos);
		}
	}

	/**
	 * Returns how many are open.
	 * @return the number
	 */
	public int opened() {
		return (int) Arrays.stream(this.slots).filter(LowLatencySlot::isOpen).count();
	}

	/**
	 * Replaces all: those that carry no command at once, the others after it.
	 */
	public void retireAll() {
		retireAll(CloseReason.RETIRED);
	}

	private void retireAll(CloseReason reason) {
		for (LowLatencySlot slot : this.slots) {
			slot.retire(reason);
		}
	}

	/**
	 * A server has answered READONLY: it was a master, and the other connections lead
	 * there too. All are replaced, at most once a second: it may be a replica for good.
	 * @return whether they are
	 */
	private boolean demoted() {
		long last = this.readOnlyNanos.get();
		long now = System.nanoTime();
		if (now - last < READ_ONLY_NANOS || !this.readOnlyNanos.compareAndSet(last, now)) {
			return false;
		}
		retireAll(CloseReason.READ_ONLY);
		return true;
	}

	/**
	 * Sends nothing any more.
	 * @return completes when all are closed that carry no command
	 */
	public CompletableFuture<Void> stop() {
		this.stopped = true;
		ScheduledFuture<?> sweep = this.sweep;
		if (sweep != null) {
			sweep.cancel(false);
		}
		return CompletableFuture
			.allOf(Arrays.stream(this.slots).map(LowLatencySlot::stop).toArray(CompletableFuture[]::new));
	}

}
