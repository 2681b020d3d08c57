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

package io.github.lettucepool.benchmarks.client;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;

import io.github.lettucepool.PoolListener;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.advice.PoolAdvisor;
import io.github.lettucepool.metrics.RedisPoolMetrics;
import io.github.lettucepool.metrics.RedisPoolObservations;

/**
 * What watches a pool. It is made once, and its listeners are put on and taken off.
 */
public final class Watch implements AutoCloseable {

	private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

	private final PoolAdvisor advisor = new PoolAdvisor();

	private final ScheduledExecutorService scraper = Executors
		.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("scraper-"));

	private final List<PoolListener> listeners = new CopyOnWriteArrayList<>();

	private final ObservationRegistry observations = ObservationRegistry.create();

	private final RedisPool pool;

	private final What what;

	private volatile boolean on;

	private Watch(RedisPool pool, What what) {
		this.pool = pool;
		this.what = what;
		if (what == What.NOTHING) {
			return;
		}
		RedisPool watched = withoutListeners(pool);
		new RedisPoolMetrics(watched).bindTo(this.registry);
		this.advisor.watch(watched);
		if (what != What.METERS_AND_ADVICE) {
			this.observations.observationConfig().observationHandler(new DefaultMeterObservationHandler(this.registry));
			new RedisPoolObservations(watched, this.observations);
		}
		this.scraper.scheduleAtFixedRate(() -> {
			if (this.on) {
				this.registry.scrape();
			}
		}, 5, 5, TimeUnit.SECONDS);
	}

	/**
	 * Makes a watch, which does not watch yet.
	 * @param client a client of this project
	 * @param what what is to watch
	 * @return the watch
	 */
	public static Watch over(Client client, What what) {
		return new Watch(Contestant.pool(client), what);
	}

	/**
	 * Makes a watch, which does not watch yet.
	 * @param pool the pool
	 * @param what what is to watch
	 * @return the watch
	 */
	public static Watch over(RedisPool pool, What what) {
		return new Watch(pool, what);
	}

	/**
	 * The pool, but for its listeners, which this object puts on and takes off.
	 */
	private RedisPool withoutListeners(RedisPool pool) {
		return (RedisPool) Proxy.newProxyInstance(RedisPool.class.getClassLoader(), new Class<?>[] { RedisPool.class },
				(proxy, method, args) -> switch (method.getName()) {
					case "addListener" -> this.listeners.add((PoolListener) args[0]);
					case "removeListener" -> this.listeners.remove(args[0]);
					default -> method.invoke(pool, args);
				});
	}

	/**
	 * Lets the current thread do something that is observed, as a request is, if that is
	 * to be watched, and whether it is watched now or not.
	 * @return ends that
	 */
	public Runnable observeThread() {
		if (this.what != What.ALL_IN_OBSERVED_CALLS) {
			return () -> {
			};
		}
		Observation observation = Observation.start("caller", this.observations);
		Observation.Scope scope = observation.openScope();
		return () -> {
			scope.close();
			observation.stop();
		};
	}

	/**
	 * Starts to watch.
	 */
	public void start() {
		this.listeners.forEach(this.pool::addListener);
		this.on = true;
	}

	/**
	 * Ceases to watch.
	 */
	public void stop() {
		this.on = false;
		this.listeners.forEach(this.pool::removeListener);
	}

	/**
	 * What has been seen.
	 * @return the meters, as Prometheus gets them
	 */
	public String scrape() {
		return this.registry.scrape();
	}

	@Override
	public void close() {
		stop();
		this.scraper.shutdownNow();
		this.advisor.close();
		this.registry.close();
	}

	/**
	 * What can watch a pool.
	 */
	public enum What {

		/**
		 * Nothing: what is measured then is chance.
		 */
		NOTHING("nothing"),

		/**
		 * Meters in a Prometheus registry that is scraped every 5 s, and advice.
		 */
		METERS_AND_ADVICE("meters and advice"),

		/**
		 * These, and observations, of which there are none: nothing else is observed.
		 */
		ALL("meters, advice and observations"),

		/**
		 * All of these while what the callers do is observed: each wait is an
		 * observation, of which Micrometer makes timers.
		 */
		ALL_IN_OBSERVED_CALLS("meters, advice and observations, callers observed");

		private final String description;

		What(String description) {
			this.description = description;
		}

		@Override
		public String toString() {
			return this.description;
		}

	}

}
