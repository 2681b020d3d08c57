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
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

import io.lettuce.core.RedisException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolExhaustedException;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSizing;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.proxy.FaultProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Many threads use a pool in every way while everything around it breaks all the time.
 * <p>
 * It runs for {@code soak.seconds}; {@code soak.seed} repeats the random choices of a
 * run, though not its timing.
 */
@Tag("slow")
class FaultSoakTests {

	private static final Log logger = LogFactory.getLog(FaultSoakTests.class);

	private static final int MAX_SIZE = 12;

	private static final int MIN_IDLE = 2;

	private static final Duration SETTLED = Duration.ofMinutes(1);

	private final Soak soak = new Soak(Duration.ofSeconds(Long.getLong("soak.seconds", 60)), MAX_SIZE, MIN_IDLE);

	private final EventCounter events = new EventCounter();

	@ParameterizedTest(name = "with {0} shared connections, {1} low-latency callers, max-size {2}")
	@CsvSource({ "2, 0, 12", "2, 4, 12", "0, 0, 12", "2, 4, auto" })
	void noFaultCostsAThreadAConnectionAReplyOrAnIncrement(
			int sharedConnections, int lowLatencyCallers, String maxSize, @Redis(own = true, config = {
					"appendonly yes", "appendfsync no", "auto-aof-rewrite-percentage 0" }) RedisServer server)
			throws Exception {
		// A killed server must still have what it acknowledged. It writes before it
		// replies; only a crash of the machine would call for fsync.
		try (FaultProxy proxy = new FaultProxy(server.port())) {
			application(proxy.port(), sharedConnections, lowLatencyCallers, maxSize).run((context) -> {
				PooledLettuceConnectionFactory factory = context.getBean(PooledLettuceConnectionFactory.class);
				factory.getPool().addListener(this.events);
				List<SoakWorker> workers = this.soak.run(factory, (chaos) -> {
					chaos.addFaultsOf(server);
					chaos.addFaultsOf(proxy);
					if (sharedConnections == 0) {
						chaos.add("peers silent", proxy::silenceAll);
					}
				});
				logger.info("Pool: %s; proxy: %d connections accepted".formatted(this.events, proxy.accepted()));
				assertThat(workers).flatMap(SoakWorker::findings).isEmpty();
				assertThatNothingLeaked(server, factory);
				assertThatAllPermitsAreLeft(factory);
				assertThatEveryIncrementCounts(server, workers);
			});
			await().atMost(SETTLED).untilAsserted(() -> assertThat(server.clients()).isEmpty());
		}
	}

	@Test
	void aPoolThatSizesItselfHasItsSizeAgainAfterEachFault(@Redis(own = true) RedisServer server) throws Exception {
		AtomicBoolean running = new AtomicBoolean(true);
		try (FaultProxy proxy = new FaultProxy(server.port())) {
			application(proxy.port(), 2, 4, "auto").run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				RedisPool pool = context.getBean(RedisPool.class);
				pool.addListener(this.events);
				List<Thread> callers = IntStream.range(0, MAX_SIZE - 2)
					.mapToObj((number) -> new Thread(() -> block(template, running::get), "soak-blocked-" + number))
					.toList();
				callers.forEach((thread) -> thread.setDaemon(true));
				callers.forEach(Thread::start);
				try {
					Chaos chaos = new Chaos(this.soak.seed(), pool, callers, this.soak.duration());
					chaos.addFaultsOf(server);
					chaos.addFaultsOf(proxy);
					chaos.recoverBy((fault) -> awaitSize(pool, callers.size(), fault));
					logger.info("Faults %s; -Dsoak.seed=%d".formatted(chaos.call(), this.soak.seed()));
				}
				finally {
					running.set(false);
				}
				for (Thread caller : callers) {
					caller.join(SoakWorker.NEVER.toMillis());
					assertThat(caller.isAlive()).as(caller.getName()).isFalse();
				}
				assertThatNothingLeaked(server, context.getBean(PooledLettuceConnectionFactory.class));
			});
		}
	}

	/**
	 * Holds a connection for as long as it may, again and again: as many connections are
	 * needed as there are callers, whatever this machine can do.
	 */
	private static void block(StringRedisTemplate template, BooleanSupplier running) {
		while (running.getAsBoolean()) {
			try {
				template.opsForList().leftPop("empty", Duration.ofSeconds(1));
			}
			catch (DataAccessException | RedisException ex) {
				// An interrupt is one of the faults.
				Thread.interrupted();
				LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
			}
		}
	}

	private static void awaitSize(RedisPool pool, int needed, String fault) {
		PoolSettings settings = pool.getSettings();
		if (settings.getMaxSizeLimit() != MAX_SIZE || settings.getMinIdle() != MIN_IDLE) {
			pool.resize(MAX_SIZE, MIN_IDLE);
		}
		PoolSizing before = Objects.requireNonNull(pool.getSizing());
		long start = System.nanoTime();
		await().atMost(SETTLED).untilAsserted(() -> {
			PoolSizing sizing = Objects.requireNonNull(pool.getSizing());
			assertThat(sizing.size()).as("%s: %s", fault, sizing).isGreaterThanOrEqualTo(needed);
		});
		logger.info("%s: size %d, enough after %d ms".formatted(fault, before.size(),
				Duration.ofNanos(System.nanoTime() - start).toMillis()));
	}

	private ApplicationContextRunner application(int port, int sharedConnections, int lowLatencyCallers,
			String maxSize) {
		return PooledApplication.on(port)
			.withPropertyValues("spring.data.redis.connect-timeout=2s", "spring.data.redis.timeout=1500ms",
					"lettuce.pool.shared-connections=" + sharedConnections,
					"lettuce.pool.low-latency-callers=" + lowLatencyCallers, "lettuce.pool.max-size=" + maxSize,
					"lettuce.pool.max-size-limit=" + MAX_SIZE, "lettuce.pool.min-idle=" + MIN_IDLE,
					"lettuce.pool.max-wait=1s", "lettuce.pool.idle-timeout=2s", "lettuce.pool.max-lifetime=3s",
					"lettuce.pool.keepalive-interval=500ms", "lettuce.pool.validate-after-idle=100ms",
					"lettuce.pool.validation-timeout=300ms");
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
			assertThat(server.clients())
				.hasSize(snapshot.shared().connected() + snapshot.shared().lowLatency() + snapshot.exclusive().total());
			assertThat(factory.getPool().snapshot()).isEqualTo(snapshot);
			assertThat(this.events.returned()).isEqualTo(this.events.borrowed());
		});
	}

	private void assertThatAllPermitsAreLeft(PooledLettuceConnectionFactory factory) {
		RedisPool pool = factory.getPool();
		pool.retireAll();
		pool.resize(MAX_SIZE, MAX_SIZE);
		List<RedisConnection> borrowers = new ArrayList<>();
		try {
			for (int i = 0; i < MAX_SIZE; i++) {
				// A busy machine may need longer than max-wait, but a lost permit never
				// comes back.
				await().atMost(SETTLED).ignoreExceptions().until(() -> borrowers.add(inTransaction(factory)));
			}
			assertThat(pool.snapshot().exclusive().active()).isEqualTo(MAX_SIZE);
			RedisConnection oneTooMany = factory.getConnection();
			borrowers.add(oneTooMany);
			assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(oneTooMany::multi);
		}
		finally {
			borrowers.forEach(RedisConnection::close);
		}
		await().atMost(SETTLED).untilAsserted(() -> assertThat(pool.snapshot().exclusive().active()).isZero());
	}

	private static RedisConnection inTransaction(PooledLettuceConnectionFactory factory) {
		RedisConnection connection = factory.getConnection();
		try {
			connection.multi();
			return connection;
		}
		catch (RuntimeException ex) {
			// Another MULTI on it would do nothing.
			connection.close();
			throw ex;
		}
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
