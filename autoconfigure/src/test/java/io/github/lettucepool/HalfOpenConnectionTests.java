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
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.proxy.FaultProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Idle connections whose peer is silent without having closed them, while new ones work:
 * what a failover of a load balancer or a rebooted host leaves behind.
 */
@Tag("slow")
class HalfOpenConnectionTests {

	private static final Duration NEVER = Duration.ofMinutes(10);

	private static ClientResources resources;

	@Redis(own = true)
	private static RedisServer server;

	private FaultProxy proxy;

	private TestedPool pool;

	@BeforeAll
	static void createResources() {
		resources = DefaultClientResources.create();
	}

	@AfterAll
	static void shutDownResources() {
		resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@BeforeEach
	void startProxy() {
		this.proxy = new FaultProxy(server.port());
	}

	@AfterEach
	void close() {
		this.pool.close();
		this.proxy.close();
	}

	@ParameterizedTest
	@EnumSource
	void aBorrowerWaitsForOnePingAtMost(Codec codec) {
		start(codec,
				(settings) -> settings.maxSize(8)
					.maxWait(Duration.ofSeconds(5))
					.validateAfterIdle(Duration.ZERO)
					.validationTimeout(Duration.ofSeconds(1)));
		this.pool.open(8);
		this.proxy.silenceAll();
		// One PING after the other would take 8 s.
		assertThatConnectionWorks(this.pool.borrow());
		await().until(() -> this.pool.events().closedFor(CloseReason.VALIDATION_FAILED) >= 7);
		List<Borrowed> all = this.pool.borrow(8);
		all.forEach(this::assertThatConnectionWorks);
	}

	@ParameterizedTest
	@EnumSource
	void noBorrowerWaitsBehindAKeepaliveThatIsNotAnswered(Codec codec) {
		start(codec,
				(settings) -> settings.maxSize(1)
					.maxWait(Duration.ofSeconds(10))
					.keepaliveInterval(Duration.ofMillis(100))
					.validationTimeout(NEVER));
		this.pool.open(1);
		this.proxy.silenceAll();
		await().until(() -> this.pool.idle() == 0 && this.pool.total() == 1);
		assertThatConnectionWorks(this.pool.borrow());
		assertThat(this.pool.events().closeReasons()).containsExactly(CloseReason.ROOM);
	}

	@ParameterizedTest
	@EnumSource
	void keepaliveFindsAllOfThem(Codec codec) {
		start(codec,
				(settings) -> settings.maxSize(4)
					.keepaliveInterval(Duration.ofMillis(100))
					.validateAfterIdle(NEVER)
					.validationTimeout(Duration.ofMillis(200)));
		this.pool.open(4);
		this.proxy.silenceAll();
		await().until(() -> this.pool.total() == 0);
		assertThat(this.pool.events().closeReasons()).hasSize(4).containsOnly(CloseReason.VALIDATION_FAILED);
		assertThatConnectionWorks(this.pool.borrow());
	}

	private void start(Codec codec, UnaryOperator<PoolSettings.Builder> settings) {
		PoolSettings.Builder builder = PoolSettings.builder().sharedConnections(0).maxWait(NEVER);
		this.pool = new TestedPool(new PooledLettuceConnectionFactory("half-open",
				new RedisStandaloneConfiguration(server.host(), this.proxy.port()),
				LettuceClientConfiguration.builder().clientResources(resources).build(),
				settings.apply(builder).build()), codec);
		this.pool.factory().start();
	}

	private void assertThatConnectionWorks(Borrowed borrowed) {
		assertThat(borrowed.call("ECHO", "fine")).isEqualTo("fine");
		borrowed.giveBack();
	}

}
