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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.connection.stream.StreamReadOptions;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.junit.SharedRedis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that {@code RedisTemplate} does on a cluster what it does on one server.
 */
class ClusterCommandTests {

	private static final int KEYS = 100;

	@Redis(config = SharedRedis.STEADY)
	private RedisCluster cluster;

	@ParameterizedTest(name = "shared connections: {0}, read-from: {1}")
	@CsvSource({ "1, upstream", "0, upstream", "1, replica-preferred", "0, replica-preferred" })
	void ordinaryCommandsGoToAllNodes(int shared, String readFrom) {
		run(shared, readFrom, (template) -> {
			for (int i = 0; i < KEYS; i++) {
				template.opsForValue().set("key-" + i, "value-" + i);
			}
			// What a replica has may be older.
			await().untilAsserted(() -> assertThat(IntStream.range(0, KEYS))
				.allSatisfy((i) -> assertThat(template.opsForValue().get("key-" + i)).isEqualTo("value-" + i)));
		});
	}

	@ParameterizedTest(name = "shared connections: {0}, read-from: {1}")
	@CsvSource({ "1, upstream", "0, upstream" })
	void commandsWithManyKeysAreSplit(int shared, String readFrom) {
		run(shared, readFrom, (template) -> {
			Map<String, String> values = new TreeMap<>();
			IntStream.range(0, KEYS).forEach((i) -> values.put("many-" + i, "value-" + i));
			template.opsForValue().multiSet(values);
			assertThat(template.opsForValue().multiGet(values.keySet())).containsExactlyElementsOf(values.values());
			Set<String> scanned = new HashSet<>();
			try (Cursor<String> cursor = template.scan(ScanOptions.scanOptions().match("many-*").count(10).build())) {
				cursor.forEachRemaining(scanned::add);
			}
			assertThat(scanned).isEqualTo(values.keySet());
			assertThat(template.countExistingKeys(values.keySet())).isEqualTo(KEYS);
			assertThat(template.delete(values.keySet())).isEqualTo(KEYS);
			template.opsForSet().add("set-1", "a", "b");
			template.opsForSet().add("set-2", "b", "c");
			assertThat(template.opsForSet().intersect("set-1", "set-2")).containsExactly("b");
		});
	}

	@ParameterizedTest(name = "shared connections: {0}, read-from: {1}")
	@CsvSource({ "1, upstream", "0, upstream", "1, replica-preferred" })
	void pipelinesGoToAllNodesAndKeepTheirOrder(int shared, String readFrom) {
		run(shared, readFrom, (template) -> {
			List<Object> replies = template.executePipelined((RedisCallback<Object>) (connection) -> {
				for (int i = 0; i < KEYS; i++) {
					connection.stringCommands().set(bytes("pipeline-" + i), bytes("value-" + i));
					connection.stringCommands().getSet(bytes("pipeline-" + i), bytes("next"));
				}
				return null;
			});
			assertThat(replies).hasSize(2 * KEYS);
			assertThat(IntStream.range(0, KEYS))
				.allSatisfy((i) -> assertThat(replies.get(2 * i + 1)).isEqualTo("value-" + i));
		});
	}

	@ParameterizedTest(name = "shared connections: {0}, read-from: {1}")
	@CsvSource({ "1, upstream", "0, upstream" })
	@SuppressWarnings("unchecked") // An array of offsets.
	void blockingCommandsWait(int shared, String readFrom) {
		run(shared, readFrom, (template) -> {
			for (int i = 0; i < 5; i++) {
				String list = "list-" + i;
				CompletableFuture<String> popped = CompletableFuture
					.supplyAsync(() -> template.opsForList().leftPop(list, Duration.ofSeconds(20)));
				await().until(() -> this.cluster.masterOf(list).clients().toString().contains("cmd=blpop"));
				template.opsForList().rightPush(list, "element");
				assertThat(popped).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("element");
			}
			StreamOffset<String> offset = StreamOffset.create("stream", ReadOffset.from("0-0"));
			CompletableFuture<?> read = CompletableFuture.supplyAsync(() -> template.opsForStream()
				.read(StreamReadOptions.empty().block(Duration.ofSeconds(20)), offset));
			await().until(() -> this.cluster.masterOf("stream").clients().toString().contains("cmd=xread"));
			template.opsForStream().add("stream", Map.of("field", "value"));
			assertThat(read).succeedsWithin(Duration.ofSeconds(10)).asString().contains("field");
			template.delete("stream");
		});
	}

	@ParameterizedTest(name = "shared connections: {0}, read-from: {1}")
	@CsvSource({ "1, upstream", "0, upstream" })
	void scriptsRunWhereTheirKeysAre(int shared, String readFrom) {
		RedisScript<String> script = RedisScript
			.of("redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])", String.class);
		run(shared, readFrom, (template) -> {
			for (int i = 0; i < 20; i++) {
				assertThat(template.execute(script, List.of("script-" + i), "value-" + i)).isEqualTo("value-" + i);
			}
		});
	}

	@ParameterizedTest(name = "shared connections: {0}, read-from: {1}")
	@CsvSource({ "1, upstream", "0, upstream" })
	void reactiveCommandsGoToAllNodes(int shared, String readFrom) {
		run(shared, readFrom, (template) -> {
			ReactiveStringRedisTemplate reactive = new ReactiveStringRedisTemplate(
					(ReactiveRedisConnectionFactory) template.getRequiredConnectionFactory());
			for (int i = 0; i < KEYS; i++) {
				String key = "reactive-" + i;
				assertThat(reactive.opsForValue().set(key, key).then(reactive.opsForValue().get(key)).block())
					.isEqualTo(key);
			}
		});
	}

	@Test
	void nodesAndClientsAreKnownWhereAllCommandsAreReactive() {
		ClusterApplication.of(this.cluster).run((context) -> {
			RedisPool pool = context.getBean(RedisPool.class);
			assertThat(pool.getServer().nodes()).isEmpty();
			new ReactiveStringRedisTemplate(context.getBean(ReactiveRedisConnectionFactory.class)).opsForValue()
				.get("key")
				.block();
			assertThat(pool.getServer().nodes()).hasSameSizeAs(this.cluster.nodes());
			assertThat(pool.getServer().askForClients().toCompletableFuture().join()).isNotNull();
		});
	}

	private void run(int shared, String readFrom, Consumer<StringRedisTemplate> test) {
		ClusterApplication.of(this.cluster)
			.withPropertyValues("lettuce.pool.shared-connections=" + shared,
					"spring.data.redis.lettuce.read-from=" + readFrom)
			.run((context) -> {
				test.accept(context.getBean(StringRedisTemplate.class));
				RedisPool pool = context.getBean(RedisPool.class);
				await().until(() -> pool.snapshot().exclusive().active() == 0);
				PoolSnapshot snapshot = pool.snapshot();
				assertThat(snapshot.leases()).isEmpty();
				assertThat(snapshot.exclusive().total()).isEqualTo(snapshot.exclusive().idle());
			});
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
