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

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of commands for a node of a cluster that cannot be reached and that nothing takes
 * the place of.
 */
class UnreachableNodeTests {

	private static final int THREADS = 8;

	private static final int FAILURES = 1000;

	@Test
	void notEachCommandTriesToConnectToTheNode(@Redis(own = true, replicas = 0) RedisCluster cluster)
			throws IOException {
		RedisServer node = cluster.masterOf("key");
		ClusterApplication.of(cluster).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			try (Load load = new Load(THREADS, (number) -> operation(template, number))) {
				load.awaitSuccessOfAll();
				node.kill();
				long attempts = attempts(node, load);
				assertThat(attempts).isPositive().isLessThan(FAILURES / 5);
				node.start();
				load.awaitSuccessOfAll();
			}
		});
	}

	/**
	 * Counts the attempts to connect while commands fail. It is a node that ends each
	 * connection at once, so that the attempts can be counted.
	 */
	private static long attempts(RedisServer node, Load load) throws IOException {
		AtomicLong accepted = new AtomicLong();
		try (ServerSocket socket = new ServerSocket(node.port(), 100, InetAddress.getByName(node.host()))) {
			Thread thread = new Thread(() -> countAndClose(socket, accepted), "accepting");
			thread.setDaemon(true);
			thread.start();
			long before = failed(load);
			await().until(() -> failed(load) > before + FAILURES);
		}
		return accepted.get();
	}

	private static void countAndClose(ServerSocket socket, AtomicLong accepted) {
		while (!socket.isClosed()) {
			try {
				socket.accept().close();
				accepted.incrementAndGet();
			}
			catch (IOException ex) {
				// The test is over.
			}
		}
	}

	private static long failed(Load load) {
		return load.failures().values().stream().mapToLong(Integer::intValue).sum();
	}

	private static Runnable operation(StringRedisTemplate template, int number) {
		if (number % 2 == 0) {
			return () -> template.opsForValue().increment("key");
		}
		return () -> template.executePipelined((RedisCallback<Object>) (connection) -> {
			connection.stringCommands().incr("key".getBytes(StandardCharsets.UTF_8));
			return null;
		});
	}

}
