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

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.RedisConnection;

import io.github.lettucepool.PoolExhaustedException;
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

	@ParameterizedTest(name = "with {0} shared connections, {1} low-latency callers")
	@CsvSource({ "2, 0", "2, 4", "0, 0" })
	void noFaultCostsAThreadAConnectionAReplyOrAnIncrement(int sharedConnections, int lowLatencyCallers, @Redis(
			own = true,
			config = { "appendonly yes", "appendfsync no", "auto-aof-rewrite-percentage 0" }) RedisServer server)
			throws Exception {
		// A killed server must still have what it acknowledged. It writes before it
		// replies; only a crash of the machine would call for fsync.
		try (FaultProxy proxy = new FaultProxy(server.port())) {
			application(proxy.port(), sharedConnections, lowLatencyCallers).run((context) -> {
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

	private ApplicationContextRunner application(int port, int sharedConnections, int lowLatencyCallers) {
		return PooledApplication.on(port)
			.withPropertyValues("spring.data.redis.connect-timeout=2s", "spring.data.redis.timeout=1500ms",
					"lettuce.pool.shared-connections=" + sharedConnections,
					"lettuce.pool.low-latency-callers=" + lowLatencyCallers, "lettuce.pool.max-size=" + MAX_SIZE,
					"lettuce.pool.min-idle=" + MIN_IDLE, "lettuce.pool.max-wait=1s", "lettuce.pool.idle-timeout=2s",
					"lettuce.pool.max-lifetime=3s", "lettuce.pool.keepalive-interval=500ms",
					"lettuce.pool.validate-after-idle=100ms", "lettuce.pool.validation-timeout=300ms");
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
