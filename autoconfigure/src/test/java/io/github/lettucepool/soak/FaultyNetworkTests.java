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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.proxy.FaultProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Single faults at the worst moment.
 */
@Tag("slow")
class FaultyNetworkTests {

	private final PoolSettings.Builder settings = PoolSettings.builder().sharedConnections(0).maxSize(2);

	private final EventCounter events = new EventCounter();

	@Redis(own = true)
	private RedisServer server;

	private FaultProxy proxy;

	private PooledLettuceConnectionFactory factory;

	@BeforeEach
	void startServer() {
		this.proxy = new FaultProxy(this.server.port());
	}

	@AfterEach
	void stopServer() {
		this.proxy.resume();
		this.factory.destroy();
		this.proxy.close();
	}

	@Test
	void borrowersThatGiveUpOnASilentServerDoNotMakeThePoolExceedItsSize() {
		startFactory(this.settings.maxWait(Duration.ofMillis(200)));
		await().ignoreExceptions().until(() -> "PONG".equals(ping()));
		this.proxy.resetAll();
		await().untilAsserted(() -> assertThat(total()).isZero());
		this.proxy.freeze();
		for (int i = 0; i < 10; i++) {
			assertThatExceptionOfType(RedisConnectionFailureException.class).isThrownBy(this::ping);
			// The proxy may hear of a new connection before the end of an old one.
			await().until(() -> this.proxy.connections() <= 2);
		}
		this.proxy.resume();
		await().ignoreExceptions().until(() -> "PONG".equals(ping()));
		await().until(() -> this.proxy.connections() == total() && total() <= 2);
	}

	@Test
	void aBorrowerThatGivesUpOnAServerThatIsDownLeavesItsPlaceToOthers() {
		startFactory(this.settings.maxSize(1).maxWait(Duration.ofSeconds(5)));
		RedisConnection holder = borrow();
		CompletableFuture<String> waiter = CompletableFuture.supplyAsync(this::ping);
		await().until(() -> figures().pending() == 1);
		this.server.kill();
		await().untilAsserted(() -> assertThatExceptionOfType(DataAccessException.class).isThrownBy(holder::ping));
		holder.close();
		assertThat(waiter).failsWithin(Duration.ofMinutes(1))
			.withThrowableThat()
			.withCauseInstanceOf(PoolConnectException.class);
		await().untilAsserted(() -> assertThat(total()).isZero());
		long timeouts = this.events.timeouts();
		assertThatExceptionOfType(PoolConnectException.class).isThrownBy(this::ping);
		assertThat(this.events.timeouts()).isEqualTo(timeouts);
	}

	@Test
	void aConnectionThatBecomesIdleWhileAnotherIsOpenedIsCheckedBeforeItIsLent() throws Exception {
		startFactory(this.settings.validateAfterIdle(Duration.ZERO));
		RedisConnection holder = borrow();
		this.proxy.silenceAll();
		this.proxy.hold();
		CompletableFuture<String> borrower = CompletableFuture.supplyAsync(this::ping);
		await().until(() -> figures().total() == 2);
		holder.close();
		await().until(() -> figures().idle() == 1);
		this.proxy.resume();
		assertThat(borrower.get(1, TimeUnit.MINUTES)).isEqualTo("PONG");
		// The one that was just opened, and the silent one.
		try (RedisConnection first = borrow(); RedisConnection second = borrow()) {
			assertThat(first.ping()).isEqualTo("PONG");
			assertThat(second.ping()).isEqualTo("PONG");
		}
		assertThat(this.events.closedFor(CloseReason.VALIDATION_FAILED)).isEqualTo(1);
	}

	private void startFactory(PoolSettings.Builder settings) {
		this.factory = new PooledLettuceConnectionFactory("faults",
				new RedisStandaloneConfiguration("127.0.0.1", this.proxy.port()),
				LettuceClientConfiguration.builder().shutdownTimeout(Duration.ofMillis(100)).build(), settings.build());
		this.factory.getPool().addListener(this.events);
		this.factory.afterPropertiesSet();
		this.factory.start();
	}

	/**
	 * A borrower that has its connection and has left nothing behind on it.
	 */
	private RedisConnection borrow() {
		RedisConnection connection = this.factory.getConnection();
		connection.ping();
		return connection;
	}

	private String ping() {
		try (RedisConnection connection = this.factory.getConnection()) {
			return connection.ping();
		}
	}

	private PoolSnapshot.Exclusive figures() {
		return this.factory.getPool().snapshot().exclusive();
	}

	private int total() {
		return figures().total();
	}

}
