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
import java.util.stream.Collectors;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.RedisConnection;

import io.github.lettucepool.PoolExhaustedException;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.autoconfigure.LettucePoolAutoConfiguration;
import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

/**
 * Many threads use a pool in every way while everything around it breaks all the time.
 * <p>
 * It runs for {@code soak.seconds}; {@code soak.seed} repeats the random choices of a
 * run, though not its timing.
 */
@Tag("soak")
class FaultSoakTests {

	private static final Log logger = LogFactory.getLog(FaultSoakTests.class);

	private static final int WORKERS = 64;

	private static final int MAX_SIZE = 12;

	private static final int MIN_IDLE = 2;

	private static final Duration SETTLED = Duration.ofSeconds(20);

	private final Duration duration = Duration.ofSeconds(Long.getLong("soak.seconds", 5));

	private final long seed = Long.getLong("soak.seed", System.nanoTime());

	private final AtomicBoolean running = new AtomicBoolean(true);

	private final EventCounter events = new EventCounter();

	@ParameterizedTest(name = "with {0} shared connections")
	@ValueSource(ints = { 2, 0 })
	void noFaultCostsAThreadAConnectionAReplyOrAnIncrement(int sharedConnections) throws Exception {
		// A killed server must still have what it acknowledged. It writes before it
		// replies; only a crash of the machine would call for fsync.
		try (RedisServer server = RedisServer.builder()
			.config("appendonly", "yes")
			.config("appendfsync", "no")
			.config("auto-aof-rewrite-percentage", "0")
			.start(); FaultProxy proxy = new FaultProxy(server.port())) {
			application(proxy.port(), sharedConnections).run((context) -> {
				PooledLettuceConnectionFactory factory = context.getBean(PooledLettuceConnectionFactory.class);
				factory.getPool().addListener(this.events);
				List<SoakWorker> workers = soak(server, proxy, factory);
				assertThat(workers).flatMap(SoakWorker::findings).isEmpty();
				assertThatNothingLeaked(server, factory);
				assertThatAllPermitsAreLeft(factory);
				assertThatEveryIncrementCounts(server, workers);
			});
			await().atMost(SETTLED).untilAsserted(() -> assertThat(server.clients()).isEmpty());
		}
	}

	private ApplicationContextRunner application(int port, int sharedConnections) {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LettucePoolAutoConfiguration.class, DataRedisAutoConfiguration.class))
			.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + port,
					"spring.data.redis.connect-timeout=2s", "spring.data.redis.timeout=1500ms",
					"lettuce.pool.shared-connections=" + sharedConnections, "lettuce.pool.max-size=" + MAX_SIZE,
					"lettuce.pool.min-idle=" + MIN_IDLE, "lettuce.pool.max-wait=1s", "lettuce.pool.idle-timeout=2s",
					"lettuce.pool.max-lifetime=3s", "lettuce.pool.keepalive-interval=500ms",
					"lettuce.pool.validate-after-idle=100ms", "lettuce.pool.validation-timeout=300ms");
	}

	private List<SoakWorker> soak(RedisServer server, FaultProxy proxy, PooledLettuceConnectionFactory factory)
			throws Exception {
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
		Chaos chaos = new Chaos(this.seed, server, proxy, factory.getPool(), threads, this.duration);
		if (!factory.getShareNativeConnection()) {
			chaos.add("peers silent", proxy::silenceAll);
		}
		Map<String, Integer> faults;
		try {
			faults = chaos.call();
		}
		finally {
			this.running.set(false);
		}
		factory.getPool().resize(MAX_SIZE, MIN_IDLE);
		awaitEnd(workers, threads);
		report(workers, faults, proxy);
		return workers;
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

	private void report(List<SoakWorker> workers, Map<String, Integer> faults, FaultProxy proxy) {
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
		logger.info("Pool: %s; proxy: %d connections accepted".formatted(this.events, proxy.accepted()));
	}

	private void assertThatNothingLeaked(RedisServer server, PooledLettuceConnectionFactory factory) {
		await().atMost(SETTLED).untilAsserted(() -> {
			PoolSnapshot snapshot = factory.getPool().snapshot();
			assertThat(snapshot.leases()).isEmpty();
			assertThat(snapshot.exclusive().active()).isZero();
			assertThat(snapshot.exclusive().pending()).isZero();
			assertThat(snapshot.exclusive().idle()).isEqualTo(snapshot.exclusive().total())
				.isBetween(MIN_IDLE, MAX_SIZE);
			assertThat(snapshot.shared().connected()).isEqualTo(snapshot.shared().opened());
			assertThat(server.clients()).hasSize(snapshot.shared().connected() + snapshot.exclusive().total());
			assertThat(factory.getPool().snapshot()).isEqualTo(snapshot);
		});
		assertThat(this.events.returned()).isEqualTo(this.events.borrowed());
	}

	private void assertThatAllPermitsAreLeft(PooledLettuceConnectionFactory factory) {
		RedisPool pool = factory.getPool();
		pool.retireAll();
		pool.resize(MAX_SIZE, MAX_SIZE);
		await().atMost(SETTLED).untilAsserted(() -> assertThat(pool.snapshot().exclusive().idle()).isEqualTo(MAX_SIZE));
		List<RedisConnection> borrowers = new ArrayList<>();
		try {
			for (int i = 0; i < MAX_SIZE; i++) {
				RedisConnection connection = factory.getConnection();
				borrowers.add(connection);
				connection.multi();
			}
			assertThat(pool.snapshot().exclusive().active()).isEqualTo(MAX_SIZE);
			RedisConnection oneTooMany = factory.getConnection();
			borrowers.add(oneTooMany);
			assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(oneTooMany::multi);
		}
		finally {
			borrowers.forEach(RedisConnection::close);
		}
		assertThat(pool.snapshot().exclusive().active()).isZero();
	}

	private void assertThatEveryIncrementCounts(RedisServer server, List<SoakWorker> workers) {
		assertThat(workers).anySatisfy((worker) -> assertThat(worker.tallies())
			.allSatisfy((tally) -> assertThat(tally.acknowledged()).isPositive()));
		for (SoakWorker worker : workers) {
			for (IncrementTally tally : worker.tallies()) {
				Object value = server.execute("GET", tally.key());
				long counter = (value != null) ? Long.parseLong((String) value) : 0;
				assertThat(tally.accountsFor(counter)).as("%s; the counter is %d", tally, counter).isTrue();
			}
		}
	}

}
