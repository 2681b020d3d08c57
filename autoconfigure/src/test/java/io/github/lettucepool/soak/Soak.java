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

package io.github.lettucepool.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.data.redis.connection.RedisConnection;

import io.github.lettucepool.PooledLettuceConnectionFactory;

import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

/**
 * Many threads use a pool in every way while faults are made. {@code soak.seed} repeats
 * the random choices of a run, though not its timing.
 */
final class Soak {

	private static final Log logger = LogFactory.getLog(Soak.class);

	private static final int WORKERS = 64;

	private static final Duration SETTLED = Duration.ofMinutes(1);

	private final Duration duration;

	private final int maxSize;

	private final int minIdle;

	private final long seed = Long.getLong("soak.seed", System.nanoTime());

	private final AtomicBoolean running = new AtomicBoolean(true);

	/**
	 * Creates a soak.
	 * @param duration for how long to make faults
	 * @param maxSize the pool's size, which it is to have again in the end
	 * @param minIdle how many the pool keeps ready, likewise
	 */
	Soak(Duration duration, int maxSize, int minIdle) {
		this.duration = duration;
		this.maxSize = maxSize;
		this.minIdle = minIdle;
	}

	/**
	 * Runs the workers until the time is over.
	 * @param factory what they use
	 * @param faults adds what happens meanwhile
	 * @return the workers, which have ended
	 * @throws Exception if a fault could not be made
	 */
	List<SoakWorker> run(PooledLettuceConnectionFactory factory, Consumer<Chaos> faults) throws Exception {
		logger.info("Soak of %d s, -Dsoak.seed=%d".formatted(this.duration.toSeconds(), this.seed));
		// The first connect of a process loads all of Lettuce.
		await().atMost(SETTLED).ignoreExceptions().until(() -> ping(factory), "PONG"::equals);
		List<SoakWorker> workers = new ArrayList<>();
		List<Thread> threads = new ArrayList<>();
		for (int i = 0; i < WORKERS; i++) {
			SoakWorker worker = new SoakWorker(i, this.seed, factory, this.running::get);
			workers.add(worker);
			threads.add(new Thread(worker, "soak-worker-" + i));
		}
		threads.forEach((thread) -> thread.setDaemon(true));
		threads.forEach(Thread::start);
		Chaos chaos = new Chaos(this.seed, factory.getPool(), threads, this.duration);
		faults.accept(chaos);
		Map<String, Integer> made;
		try {
			made = chaos.call();
		}
		finally {
			this.running.set(false);
		}
		factory.getPool().resize(this.maxSize, this.minIdle);
		awaitEnd(workers, threads);
		report(workers, made);
		return workers;
	}

	Duration duration() {
		return this.duration;
	}

	long seed() {
		return this.seed;
	}

	private String ping(PooledLettuceConnectionFactory factory) {
		try (RedisConnection connection = factory.getConnection()) {
			return connection.ping();
		}
	}

	private void awaitEnd(List<SoakWorker> workers, List<Thread> threads) throws InterruptedException {
		long deadline = System.nanoTime() + SoakWorker.NEVER.multipliedBy(2).toNanos();
		List<String> hanging = new ArrayList<>();
		for (int i = 0; i < threads.size(); i++) {
			Thread thread = threads.get(i);
			thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
			if (thread.isAlive()) {
				hanging.add(Arrays.stream(thread.getStackTrace())
					.map((frame) -> "\tat " + frame)
					.collect(Collectors.joining("\n",
							"%s hangs in '%s':\n".formatted(thread.getName(), workers.get(i).current()), "")));
			}
		}
		if (!hanging.isEmpty()) {
			fail(String.join("\n", hanging));
		}
	}

	private void report(List<SoakWorker> workers, Map<String, Integer> faults) {
		Map<String, Integer> failures = new TreeMap<>();
		workers
			.forEach((worker) -> worker.failures().forEach((name, count) -> failures.merge(name, count, Integer::sum)));
		long increments = workers.stream()
			.flatMap((worker) -> worker.tallies().stream())
			.mapToLong(IncrementTally::acknowledged)
			.sum();
		long unknown = workers.stream()
			.flatMap((worker) -> worker.tallies().stream())
			.mapToLong(IncrementTally::unknown)
			.sum();
		logger.info("%d operations succeeded, %d failed %s".formatted(
				workers.stream().mapToLong(SoakWorker::succeeded).sum(),
				failures.values().stream().mapToInt(Integer::intValue).sum(), failures));
		logger.info("%d increments acknowledged, %d unknown".formatted(increments, unknown));
		logger.info("%d faults %s".formatted(faults.values().stream().mapToInt(Integer::intValue).sum(), faults));
	}

}
