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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RedisServerBuilder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of a master that is away while {@code read-from} allows a replica.
 */
@Tag("slow")
class MasterAwayTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static RedisServer master;

	private static RedisServer replica;

	private static RedisServer sentinel;

	@BeforeAll
	static void startServers() {
		master = observed().start();
		replica = observed().replicaOf(master).start();
		master.awaitReplicas(1);
		sentinel = RedisSentinelSet.startObserver(master, "shop");
		await().atMost(PATIENCE)
			.until(() -> String.valueOf(sentinel.execute("SENTINEL", "REPLICAS", "shop")).contains("flags, slave, "));
	}

	/**
	 * A master that was killed comes back empty.
	 */
	@BeforeEach
	void fill() {
		master.start();
		master.awaitReplicas(1);
		master.execute("SET", "key", "value");
		await().atMost(PATIENCE).until(() -> "value".equals(replica.execute("GET", "key")));
	}

	private static RedisServerBuilder observed() {
		return RedisServer.builder().config("user", RedisSentinelSet.OBSERVER, "on", "nopass", "+@all", "&*");
	}

	@AfterAll
	static void stopServers() {
		sentinel.close();
		replica.close();
		master.close();
	}

	@ParameterizedTest(name = "{0}, {1}, shared connections: {2}")
	@CsvSource({ "static, replica, 1", "static, upstream-preferred, 0", "sentinel, replica-preferred, 1",
			"sentinel, any, 0" })
	void anApplicationThatStartsReadsAndWritesAsSoonAsTheMasterIsBack(String topology, String readFrom, int shared) {
		master.kill();
		application(topology, readFrom, shared).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			for (int i = 0; i < 10; i++) {
				assertThat(template.opsForValue().get("key")).isEqualTo("value");
			}
			assertThat(context.getBean(ReactiveStringRedisTemplate.class).opsForValue().get("key").block(PATIENCE))
				.isEqualTo("value");
			assertThatExceptionOfType(RuntimeException.class)
				.isThrownBy(() -> template.opsForValue().set("key", "value"));
			assertThat(template.opsForValue().get("key")).isEqualTo("value");
			master.start();
			awaitWrites(template);
		});
	}

	@ParameterizedTest(name = "{0}")
	@CsvSource({ "static", "sentinel" })
	void anApplicationThatRunsGoesOnReadingAndScalesUp(String topology) {
		application(topology, "replica", 1).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			BothLanes.use(template);
			assertThat(template.opsForValue().get("key")).isEqualTo("value");
			master.kill();
			context.getBean(RedisPool.class).retireAll();
			await().atMost(PATIENCE)
				.ignoreExceptions()
				.untilAsserted(() -> assertThat(read(template)).isEqualTo("value"));
			for (int i = 0; i < 10; i++) {
				assertThat(read(template)).isEqualTo("value");
			}
			master.start();
			awaitWrites(template);
		});
	}

	@Tag("quick")
	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 1, 0 })
	void replicasAloneAreRead(int shared) {
		runner(shared)
			.withPropertyValues("spring.data.redis.masterreplica.nodes=127.0.0.1:" + replica.port(),
					"spring.data.redis.lettuce.read-from=replica")
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				for (int i = 0; i < 10; i++) {
					assertThat(template.opsForValue().get("key")).isEqualTo("value");
				}
			});
	}

	@Tag("quick")
	@Test
	void readsThatAreToGoToTheMasterFail() {
		runner(1)
			.withPropertyValues("spring.data.redis.masterreplica.nodes=127.0.0.1:" + replica.port(),
					"spring.data.redis.lettuce.read-from=master")
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> template.opsForValue().get("key"))
					.withMessageContaining("Master is currently unknown");
			});
	}

	/**
	 * Reads over a connection of the exclusive lane, and over a shared one.
	 */
	private static Object read(StringRedisTemplate template) {
		assertThat(template.opsForValue().get("key")).isEqualTo("value");
		return template
			.executePipelined((RedisCallback<Object>) (connection) -> connection.stringCommands()
				.get("key".getBytes(StandardCharsets.UTF_8)))
			.get(0);
	}

	private static void awaitWrites(StringRedisTemplate template) {
		await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
			template.opsForValue().set("key", "value");
			BothLanes.use(template);
		});
		BothLanes.use(template);
	}

	private static ApplicationContextRunner application(String topology, String readFrom, int shared) {
		Map<String, String> nodes = Map.of("static",
				"masterreplica.nodes=127.0.0.1:%d,127.0.0.1:%d".formatted(master.port(), replica.port()), "sentinel",
				"sentinel.nodes=127.0.0.1:%d".formatted(sentinel.port()));
		return runner(shared)
			.withPropertyValues("spring.data.redis." + nodes.get(topology),
					"spring.data.redis.lettuce.read-from=" + readFrom)
			.withPropertyValues(topology.equals("sentinel") ? new String[] { "spring.data.redis.sentinel.master=shop" }
					: new String[0]);
	}

	private static ApplicationContextRunner runner(int shared) {
		return PooledApplication.runner(DataRedisReactiveAutoConfiguration.class)
			.withPropertyValues("lettuce.pool.shared-connections=" + shared, "spring.data.redis.connect-timeout=30s",
					"spring.data.redis.timeout=30s", "lettuce.pool.max-wait=30s");
	}

}
