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

import java.io.IOException;
import java.time.Duration;
import java.util.Map;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.SocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RespClient;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that whatever fails, fails with an exception of Spring's hierarchy.
 */
@Timeout(300)
class ExceptionHierarchyTests {

	@Redis(own = true)
	private RedisServer server;

	private PooledLettuceConnectionFactory factory;

	private Uses uses;

	@AfterEach
	void stop() {
		this.factory.destroy();
	}

	@ParameterizedTest(name = "{0} shared connections, {1} low-latency callers")
	@CsvSource({ "0,0", "2,0", "2,2" })
	void ofAServerThatWasNeverThere(int shared, int lowLatency) {
		this.server.kill();
		start(shared, lowLatency);
		assertThat(failures()).hasSizeGreaterThan(20);
	}

	@ParameterizedTest(name = "{0} shared connections, {1} low-latency callers")
	@CsvSource({ "0,0", "2,0", "2,2" })
	void ofAServerThatGoesAway(int shared, int lowLatency) {
		start(shared, lowLatency);
		this.uses.failures(1);
		this.server.kill();
		assertThat(failures()).hasSizeGreaterThan(20);
	}

	@ParameterizedTest(name = "{0} shared connections, {1} low-latency callers")
	@CsvSource({ "0,0", "2,0", "2,2" })
	void ofAServerThatIsSilent(int shared, int lowLatency) {
		start(shared, lowLatency);
		this.uses.failures(1);
		this.server.pause();
		try {
			assertThat(failures()).hasSizeGreaterThan(20);
		}
		finally {
			this.server.resume();
		}
	}

	@ParameterizedTest(name = "{0} shared connections, {1} low-latency callers")
	@CsvSource({ "0,0", "2,0", "2,2" })
	void ofAServerThatRefusesCommands(int shared, int lowLatency) {
		start(shared, lowLatency);
		this.server.execute("SET", "list", "text");
		this.server.execute("SET", "hash", "text");
		assertThat(failures()).containsKeys("blocking", "scan of a hash", "reactive blocking");
	}

	@ParameterizedTest(name = "{0} shared connections, {1} low-latency callers")
	@CsvSource({ "0,0", "2,0", "2,2" })
	void ofAServerThatWantsAPassword(int shared, int lowLatency) throws IOException {
		start(shared, lowLatency);
		try (RespClient operator = this.server.connect()) {
			operator.execute("CONFIG", "SET", "requirepass", "never-to-be-seen");
			operator.execute("CLIENT", "KILL", "TYPE", "normal");
			assertThat(failures()).hasSizeGreaterThan(20);
			operator.execute("CONFIG", "SET", "requirepass", "");
		}
	}

	@ParameterizedTest(name = "{0} shared connections, {1} low-latency callers")
	@CsvSource({ "0,0", "2,0", "2,2" })
	void ofAPoolThatIsExhausted(int shared, int lowLatency) {
		start(shared, lowLatency);
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		await().atMost(Duration.ofSeconds(30))
			.ignoreExceptions()
			.until(() -> template.executePipelined(
					(RedisCallback<Object>) (connection) -> connection.stringCommands().get(new byte[] { 1 })) != null);
		RedisConnection connection = this.factory.getConnection();
		connection.multi();
		if (shared > 0) {
			// It waits a minute longer than others.
			this.uses.leaveOut("reactive blocking");
		}
		assertThat(failures()).containsKeys("blocking", "pipeline", "transaction");
		connection.close();
	}

	private Map<String, Throwable> failures() {
		Map<String, Throwable> failures = this.uses.failures(2);
		assertThat(failures)
			.allSatisfy((use, failure) -> assertThat(failure).as(use).isInstanceOf(DataAccessException.class));
		return failures;
	}

	private void start(int shared, int lowLatency) {
		this.factory = new PooledLettuceConnectionFactory("failing",
				new RedisStandaloneConfiguration(this.server.host(), this.server.port()),
				LettuceClientConfiguration.builder()
					.commandTimeout(Duration.ofMillis(300))
					.clientOptions(ClientOptions.builder()
						.socketOptions(SocketOptions.builder().connectTimeout(Duration.ofMillis(500)).build())
						.build())
					.build(),
				PoolSettings.builder()
					.sharedConnections(shared)
					.lowLatencyCallers(lowLatency)
					.maxSize(1)
					.maxWait(Duration.ofMillis(200))
					.build());
		this.factory.start();
		this.uses = new Uses(this.factory);
	}

}
