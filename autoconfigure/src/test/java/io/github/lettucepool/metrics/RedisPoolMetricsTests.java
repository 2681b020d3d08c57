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
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.FakeRedisPool;
import io.github.lettucepool.PoolListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisPoolMetrics}.
 */
@org.junit.jupiter.api.Tag("unit")
class RedisPoolMetricsTests {

	private final FakeRedisPool pool = new FakeRedisPool("orders");

	private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

	private final RedisPoolMetrics metrics = new RedisPoolMetrics(this.pool);

	@Test
	void theSharedLaneIsShown() {
		this.pool.shared(4, 3, 2, 9);
		this.metrics.bindTo(this.registry);
		assertThat(gauge("lettuce.pool.connections", "lane", "shared", "state", "connected")).isEqualTo(2);
		assertThat(gauge("lettuce.pool.connections", "lane", "shared", "state", "disconnected")).isEqualTo(1);
		assertThat(gauge("lettuce.pool.commands.in.flight")).isEqualTo(9);
	}

	@Test
	void theExclusiveLaneIsShown() {
		this.pool.exclusive(8, 1, 5, 2, 3).subscriptions(4);
		this.metrics.bindTo(this.registry);
		assertThat(gauge("lettuce.pool.connections", "lane", "exclusive", "state", "active")).isEqualTo(5);
		assertThat(gauge("lettuce.pool.connections", "lane", "exclusive", "state", "idle")).isEqualTo(2);
		assertThat(gauge("lettuce.pool.max")).isEqualTo(8);
		assertThat(gauge("lettuce.pool.min")).isEqualTo(1);
		assertThat(gauge("lettuce.pool.pending")).isEqualTo(3);
		assertThat(gauge("lettuce.pool.subscriptions")).isEqualTo(4);
	}

	@Test
	void redisCannotBeReachedWhileTheSharedLaneIsLost() {
		this.pool.shared(2, 2, 0, 0);
		this.metrics.bindTo(this.registry);
		assertThat(gauge("lettuce.pool.reachable")).isZero();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 2 })
	void redisCannotBeReachedIfItNeverWas(int sharedConnections) {
		this.pool.shared(sharedConnections, 0, 0, 0).connectError("Connection refused");
		this.metrics.bindTo(this.registry);
		assertThat(gauge("lettuce.pool.reachable")).isZero();
	}

	@Test
	void redisCanBeReachedWhileAConnectionIsOpen() {
		this.pool.shared(2, 2, 1, 0).connectError("Connection refused");
		this.metrics.bindTo(this.registry);
		assertThat(gauge("lettuce.pool.reachable")).isOne();
	}

	@Test
	void redisCountsAsReachableUntilSomethingIsConnected() {
		this.pool.shared(2, 0, 0, 0);
		this.metrics.bindTo(this.registry);
		assertThat(gauge("lettuce.pool.reachable")).isOne();
	}

	@Test
	void timesAreRecorded() {
		this.metrics.bindTo(this.registry);
		this.pool.tell((listener) -> listener.borrowed(TimeUnit.MILLISECONDS.toNanos(2)));
		this.pool.tell((listener) -> listener.borrowed(TimeUnit.MILLISECONDS.toNanos(4)));
		this.pool.tell((listener) -> listener.returned(TimeUnit.MILLISECONDS.toNanos(30)));
		this.pool.tell((listener) -> listener.opened(TimeUnit.MILLISECONDS.toNanos(7)));
		assertThat(timer("lettuce.pool.acquire").count()).isEqualTo(2);
		assertThat(timer("lettuce.pool.acquire").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(6);
		assertThat(timer("lettuce.pool.usage").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(30);
		assertThat(timer("lettuce.pool.creation").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(7);
	}

	@Test
	void eventsAreCounted() {
		this.metrics.bindTo(this.registry);
		this.pool.tell(PoolListener::timedOut);
		this.pool.tell(PoolListener::rejected);
		this.pool.tell(PoolListener::rejected);
		this.pool.tell((listener) -> listener.leaked("worker-1", Duration.ofMinutes(1)));
		assertThat(counter("lettuce.pool.timeout").count()).isEqualTo(1);
		assertThat(counter("lettuce.pool.rejected").count()).isEqualTo(2);
		assertThat(counter("lettuce.pool.leaked").count()).isEqualTo(1);
	}

	@ParameterizedTest
	@EnumSource
	void closedConnectionsAreCountedByReasonFromZeroOn(CloseReason reason) {
		this.metrics.bindTo(this.registry);
		assertThat(counter("lettuce.pool.closed", "reason", reason.id()).count()).isZero();
		this.pool.tell((listener) -> listener.closed(reason));
		assertThat(counter("lettuce.pool.closed", "reason", reason.id()).count()).isEqualTo(1);
		assertThat(this.registry.get("lettuce.pool.closed").counters().stream().mapToDouble(Counter::count).sum())
			.isEqualTo(1);
	}

	@Test
	void everyMeterHasThePoolAndTheGivenTags() {
		new RedisPoolMetrics(this.pool, Tags.of("team", "shipping")).bindTo(this.registry);
		assertThat(this.registry.getMeters()).isNotEmpty()
			.allSatisfy((meter) -> assertThat(meter.getId().getTags()).contains(Tag.of("pool", "orders"),
					Tag.of("team", "shipping")));
	}

	@Test
	void bindingTwiceToARegistryCountsOnce() {
		this.metrics.bindTo(this.registry);
		this.metrics.bindTo(this.registry);
		this.pool.tell(PoolListener::timedOut);
		assertThat(this.pool.listeners()).hasSize(1);
		assertThat(counter("lettuce.pool.timeout").count()).isEqualTo(1);
	}

	@Test
	void whatHappensBeforeThereIsARegistryIsNotMissed() {
		this.pool.tell((listener) -> listener.borrowed(TimeUnit.MILLISECONDS.toNanos(2)));
		this.pool.tell((listener) -> listener.opened(TimeUnit.MILLISECONDS.toNanos(7)));
		this.pool.tell(PoolListener::timedOut);
		this.metrics.bindTo(this.registry);
		this.pool.tell(PoolListener::timedOut);
		assertThat(timer("lettuce.pool.acquire").totalTime(TimeUnit.MILLISECONDS)).isEqualTo(2);
		assertThat(timer("lettuce.pool.creation").count()).isEqualTo(1);
		assertThat(counter("lettuce.pool.timeout").count()).isEqualTo(2);
	}

	@Test
	void noMoreIsKeptForARegistryThanMakesSense() {
		for (int i = 0; i < EventRelay.MAX_KEPT + 10; i++) {
			this.pool.tell(PoolListener::rejected);
		}
		this.metrics.bindTo(this.registry);
		assertThat(counter("lettuce.pool.rejected").count()).isEqualTo(EventRelay.MAX_KEPT);
	}

	@Test
	void noEventIsLostOrCountedTwiceWhenARegistryComesWhileTheyHappen() throws InterruptedException {
		Thread events = new Thread(() -> {
			for (int i = 0; i < EventRelay.MAX_KEPT; i++) {
				this.pool.tell((listener) -> listener.borrowed(1));
			}
		});
		events.start();
		this.metrics.bindTo(this.registry);
		events.join();
		assertThat(timer("lettuce.pool.acquire").count()).isEqualTo(EventRelay.MAX_KEPT);
	}

	@Test
	void theMetersOfAPoolGoWithIt() {
		this.metrics.bindTo(this.registry);
		this.pool.tell(PoolListener::poolClosed);
		assertThat(this.registry.getMeters()).isEmpty();
		assertThat(this.pool.listeners()).isEmpty();
	}

	@Test
	void severalRegistriesCountEach() {
		SimpleMeterRegistry other = new SimpleMeterRegistry();
		this.metrics.bindTo(this.registry);
		this.metrics.bindTo(other);
		this.pool.tell(PoolListener::timedOut);
		assertThat(counter("lettuce.pool.timeout").count()).isEqualTo(1);
		assertThat(other.get("lettuce.pool.timeout").counter().count()).isEqualTo(1);
	}

	@Test
	void closingTakesAwayItsMetersAndItsListener() {
		this.registry.counter("another.meter").increment();
		PoolListener anotherListener = new PoolListener() {
		};
		this.pool.addListener(anotherListener);
		this.metrics.bindTo(this.registry);
		this.metrics.close();
		assertThat(this.registry.getMeters()).extracting((meter) -> meter.getId().getName())
			.containsExactly("another.meter");
		assertThat(this.pool.listeners()).containsExactly(anotherListener);
	}

	@Test
	void closingTakesItsMetersOutOfTheRegistriesOfAComposite() {
		CompositeMeterRegistry composite = new CompositeMeterRegistry();
		composite.add(this.registry);
		this.metrics.bindTo(composite);
		assertThat(this.registry.getMeters()).isNotEmpty();
		this.metrics.close();
		assertThat(this.registry.getMeters()).isEmpty();
	}

	@Test
	void closingTwiceDoesNothing() {
		this.metrics.bindTo(this.registry);
		this.metrics.close();
		this.metrics.close();
		assertThat(this.registry.getMeters()).isEmpty();
	}

	@Test
	void afterClosingItCanBeBoundAgain() {
		this.metrics.bindTo(this.registry);
		this.metrics.close();
		this.metrics.bindTo(this.registry);
		this.pool.tell(PoolListener::timedOut);
		assertThat(counter("lettuce.pool.timeout").count()).isEqualTo(1);
	}

	@Test
	void twoPoolsAreToldApartByName() {
		FakeRedisPool other = new FakeRedisPool("invoices");
		this.metrics.bindTo(this.registry);
		new RedisPoolMetrics(other).bindTo(this.registry);
		other.tell(PoolListener::timedOut);
		assertThat(counter("lettuce.pool.timeout").count()).isZero();
		assertThat(this.registry.get("lettuce.pool.timeout").tag("pool", "invoices").counter().count()).isEqualTo(1);
	}

	@Test
	void metersThatTheApplicationDeniesDoNoHarm() {
		this.registry.config().meterFilter(MeterFilter.denyNameStartsWith("lettuce.pool"));
		this.metrics.bindTo(this.registry);
		this.pool.tell(PoolListener::timedOut);
		this.pool.tell((listener) -> listener.closed(CloseReason.BROKEN));
		this.metrics.close();
		assertThat(this.registry.getMeters()).isEmpty();
		assertThat(this.pool.listeners()).isEmpty();
	}

	@Test
	void aPrometheusScrapeShowsBothLanes() {
		PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
		this.pool.shared(2, 2, 1, 3).exclusive(16, 2, 4, 1, 0).subscriptions(1);
		this.metrics.bindTo(prometheus);
		this.pool.tell((listener) -> listener.borrowed(TimeUnit.MILLISECONDS.toNanos(250)));
		this.pool.tell((listener) -> listener.closed(CloseReason.MAX_LIFETIME));
		List<String> lines = prometheus.scrape().lines().toList();
		assertThat(lines).contains("lettuce_pool_connections{lane=\"shared\",pool=\"orders\",state=\"connected\"} 1.0",
				"lettuce_pool_connections{lane=\"shared\",pool=\"orders\",state=\"disconnected\"} 1.0",
				"lettuce_pool_connections{lane=\"exclusive\",pool=\"orders\",state=\"active\"} 4.0",
				"lettuce_pool_connections{lane=\"exclusive\",pool=\"orders\",state=\"idle\"} 1.0",
				"lettuce_pool_max{pool=\"orders\"} 16.0", "lettuce_pool_min{pool=\"orders\"} 2.0",
				"lettuce_pool_pending{pool=\"orders\"} 0.0", "lettuce_pool_commands_in_flight{pool=\"orders\"} 3.0",
				"lettuce_pool_subscriptions{pool=\"orders\"} 1.0", "lettuce_pool_reachable{pool=\"orders\"} 1.0",
				"lettuce_pool_acquire_seconds_count{pool=\"orders\"} 1",
				"lettuce_pool_acquire_seconds_sum{pool=\"orders\"} 0.25",
				"lettuce_pool_usage_seconds_count{pool=\"orders\"} 0",
				"lettuce_pool_creation_seconds_count{pool=\"orders\"} 0",
				"lettuce_pool_timeout_total{pool=\"orders\"} 0.0", "lettuce_pool_rejected_total{pool=\"orders\"} 0.0",
				"lettuce_pool_leaked_total{pool=\"orders\"} 0.0",
				"lettuce_pool_closed_total{pool=\"orders\",reason=\"max-lifetime\"} 1.0",
				"lettuce_pool_closed_total{pool=\"orders\",reason=\"idle\"} 0.0");
	}

	private double gauge(String name, String... tags) {
		return this.registry.get(name).tag("pool", "orders").tags(tags).gauge().value();
	}

	private Timer timer(String name) {
		return this.registry.get(name).tag("pool", "orders").timer();
	}

	private Counter counter(String name, String... tags) {
		return this.registry.get(name).tag("pool", "orders").tags(tags).counter();
	}

}
