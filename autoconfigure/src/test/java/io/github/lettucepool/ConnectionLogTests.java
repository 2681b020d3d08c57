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
import java.util.stream.IntStream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what the log tells at DEBUG of the life of a connection.
 */
@Timeout(300)
@ExtendWith(OutputCaptureExtension.class)
class ConnectionLogTests {

	private static final String PASSWORD = "never-to-be-seen";

	private final Logger logger = (Logger) LoggerFactory.getLogger("io.github.lettucepool");

	private final Level level = this.logger.getLevel();

	@BeforeEach
	void tellMore() {
		this.logger.setLevel(Level.DEBUG);
	}

	@AfterEach
	void tellAsBefore() {
		this.logger.setLevel(this.level);
	}

	@Test
	void theLifeOfAConnectionIsToldAtDebug(CapturedOutput output, @Redis(password = PASSWORD) RedisServer server) {
		useAConnectionTwiceAndRetireIt(server);
		assertThat(output)
			.containsPattern(
					"(?s)DEBUG [^\\n]* Pool 'orders' opened (connection \\d+) \\(allocated, age=\\d+ ms, leases=0\\).*"
							+ "DEBUG [^\\n]* Pool 'orders' closes \\1 \\(invalid, age=\\d+ ms, leases=2\\): retired")
			.doesNotContain(PASSWORD);
	}

	@Test
	void atInfoNothingIsToldOfIt(CapturedOutput output, @Redis(password = PASSWORD) RedisServer server) {
		this.logger.setLevel(Level.INFO);
		useAConnectionTwiceAndRetireIt(server);
		assertThat(output).contains("Pool 'orders' for ").doesNotContain("opened connection", "closes connection");
	}

	@Test
	void theEndIsNothingToWarnOf(CapturedOutput output, @Redis RedisServer server) {
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("ending",
				new RedisStandaloneConfiguration(server.host(), server.port()),
				LettuceClientConfiguration.defaultConfiguration(),
				PoolSettings.builder().sharedConnections(2).lowLatencyCallers(8).build());
		factory.afterPropertiesSet();
		factory.start();
		StringRedisTemplate template = new StringRedisTemplate(factory);
		await().atMost(Duration.ofSeconds(20)).until(() -> {
			IntStream.range(0, 64).parallel().forEach((number) -> template.opsForValue().increment("key"));
			return factory.getPool().snapshot().shared().lowLatency() > 1;
		});
		factory.destroy();
		assertThat(output).contains("Pool 'ending' for ").doesNotContain("WARN", "ERROR");
	}

	private static void useAConnectionTwiceAndRetireIt(RedisServer server) {
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(server.host(), server.port());
		configuration.setPassword(PASSWORD);
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("orders", configuration,
				LettuceClientConfiguration.defaultConfiguration(),
				PoolSettings.builder().sharedConnections(0).maxSize(1).build());
		factory.afterPropertiesSet();
		factory.start();
		try (TestedPool pool = new TestedPool(factory, Codec.BLOCKING)) {
			pool.borrow().giveBack();
			pool.borrow().giveBack();
			pool.pool().retireAll();
			await().atMost(Duration.ofSeconds(20)).until(() -> pool.total() == 0);
		}
	}

}
