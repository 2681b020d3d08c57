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

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.internal.driven.DrivenEventLoop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of connections to a cluster whose callers do the work of the event loop.
 */
class CallerDrivenClusterTests {

	@Redis(own = true, masters = 3, replicas = 0)
	private static RedisCluster cluster;

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private PooledLettuceConnectionFactory factory;

	private List<String> keys;

	@AfterEach
	void close() {
		this.threads.shutdownNow();
		this.factory.destroy();
	}

	@Test
	void oneWhoWaitsReadsTheReplyOfEachNodeItself() throws Exception {
		start((settings) -> settings.sharedConnections(0));
		try (RedisConnection connection = this.factory.getConnection()) {
			for (String key : this.keys) {
				// The connection to the node is open then.
				connection.keyCommands().exists(key.getBytes(StandardCharsets.UTF_8));
				var reply = commands(connection).blpop(0.2, key.getBytes(StandardCharsets.UTF_8)).toCompletableFuture();
				var reader = reply.thenApply((value) -> Thread.currentThread());
				reply.get();
				assertThat(reader.get()).isSameAs(Thread.currentThread());
			}
		}
	}

	@Test
	void aFewCallersDriveConnectionsToTheNodesOfTheirKeys() throws Exception {
		start((settings) -> settings.lowLatencyCallers(2));
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		awaitLowLatency(template);
		for (String key : this.keys) {
			template.opsForValue().set(key, key);
			RedisServer node = cluster.masterOf(key);
			CompletableFuture<Thread> caller = new CompletableFuture<>();
			node.pause();
			try {
				Future<String> value = this.threads.submit(() -> {
					caller.complete(Thread.currentThread());
					return template.opsForValue().get(key);
				});
				await().until(() -> isDriving(caller.join()));
				node.resume();
				assertThat(value.get()).isEqualTo(key);
			}
			finally {
				node.resume();
			}
		}
		template.delete(this.keys);
	}

	private static boolean isDriving(Thread thread) {
		return Arrays.stream(thread.getStackTrace())
			.anyMatch((frame) -> frame.getClassName().equals(DrivenEventLoop.class.getName()));
	}

	@Test
	void thePartsOfACommandWithSeveralKeysTakeTheSharedLane() {
		start((settings) -> settings.lowLatencyCallers(4));
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		awaitLowLatency(template);
		for (int i = 0; i < 100; i++) {
			this.keys.forEach((key) -> template.opsForValue().set(key, key));
			assertThat(template.opsForValue().multiGet(this.keys)).isEqualTo(this.keys);
			assertThat(template.countExistingKeys(this.keys)).isEqualTo(this.keys.size());
			assertThat(template.unlink(this.keys)).isEqualTo(this.keys.size());
		}
		// Each part would have taken one.
		assertThat(this.factory.getPool().snapshot().shared().lowLatency()).isEqualTo(1);
	}

	@Test
	void whenAConnectionIsClosedItsEventLoopEnds() {
		start((settings) -> settings.lowLatencyCallers(2).maxSize(4).sharedConnections(1));
		StringRedisTemplate template = new StringRedisTemplate(this.factory);
		for (int i = 0; i < 4; i++) {
			awaitLowLatency(template);
			List<RedisConnection> connections = Stream.generate(this.factory::getConnection).limit(4).toList();
			connections.forEach((connection) -> {
				connection.listCommands().rPush(bytes("list"), bytes("value"));
				connection.listCommands().bLPop(10, bytes("list"));
			});
			connections.forEach(RedisConnection::close);
			this.factory.getPool().retireAll();
			await().until(() -> this.factory.getPool().snapshot().exclusive().total() == 0);
		}
		this.factory.destroy();
		await().until(() -> Thread.getAllStackTraces()
			.keySet()
			.stream()
			.noneMatch((thread) -> thread.getName().equals("lettuce-pool-driven-cluster")));
	}

	private static byte[] bytes(String key) {
		return key.getBytes(StandardCharsets.UTF_8);
	}

	private void awaitLowLatency(StringRedisTemplate template) {
		await().until(() -> {
			this.keys.forEach(template::hasKey);
			return this.factory.getPool().snapshot().shared().lowLatency() == 1;
		});
	}

	@SuppressWarnings("unchecked")
	private static RedisClusterAsyncCommands<byte[], byte[]> commands(RedisConnection connection) {
		return (RedisClusterAsyncCommands<byte[], byte[]>) connection.getNativeConnection();
	}

	private void start(UnaryOperator<PoolSettings.Builder> settings) {
		this.keys = cluster.masters().stream().map(CallerDrivenClusterTests::keyOf).toList();
		RedisClusterConfiguration configuration = new RedisClusterConfiguration(
				cluster.nodes().stream().map((node) -> node.host() + ":" + node.port()).toList());
		this.factory = new PooledLettuceConnectionFactory("driven-cluster", configuration,
				LettuceClientConfiguration.defaultConfiguration(), settings.apply(PoolSettings.builder()).build());
		this.factory.afterPropertiesSet();
		this.factory.start();
	}

	private static String keyOf(RedisServer master) {
		return IntStream.range(0, 1000)
			.mapToObj((number) -> "key-" + number)
			.filter((key) -> cluster.masterOf(key).port() == master.port())
			.findFirst()
			.orElseThrow();
	}

}
