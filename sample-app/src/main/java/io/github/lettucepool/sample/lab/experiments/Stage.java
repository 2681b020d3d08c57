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

package io.github.lettucepool.sample.lab.experiments;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RedisServerBuilder;
import io.github.lettucepool.sample.lab.Callers;
import io.github.lettucepool.sample.lab.Calls;
import io.github.lettucepool.sample.lab.Latencies;
import io.github.lettucepool.sample.lab.Watched;

/**
 * What an experiment works with. Whatever it asked for here is put away when the stage is
 * closed, the last thing first. Used by the thread of the experiment; progress and what
 * is watched may be asked for by any thread.
 */
public final class Stage implements AutoCloseable {

	/**
	 * How long a reply may take.
	 */
	static final Duration TIMEOUT = Duration.ofSeconds(5);

	/**
	 * How much of the time of a side is measured; in the rest, callers get warm.
	 */
	private static final double MEASURED = 5.0 / 6;

	private static final int PREPARING = -1;

	private static final Logger logger = LoggerFactory.getLogger(Stage.class);

	private final Deque<AutoCloseable> resources = new ArrayDeque<>();

	private final Duration length;

	private final int sides;

	private final MeterRegistry meters;

	private volatile int side = PREPARING;

	private volatile long sideStart = System.nanoTime();

	private volatile @Nullable Watched watched;

	/**
	 * Creates a stage.
	 * @param length how long all sides take together
	 * @param sides how many sides are compared
	 * @param meters where the meters of the pools go
	 */
	public Stage(Duration length, int sides, MeterRegistry meters) {
		this.length = length;
		this.sides = sides;
		this.meters = meters;
	}

	/**
	 * Which side is measured.
	 * @return the index of the side, or -1 while servers start
	 */
	public int side() {
		return this.side;
	}

	/**
	 * How far the experiment is.
	 * @return from 0 to 1
	 */
	public double progress() {
		int side = this.side;
		if (side == PREPARING) {
			return 0;
		}
		double part = Math.min(1, (System.nanoTime() - this.sideStart) / (double) timeOfSide().toNanos());
		return (side + part) / this.sides;
	}

	/**
	 * The pool to show.
	 * @return the pool, or {@code null} if there is none yet
	 */
	public @Nullable Watched watched() {
		return this.watched;
	}

	private Duration timeOfSide() {
		return this.length.dividedBy(this.sides);
	}

	/**
	 * How long each side is measured.
	 */
	Duration measuredTime() {
		return Duration.ofNanos((long) (timeOfSide().toNanos() * MEASURED));
	}

	<T extends AutoCloseable> T use(T resource) {
		this.resources.push(resource);
		return resource;
	}

	RedisServer server(UnaryOperator<RedisServerBuilder> settings) {
		return use(settings.apply(RedisServer.builder()).start());
	}

	Bench pool(RedisServer server, UnaryOperator<PoolSettings.Builder> settings) {
		return pool(new RedisStandaloneConfiguration(server.host(), server.port()), settings);
	}

	Bench pool(RedisConfiguration server, UnaryOperator<PoolSettings.Builder> settings) {
		LettuceClientConfiguration client = LettuceClientConfiguration.builder()
			.commandTimeout(TIMEOUT)
			.clientName("pool-lab")
			.shutdownTimeout(Duration.ofMillis(500))
			.build();
		Bench bench = use(new Bench(server, client, settings.apply(PoolSettings.builder()).build(), this.meters));
		this.watched = bench.watched();
		return bench;
	}

	/**
	 * Puts something away before the end of the experiment.
	 */
	void putAway(AutoCloseable resource) throws Exception {
		this.resources.remove(resource);
		resource.close();
	}

	/**
	 * Lets callers make calls for the time of a side, and measures them once they are
	 * warm: code is compiled by then, and connections are open.
	 */
	Measured measure(int side, Calls calls, int callers, Duration think, Calls.Call call) throws InterruptedException {
		return measure(side, calls, callers, think, call, () -> {
		});
	}

	/**
	 * Lets callers make calls for the time of a side, and does something as soon as they
	 * are measured. If that takes longer, so does the side.
	 */
	@SuppressWarnings("try") // The callers only have to be there.
	Measured measure(int side, Calls calls, int callers, Duration think, Calls.Call call, Meanwhile meanwhile)
			throws InterruptedException {
		this.sideStart = System.nanoTime();
		this.side = side;
		Latencies.Window window = calls.window();
		try (Callers running = Callers.start(callers, false, think, calls, call)) {
			TimeUnit.NANOSECONDS.sleep(timeOfSide().minus(measuredTime()).toNanos());
			window.next();
			long failures = calls.failures();
			long start = System.nanoTime();
			meanwhile.run();
			TimeUnit.NANOSECONDS.sleep(Math.max(0, start + measuredTime().toNanos() - System.nanoTime()));
			double seconds = (System.nanoTime() - start) / 1e9;
			Latencies.Distribution latencies = window.next();
			return Measured.of(latencies.count() / seconds, latencies.p50(), latencies.p99(),
					calls.failures() - failures);
		}
	}

	@Override
	public void close() {
		// What is put away must not be cut short by the interrupt that stopped the
		// experiment.
		boolean interrupted = Thread.interrupted();
		while (!this.resources.isEmpty()) {
			try {
				this.resources.pop().close();
			}
			catch (Exception ex) {
				logger.debug("Cannot put away something of an experiment", ex);
			}
		}
		this.watched = null;
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Something that happens under load.
	 */
	@FunctionalInterface
	interface Meanwhile {

		void run() throws InterruptedException;

	}

}
