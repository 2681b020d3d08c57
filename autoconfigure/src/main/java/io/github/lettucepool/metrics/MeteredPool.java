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

package io.github.lettucepool.metrics;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;

/**
 * The meters of one pool in one registry. All of them exist from the start, so that a
 * rate over a counter does not miss its first event, and so that an event looks nothing
 * up and allocates nothing.
 */
final class MeteredPool implements PoolListener {

	private final RedisPool pool;

	private final MeterRegistry registry;

	private final Tags tags;

	// The registry refers to it weakly: whoever holds this object keeps it alive.
	private final RecentSnapshot snapshot;

	private final List<Meter> meters = new ArrayList<>();

	private final Timer acquire;

	private final Timer usage;

	private final Timer creation;

	private final Counter timeout;

	private final Counter rejected;

	private final Counter leaked;

	private final Map<CloseReason, Counter> closed = new EnumMap<>(CloseReason.class);

	MeteredPool(RedisPool pool, MeterRegistry registry, Tags tags) {
		this.pool = pool;
		this.registry = registry;
		this.tags = tags;
		this.snapshot = new RecentSnapshot(pool, System::nanoTime);
		connections("shared", "connected", (figures) -> figures.shared().connected());
		connections("shared", "disconnected",
				(figures) -> Math.max(0, figures.shared().opened() - figures.shared().connected()));
		if (pool.getSettings().getLowLatencyCallers() > 0) {
			connections("low-latency", "connected", (figures) -> figures.shared().lowLatency());
		}
		connections("exclusive", "active", (figures) -> figures.exclusive().active());
		connections("exclusive", "idle", (figures) -> figures.exclusive().idle());
		gauge(PoolMeter.MAX, Tags.empty(), (figures) -> figures.exclusive().maxSize());
		gauge(PoolMeter.MAX_LIMIT, Tags.empty(), (figures) -> limit(figures.exclusive().maxSize()));
		gauge(PoolMeter.MIN, Tags.empty(), (figures) -> figures.exclusive().minIdle());
		gauge(PoolMeter.MAX_IDLE, Tags.empty(), (figures) -> this.pool.getSettings().getMaxIdle());
		gauge(PoolMeter.PENDING, Tags.empty(), (figures) -> figures.exclusive().pending());
		gauge(PoolMeter.COMMANDS_IN_FLIGHT, Tags.empty(), (figures) -> figures.shared().inFlight());
		gauge(PoolMeter.SUBSCRIPTIONS, Tags.empty(), PoolSnapshot::subscriptions);
		// What was not tried yet, or is stopped, is no outage.
		gauge(PoolMeter.REACHABLE, Tags.empty(), (figures) -> Boolean.FALSE.equals(figures.reachable()) ? 0 : 1);
		this.acquire = timer(PoolMeter.ACQUIRE);
		this.usage = timer(PoolMeter.USAGE);
		this.creation = timer(PoolMeter.CREATION);
		this.timeout = counter(PoolMeter.TIMEOUT, Tags.empty());
		this.rejected = counter(PoolMeter.REJECTED, Tags.empty());
		this.leaked = counter(PoolMeter.LEAKED, Tags.empty());
		for (CloseReason reason : CloseReason.values()) {
			this.closed.put(reason, counter(PoolMeter.CLOSED, Tags.of(PoolMeterTag.REASON.asString(), reason.id())));
		}
	}

	private int limit(int size) {
		PoolSettings settings = this.pool.getSettings();
		return settings.isMaxSizeAuto() ? settings.getMaxSizeLimit() : size;
	}

	private void connections(String lane, String state, ToIntFunction<PoolSnapshot> figure) {
		gauge(PoolMeter.CONNECTIONS, Tags.of(PoolMeterTag.STATE.asString(), state, PoolMeterTag.LANE.asString(), lane),
				figure);
	}

	private void gauge(PoolMeter meter, Tags own, ToIntFunction<PoolSnapshot> figure) {
		this.meters.add(Gauge.builder(meter.getName(), this.snapshot, (recent) -> figure.applyAsInt(recent.get()))
			.description(meter.getDescription())
			.tags(this.tags)
			.tags(own)
			.register(this.registry));
	}

	private Timer timer(PoolMeter meter) {
		Timer timer = Timer.builder(meter.getName())
			.description(meter.getDescription())
			.tags(this.tags)
			.register(this.registry);
		this.meters.add(timer);
		return timer;
	}

	private Counter counter(PoolMeter meter, Tags own) {
		Counter counter = Counter.builder(meter.getName())
			.description(meter.getDescription())
			.tags(this.tags)
			.tags(own)
			.register(this.registry);
		this.meters.add(counter);
		return counter;
	}

	void removeMeters() {
		this.meters.forEach(this.registry::remove);
	}

	@Override
	public void borrowed(long waitNanos) {
		this.acquire.record(waitNanos, TimeUnit.NANOSECONDS);
	}

	@Override
	public void returned(long usedNanos) {
		this.usage.record(usedNanos, TimeUnit.NANOSECONDS);
	}

	@Override
	public void opened(long connectNanos) {
		this.creation.record(connectNanos, TimeUnit.NANOSECONDS);
	}

	@Override
	public void closed(CloseReason reason) {
		Objects.requireNonNull(this.closed.get(reason)).increment();
	}

	@Override
	public void timedOut() {
		this.timeout.increment();
	}

	@Override
	public void rejected() {
		this.rejected.increment();
	}

	@Override
	public void leaked(String thread, Duration age) {
		this.leaked.increment();
	}

}
