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

import io.lettuce.core.ClientOptions;
import io.lettuce.core.SocketOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RespClient;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.health.RedisPoolHealthIndicator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what callers, health and the log say while the server of a pool cannot be
 * reached.
 */
@Timeout(300)
@ExtendWith(OutputCaptureExtension.class)
class OutageTests {

	private static final String PASSWORD = "never-to-be-seen";

	private static final SessionCallback<Object> TRANSACTION = new SessionCallback<>() {

		@Override
		public <K, V> Object execute(RedisOperations<K, V> operations) {
			operations.multi();
			return operations.exec();
		}

	};

	@Redis(own = true)
	private RedisServer server;

	private PooledLettuceConnectionFactory factory;

	private StringRedisTemplate template;

	@BeforeEach
	void connect() {
		this.factory = new PooledLettuceConnectionFactory("baskets",
				new RedisStandaloneConfiguration(this.server.host(), this.server.port()),
				LettuceClientConfiguration.builder()
					.clientOptions(ClientOptions.builder()
						.socketOptions(SocketOptions.builder().connectTimeout(Duration.ofSeconds(30)).build())
						.build())
					.build(),
				PoolSettings.builder().sharedConnections(2).lowLatencyCallers(2).build());
		this.factory.start();
		this.template = new StringRedisTemplate(this.factory);
		this.factory.initConnection();
		this.template.execute(TRANSACTION);
	}

	@AfterEach
	void disconnect() {
		this.factory.destroy();
	}

	@Test
	void credentialsThatAreMissingAllOfASuddenAreToldToAll(CapturedOutput output) throws IOException {
		String address = this.server.host() + ":" + this.server.port();
		try (RespClient operator = this.server.connect()) {
			operator.execute("CONFIG", "SET", "requirepass", PASSWORD);
			operator.execute("CLIENT", "KILL", "TYPE", "normal");
			await().untilAsserted(() -> {
				assertThatItFails(() -> this.template.opsForValue().get("key"), address, "NOAUTH");
				assertThatItFails(() -> this.template.execute(TRANSACTION), address, "NOAUTH");
				assertThat(health()).contains(address, "NOAUTH");
				assertThat(output).contains("Pool 'baskets' cannot reach " + address);
			});
			operator.execute("CONFIG", "SET", "requirepass", "");
		}
		await().ignoreExceptions().until(() -> this.template.opsForValue().get("key") == null);
		await().untilAsserted(() -> assertThat(output).contains("Pool 'baskets' reaches " + address + " again"));
		assertThat(output).containsOnlyOnce("cannot reach").contains("NOAUTH").containsOnlyOnce("reaches");
		assertThat(output).doesNotContain(PASSWORD);
	}

	@Test
	void aServerThatIsGoneIsToldToAll(CapturedOutput output) {
		String address = this.server.host() + ":" + this.server.port();
		this.server.kill();
		await().untilAsserted(() -> {
			assertThatItFails(() -> this.template.opsForValue().get("key"), address, "Connection refused");
			assertThatItFails(() -> this.template.execute(TRANSACTION), address, "Connection refused");
			assertThat(health()).contains(address, "Connection refused");
		});
		await()
			.untilAsserted(() -> assertThat(output).containsOnlyOnce("Pool 'baskets' cannot reach " + address + ": "));
		this.server.start();
		await()
			.untilAsserted(() -> assertThat(output).containsOnlyOnce("Pool 'baskets' reaches " + address + " again"));
		assertThat(output).containsOnlyOnce("cannot reach");
	}

	@Test
	void aFactoryThatFailsToStartStartsLater() {
		this.factory.stop();
		this.factory.setEagerInitialization(true);
		this.server.kill();
		assertThatItFails(this.factory::start, "Connection refused");
		assertThat(this.factory.isRunning()).isFalse();
		this.server.start();
		this.factory.start();
		assertThat(this.factory.getPool().snapshot().state()).isEqualTo(PoolSnapshot.State.RUNNING);
		assertThat(this.template.opsForValue().get("key")).isNull();
	}

	private static void assertThatItFails(Runnable use, String... because) {
		assertThatExceptionOfType(RedisConnectionFailureException.class).isThrownBy(use::run)
			.satisfies((error) -> assertThat(error.getMessage() + error.getMostSpecificCause()).contains(because));
	}

	private String health() {
		var health = new RedisPoolHealthIndicator(this.factory.getPool()).health();
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		return String.valueOf(health.getDetails().get("error"));
	}

}
