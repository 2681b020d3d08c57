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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Statistic;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.PoolSizing;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.sample.lab.PoolEvents.Event;
import io.github.lettucepool.sample.lab.Sample.AdviceText;
import io.github.lettucepool.sample.lab.Sample.HeldLease;
import io.github.lettucepool.sample.lab.Sample.Rates;

/**
 * Takes samples of one watched pool: its snapshot, its meters, and what its listener
 * heard since the last sample. Not thread-safe.
 */
final class Sampler {

	private final Watched watched;

	private final MeterRegistry meters;

	private final Latencies.Window operations;

	private final Latencies.Window acquisition;

	private long failures;

	private long last = System.nanoTime();

	private boolean first = true;

	private @Nullable Boolean reachable;

	private Instant lastChange = Instant.now();

	Sampler(Watched watched, MeterRegistry meters) {
		this.watched = watched;
		this.meters = meters;
		this.operations = watched.calls().window();
		this.acquisition = watched.events().acquisition();
		this.failures = watched.calls().failures();
		watched.events().drain();
	}

	@SuppressWarnings("ReferenceEquality") // The same one, not one like it.
	boolean isOf(Watched watched) {
		return this.watched == watched;
	}

	Sample next(@Nullable Load load, LabServer.State server, ExperimentRunner.@Nullable Status experiment) {
		long now = System.nanoTime();
		Duration time = Duration.ofNanos(Math.max(1, now - this.last));
		PoolSnapshot snapshot = this.watched.pool().snapshot();
		Rates operations = Rates.NONE;
		Rates acquisition = Rates.NONE;
		// A moment is too short for a rate: what is counted in it waits for the next
		// sample.
		if (this.first) {
			this.first = false;
		}
		else {
			this.last = now;
			long failures = this.watched.calls().failures();
			operations = Rates.of(this.operations.next(), failures - this.failures, time);
			acquisition = Rates.of(this.acquisition.next(), 0, time);
			this.failures = failures;
		}
		return new Sample(System.currentTimeMillis(), snapshot.name(), snapshot.state().name(), snapshot.reachable(),
				snapshot.connectError(), snapshot.shared(), snapshot.exclusive(), snapshot.subscriptions(),
				snapshot.connectionsByNode(), snapshot.leases().stream().findFirst().map(HeldLease::of).orElse(null),
				operations, (operations.failuresPerSecond() > 0) ? this.watched.calls().lastFailure() : null,
				acquisition, totals(snapshot.name()), events(snapshot),
				this.watched.advice().stream().map(AdviceText::of).toList(), load, server, experiment);
	}

	private List<Event> events(PoolSnapshot snapshot) {
		List<Event> events = new ArrayList<>();
		addChanges(events, this.watched.pool().getSizing());
		events.addAll(this.watched.events().drain());
		Boolean reachable = snapshot.reachable();
		if (reachable != null && this.reachable != null && !reachable.equals(this.reachable)) {
			events.add(reachable ? new Event(System.currentTimeMillis(), "server-up", "Redis can be reached again", 1)
					: new Event(System.currentTimeMillis(), "server-down", String.valueOf(snapshot.connectError()), 1));
		}
		this.reachable = (reachable != null) ? reachable : this.reachable;
		return events;
	}

	/**
	 * Adds what a pool that sizes itself did since the last sample.
	 */
	private void addChanges(List<Event> events, @Nullable PoolSizing sizing) {
		List<PoolSizing.Change> changes = (sizing != null) ? sizing.changes() : List.of();
		// The latest comes first.
		for (int i = changes.size() - 1; i >= 0; i--) {
			PoolSizing.Change change = changes.get(i);
			if (change.time().isAfter(this.lastChange)) {
				this.lastChange = change.time();
				events.add(new Event(change.time().toEpochMilli(), "size",
						"%d → %d: %s".formatted(change.from(), change.to(), change.reason()), 1));
			}
		}
	}

	/**
	 * The pool's timers and counters as the metrics endpoint has them.
	 */
	private Map<String, Double> totals(String pool) {
		Map<String, Double> totals = new TreeMap<>();
		for (Meter meter : this.meters.getMeters()) {
			Meter.Id id = meter.getId();
			if (id.getName().startsWith("lettuce.pool.") && pool.equals(id.getTag("pool"))) {
				for (Measurement measurement : meter.measure()) {
					if (measurement.getStatistic() == Statistic.COUNT) {
						totals.merge(id.getName(), measurement.getValue(), Double::sum);
					}
					else if (measurement.getStatistic() == Statistic.TOTAL_TIME) {
						totals.merge(id.getName() + ".seconds", measurement.getValue(), Double::sum);
					}
				}
			}
		}
		return totals;
	}

}
