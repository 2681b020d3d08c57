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

package io.github.lettucepool.sample.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;

/**
 * Hears what happens in a pool and sums it up for the time line: ten connections that
 * were closed in the same half second are one event. Thread-safe, but for
 * {@link #drain()}.
 */
public final class PoolEvents implements PoolListener {

	/**
	 * No more leaks are told one by one between two looks.
	 */
	private static final int MAX_LEAKS = 20;

	private final Latencies acquisition = new Latencies();

	private final LongAdder opened = new LongAdder();

	private final LongAdder connectFailures = new LongAdder();

	private final LongAdder timeouts = new LongAdder();

	private final LongAdder rejections = new LongAdder();

	private final Map<CloseReason, LongAdder> closed = new EnumMap<>(CloseReason.class);

	private final ConcurrentLinkedQueue<String> leaks = new ConcurrentLinkedQueue<>();

	private final AtomicInteger waitingLeaks = new AtomicInteger();

	private final IdentityHashMap<LongAdder, Long> told = new IdentityHashMap<>();

	private volatile @Nullable String connectError;

	/**
	 * Starts with nothing.
	 */
	public PoolEvents() {
		for (CloseReason reason : CloseReason.values()) {
			this.closed.put(reason, new LongAdder());
		}
	}

	@Override
	public void borrowed(long waitNanos) {
		this.acquisition.add(waitNanos);
	}

	@Override
	public void opened(long connectNanos) {
		this.opened.increment();
	}

	@Override
	public void connectFailed(Throwable cause) {
		Throwable reason = NestedExceptionUtils.getMostSpecificCause(cause);
		this.connectError = (reason.getMessage() != null) ? reason.getMessage() : reason.toString();
		this.connectFailures.increment();
	}

	@Override
	public void closed(CloseReason reason) {
		adder(reason).increment();
	}

	@Override
	public void timedOut() {
		this.timeouts.increment();
	}

	@Override
	public void rejected() {
		this.rejections.increment();
	}

	@Override
	public void leaked(String thread, Duration age) {
		if (this.waitingLeaks.incrementAndGet() <= MAX_LEAKS) {
			this.leaks.add("Thread '%s' has had a connection for %s".formatted(thread, seconds(age)));
		}
	}

	/**
	 * How long borrowers waited, from now on.
	 * @return a new view
	 */
	public Latencies.Window acquisition() {
		return this.acquisition.window();
	}

	/**
	 * How many connections were closed for a reason.
	 * @param reason the reason
	 * @return how many since this object was made
	 */
	public long closedFor(CloseReason reason) {
		return adder(reason).sum();
	}

	/**
	 * How many connections were opened.
	 * @return how many since this object was made
	 */
	public long openedConnections() {
		return this.opened.sum();
	}

	/**
	 * How many connections could not be opened.
	 * @return how many since this object was made
	 */
	public long failedConnects() {
		return this.connectFailures.sum();
	}

	/**
	 * How many borrowers got nothing within {@code max-wait}.
	 * @return how many since this object was made
	 */
	public long timeouts() {
		return this.timeouts.sum();
	}

	/**
	 * What happened since the last call.
	 * @return the events, no more than a few
	 */
	List<Event> drain() {
		List<Event> events = new ArrayList<>();
		add(events, "created", "", this.opened);
		this.closed.forEach((reason, count) -> add(events, "closed", reason.id(), count));
		add(events, "connect-failed", String.valueOf(this.connectError), this.connectFailures);
		add(events, "exhausted", "no connection within max-wait", this.timeouts);
		add(events, "exhausted", "turned away by max-pending", this.rejections);
		int leaked = this.waitingLeaks.getAndSet(0);
		for (String leak = this.leaks.poll(); leak != null; leak = this.leaks.poll()) {
			events.add(new Event(System.currentTimeMillis(), "leak", leak, 1));
			leaked--;
		}
		if (leaked > 0) {
			events.add(new Event(System.currentTimeMillis(), "leak", "further leases", leaked));
		}
		return events;
	}

	private void add(List<Event> events, String kind, String text, LongAdder adder) {
		long sum = adder.sum();
		Long before = this.told.put(adder, sum);
		long count = sum - ((before != null) ? before : 0);
		if (count > 0) {
			events.add(new Event(System.currentTimeMillis(), kind, text, count));
		}
	}

	private LongAdder adder(CloseReason reason) {
		LongAdder adder = this.closed.get(reason);
		if (adder == null) {
			throw new IllegalStateException("Unknown reason " + reason);
		}
		return adder;
	}

	private static String seconds(Duration duration) {
		return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
	}

	/**
	 * Something that happened.
	 *
	 * @param time when, in milliseconds since the epoch
	 * @param kind what kind of thing: {@code created}, {@code closed}, {@code leak} and
	 * so on
	 * @param text more about it, for example why a connection was closed
	 * @param count how often it happened
	 */
	public record Event(long time, String kind, String text, long count) {

	}

}
