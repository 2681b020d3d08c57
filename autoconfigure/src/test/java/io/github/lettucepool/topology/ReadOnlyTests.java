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

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * Tests of connections for ordinary commands to a server that was a master and is none
 * any more.
 */
class ReadOnlyTests {

	@ParameterizedTest
	@CsvSource({ "0, shop-shared", "1, shop-low-latency" })
	void aConnectionThatIsAnsweredReadonlyIsOpenedAnew(int lowLatencyCallers, String name, @Redis RedisServer master,
			@Redis(own = true) RedisServer demoted) {
		PooledApplication.on(demoted.port())
			.withPropertyValues("spring.data.redis.client-name=shop", "lettuce.pool.shared-connections=1",
					"lettuce.pool.low-latency-callers=" + lowLatencyCallers)
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				RedisPool pool = context.getBean(RedisPool.class);
				await().until(() -> {
					template.opsForValue().set("key", "value");
					return pool.snapshot().shared().lowLatency() == lowLatencyCallers;
				});
				String before = connection(demoted, name);
				demoted.execute("REPLICAOF", master.host(), String.valueOf(master.port()));
				assertThatException().isThrownBy(() -> template.opsForValue().set("key", "other"))
					.withStackTraceContaining("READONLY");
				await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> {
					template.opsForValue().get("key");
					String now = connection(demoted, name);
					return !now.equals(before) && !now.isEmpty();
				});
				demoted.execute("REPLICAOF", "NO", "ONE");
				await().atMost(Duration.ofSeconds(30))
					.ignoreExceptions()
					.untilAsserted(() -> template.opsForValue().set("key", "again"));
				assertThat(demoted.execute("GET", "key")).isEqualTo("again");
			});
	}

	/**
	 * The id of the application's connection.
	 */
	private static String connection(RedisServer server, String name) {
		return server.clients()
			.stream()
			.filter((client) -> client.contains("name=" + name + " "))
			.map((client) -> client.substring(0, client.indexOf(' ')))
			.findFirst()
			.orElse("");
	}

}
