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

package io.github.lettucepool;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolSettings.Replay;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of a read whose reply makes the server close the connection, each time.
 */
@Timeout(300)
class ReplayLimitTests {

	@Redis(own = true)
	private static RedisServer server;

	private PooledLettuceConnectionFactory factory;

	@BeforeAll
	static void startServer() {
		server.execute("SET", "large", "x".repeat(3_000_000));
		server.execute("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0");
	}

	@BeforeEach
	void resetFigures() {
		server.execute("CONFIG", "RESETSTAT");
	}

	@AfterEach
	void stop() {
		this.factory.destroy();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 2 })
	void aReadWhoseReplyEndsTheConnectionIsSentThreeTimes(int lowLatencyCallers) {
		start(Replay.READS, lowLatencyCallers);
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		await().until(() -> template.opsForValue().get("small") == null
				&& this.factory.getPool().snapshot().shared().lowLatency() >= Math.min(1, lowLatencyCallers));
		resetFigures();
		assertThatExceptionOfType(RedisConnectionFailureException.class)
			.isThrownBy(() -> template.opsForValue().get("large"))
			.withStackTraceContaining("The connection was lost each time that GET was sent, 3 times");
		assertThat(sent("get")).isEqualTo(3);
	}

	@Test
	void aReactiveReadIsSentThreeTimesToo() {
		start(Replay.READS, 0);
		assertThatExceptionOfType(RedisConnectionFailureException.class)
			.isThrownBy(() -> new ReactiveStringRedisTemplate(this.factory).opsForValue()
				.get("large")
				.block(Duration.ofSeconds(30)))
			.withStackTraceContaining("The connection was lost each time that GET was sent, 3 times");
		assertThat(sent("get")).isEqualTo(3);
	}

	@ParameterizedTest
	@EnumSource
	void itTakesNoMoreCommandsOfOthersWithItThanItIsSent(Replay replay) throws Exception {
		start(replay, 0);
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		AtomicBoolean running = new AtomicBoolean(true);
		AtomicInteger failed = new AtomicInteger();
		AtomicInteger succeeded = new AtomicInteger();
		ExecutorService threads = Executors.newSingleThreadExecutor();
		try {
			threads.execute(() -> {
				while (running.get()) {
					try {
						template.opsForValue().increment("counter");
						succeeded.incrementAndGet();
					}
					catch (DataAccessException ex) {
						failed.addAndGet(isLost(ex) ? 1 : 0);
					}
				}
			});
			await().until(() -> succeeded.get() > 10);
			assertThatExceptionOfType(RedisConnectionFailureException.class)
				.isThrownBy(() -> template.opsForValue().get("large"));
			int before = succeeded.get();
			await().until(() -> succeeded.get() > before + 10);
		}
		finally {
			running.set(false);
			threads.shutdown();
			assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
		}
		int times = (replay != Replay.NONE) ? 3 : 1;
		assertThat(sent("get")).isEqualTo(times);
		assertThat(failed).hasValueLessThanOrEqualTo(times);
	}

	/**
	 * Not refused at once, because nothing is connected.
	 */
	private static boolean isLost(DataAccessException error) {
		return String.valueOf(error.getMostSpecificCause().getMessage()).contains("was lost");
	}

	private void start(Replay replay, int lowLatencyCallers) {
		this.factory = new PooledLettuceConnectionFactory("limit",
				new RedisStandaloneConfiguration(server.host(), server.port()),
				LettuceClientConfiguration.builder().commandTimeout(Duration.ofSeconds(30)).build(),
				PoolSettings.builder()
					.sharedConnections(1)
					.lowLatencyCallers(lowLatencyCallers)
					.replay(replay)
					.build());
		this.factory.start();
		this.factory.initConnection();
	}

	private static int sent(String command) {
		Matcher calls = Pattern.compile("cmdstat_" + command + ":calls=(\\d+)")
			.matcher((String) server.execute("INFO", "commandstats"));
		return calls.find() ? Integer.parseInt(calls.group(1)) : 0;
	}

}
