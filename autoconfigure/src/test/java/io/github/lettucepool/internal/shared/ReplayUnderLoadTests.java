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
package io.github.lettucepool.internal.shared;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSettings.Replay;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What is sent again when the server, or its connections, are killed while 32 threads use
 * them.
 */
@Timeout(300)
@Tag("slow")
class ReplayUnderLoadTests {

	private static final int THREADS = 32;

	@Redis(own = true, config = { "appendonly yes", "appendfsync no" })
	private static RedisServer server;

	private static ClientResources resources;

	private final AtomicLong operations = new AtomicLong();

	private final AtomicLong lost = new AtomicLong();

	private final AtomicBoolean running = new AtomicBoolean(true);

	private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

	@BeforeAll
	static void startServer() {
		// A killed server must still have what it acknowledged. It writes before it
		// replies; only a crash of the machine would call for fsync.
		resources = DefaultClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2).build();
	}

	@AfterAll
	static void stopServer() {
		resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@AfterEach
	void endThreads() {
		this.running.set(false);
		this.threads.shutdownNow();
	}

	@ParameterizedTest
	@EnumSource
	void aKilledServerNeverCountsAnIncrementTwiceUnlessEverythingIsReplayed(Replay replay) throws Exception {
		List<Counter> counters = load(replay, 2, () -> {
			server.kill();
			server.start();
		});
		assertThatEveryIncrementCounts(replay, counters);
	}

	@ParameterizedTest
	@EnumSource
	void killedConnectionsNeverCountAnIncrementTwiceUnlessEverythingIsReplayed(Replay replay) throws Exception {
		List<Counter> counters = load(replay, 10, () -> server.execute("CLIENT", "KILL", "TYPE", "normal"));
		assertThatEveryIncrementCounts(replay, counters);
	}

	private List<Counter> load(Replay replay, int faults, Runnable fault) throws Exception {
		server.execute("FLUSHALL");
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("replay",
				new RedisStandaloneConfiguration(server.host(), server.port()),
				LettuceClientConfiguration.builder()
					.clientResources(resources)
					.commandTimeout(Duration.ofMinutes(1))
					.build(),
				PoolSettings.builder().sharedConnections(2).replay(replay).build());
		factory.start();
		try {
			factory.initConnection();
			List<Counter> counters = new ArrayList<>();
			List<Future<?>> ends = new ArrayList<>();
			for (int i = 0; i < THREADS; i++) {
				Counter counter = new Counter(factory, replay, "counter" + i);
				counters.add(counter);
				ends.add(this.threads.submit(counter));
			}
			// Until something was under way when it was killed.
			for (int i = 0; i < faults || (replay != Replay.ALL && this.lost.get() == 0); i++) {
				awaitOperations();
				fault.run();
			}
			awaitOperations();
			this.running.set(false);
			for (Future<?> end : ends) {
				end.get(2, TimeUnit.MINUTES);
			}
			return counters;
		}
		finally {
			this.running.set(false);
			factory.destroy();
		}
	}

	private void awaitOperations() {
		long before = this.operations.get();
		await().until(() -> this.operations.get() > before + 10 * THREADS);
	}

	private void assertThatEveryIncrementCounts(Replay replay, List<Counter> counters) {
		for (Counter counter : counters) {
			assertThat(Long
				.parseLong((String) Stream.ofNullable(server.execute("GET", counter.key)).findAny().orElse("0")))
				.as("%s: %d acknowledged, %d unknown, %d failures", counter.key, counter.acknowledged, counter.unknown,
						counter.failures)
				.isGreaterThanOrEqualTo(counter.acknowledged)
				.isLessThanOrEqualTo((replay != Replay.ALL) ? counter.acknowledged + counter.unknown : Long.MAX_VALUE);
		}
	}

	/**
	 * A thread that counts up a key of its own.
	 */
	private final class Counter implements Runnable {

		private final PooledLettuceConnectionFactory factory;

		private final Replay replay;

		private final String key;

		private long acknowledged;

		private long unknown;

		private long failures;

		private Counter(PooledLettuceConnectionFactory factory, Replay replay, String key) {
			this.factory = factory;
			this.replay = replay;
			this.key = key;
		}

		@Override
		public void run() {
			while (ReplayUnderLoadTests.this.running.get()) {
				increment();
				read();
			}
		}

		private void increment() {
			this.unknown++;
			try (RedisConnection connection = this.factory.getConnection()) {
				Long value = connection.stringCommands().incr(key());
				if (this.replay != Replay.ALL) {
					assertThat(value).isGreaterThan(this.acknowledged)
						.isLessThanOrEqualTo(this.acknowledged + this.unknown);
				}
				this.acknowledged++;
				this.unknown--;
				ReplayUnderLoadTests.this.operations.incrementAndGet();
			}
			catch (DataAccessException ex) {
				this.failures++;
				ReplayUnderLoadTests.this.lost.incrementAndGet();
			}
		}

		private void read() {
			try (RedisConnection connection = this.factory.getConnection()) {
				byte[] value = connection.stringCommands().get(key());
				long read = (value != null) ? Long.parseLong(new String(value, StandardCharsets.UTF_8)) : 0;
				assertThat(read).isGreaterThanOrEqualTo(this.acknowledged);
			}
			catch (DataAccessException ex) {
				this.failures++;
			}
		}

		private byte[] key() {
			return this.key.getBytes(StandardCharsets.UTF_8);
		}

	}

}
