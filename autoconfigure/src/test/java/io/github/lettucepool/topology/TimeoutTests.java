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

package io.github.lettucepool.topology;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.connection.stream.StreamReadOptions;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests how long commands may take.
 */
@Tag("slow")
class TimeoutTests {

	/**
	 * Longer than an ordinary command may take.
	 */
	private static final Duration BLOCKING = Duration.ofSeconds(4);

	private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(3);

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@Redis(own = true)
	private static RedisServer server;

	@AfterEach
	void close() {
		server.resume();
	}

	@ParameterizedTest(name = "with a replica: {0}, shared connections: {1}")
	@CsvSource({ "false, 0", "false, 1", "true, 0", "true, 1" })
	void anOrdinaryCommandOfAServerThatFallsSilentEnds(boolean withReplica, int shared) {
		RedisServer replica = withReplica ? RedisServer.builder().replicaOf(server).start() : null;
		try {
			application(replica, shared).run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				ReactiveStringRedisTemplate reactive = reactive(context);
				try (Load load = new Load(32, (number) -> operation(number, template, reactive))) {
					load.awaitSuccessOfAll();
					server.pause();
					load.awaitFailureOfAll();
					load.awaitFailureOfAll();
					server.resume();
					load.awaitSuccessOfAll();
				}
			});
		}
		finally {
			if (replica != null) {
				replica.close();
			}
		}
	}

	private static Runnable operation(int number, StringRedisTemplate template, ReactiveStringRedisTemplate reactive) {
		String key = "key-" + number;
		return switch (number % 4) {
			case 0 -> () -> template.opsForValue().get(key);
			case 1 -> () -> template.opsForValue().increment(key);
			case 2 -> () -> reactive.opsForValue().get(key).block();
			default -> () -> BothLanes.useExclusive(template);
		};
	}

	@ParameterizedTest(name = "{0}, shared connections: {1}")
	@CsvSource({ "STANDALONE, 0", "STANDALONE, 1", "SENTINELS, 1", "CLUSTER, 0", "CLUSTER, 1", "MASTER_AND_REPLICAS, 0",
			"MASTER_AND_REPLICAS, 1" })
	@SuppressWarnings("unchecked") // An array of offsets.
	void aBlockingCommandMayTakeAsLongAsItSays(Topology topology, int shared) {
		topology.application().withPropertyValues("lettuce.pool.shared-connections=" + shared).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			CompletableFuture<String> reactive = reactive(context).opsForList().leftPop("empty", BLOCKING).toFuture();
			CompletableFuture<?> read = inAnotherThread(() -> template.opsForStream()
				.read(StreamReadOptions.empty().block(BLOCKING), StreamOffset.create("none", ReadOffset.latest())));
			assertThat(template.opsForList().leftPop("empty", BLOCKING)).isNull();
			assertThat(reactive).succeedsWithin(PATIENCE).isNull();
			assertThat(read).succeedsWithin(PATIENCE).asInstanceOf(InstanceOfAssertFactories.LIST).isEmpty();
		});
	}

	@ParameterizedTest(name = "{0}")
	@EnumSource(mode = Mode.EXCLUDE, names = "SENTINELS")
	void aBlockingCommandOfAServerThatFallsSilentEndsAfterItsTimeAndAMargin(Topology topology,
			@Redis(own = true, masters = 1, replicas = 0) RedisCluster single) {
		RedisCluster cluster = (topology == Topology.CLUSTER) ? single : null;
		try (RedisServer replica = (topology == Topology.MASTER_AND_REPLICAS)
				? RedisServer.builder().replicaOf(server).start() : null) {
			RedisServer silent = (cluster != null) ? cluster.nodes().get(0) : server;
			((cluster != null) ? ClusterApplication.of(cluster) : application(replica, 1)).run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				CompletableFuture<?> popped = inAnotherThread(() -> template.opsForList().leftPop("empty", BLOCKING));
				CompletableFuture<?> reactive = reactive(context).opsForList().leftPop("empty", BLOCKING).toFuture();
				await().until(
						() -> silent.clients().stream().filter((client) -> client.contains("cmd=blpop")).count() == 2);
				silent.pause();
				assertThat(popped).failsWithin(PATIENCE)
					.withThrowableThat()
					.withStackTraceContaining("RedisCommandTimeoutException");
				assertThat(reactive).failsWithin(PATIENCE)
					.withThrowableThat()
					.withStackTraceContaining("RedisCommandTimeoutException");
				silent.resume();
			});
		}
	}

	@Test
	@Tag("quick")
	void theTimeoutThatTheUserSetHoldsForAllCommands() {
		application(null, 1).withPropertyValues("spring.data.redis.timeout=500ms").run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> template.opsForList().leftPop("empty", Duration.ofMinutes(1)))
				.withStackTraceContaining("RedisCommandTimeoutException");
		});
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	void aLongerTimeoutThatTheUserSetHoldsToo(int shared) {
		application(null, shared).withPropertyValues("spring.data.redis.timeout=20s").run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			template.opsForValue().set("key", "value");
			assertThat(reactive(context).opsForValue().get("key").block()).isEqualTo("value");
			server.pause();
			CompletableFuture<String> value = inAnotherThread(() -> template.opsForValue().get("key"));
			CompletableFuture<String> reactive = reactive(context).opsForValue().get("key").toFuture();
			await().during(DEFAULT_TIMEOUT.plusSeconds(1))
				.atMost(PATIENCE)
				.until(() -> !value.isDone() && !reactive.isDone());
			server.resume();
			assertThat(value).succeedsWithin(PATIENCE).isEqualTo("value");
			assertThat(reactive).succeedsWithin(PATIENCE).isEqualTo("value");
		});
	}

	private static <T> CompletableFuture<T> inAnotherThread(Supplier<T> call) {
		return CompletableFuture.supplyAsync(call, (task) -> new Thread(task).start());
	}

	private static ReactiveStringRedisTemplate reactive(ApplicationContext context) {
		return new ReactiveStringRedisTemplate(context.getBean(PooledLettuceConnectionFactory.class));
	}

	private ApplicationContextRunner application(RedisServer replica, int shared) {
		return PooledApplication.on(server.port())
			.withPropertyValues("lettuce.pool.shared-connections=" + shared)
			.withPropertyValues((replica != null)
					? new String[] {
							"spring.data.redis.masterreplica.nodes=" + Topology.addresses(List.of(server, replica)) }
					: new String[0]);
	}

}
