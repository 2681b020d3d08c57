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

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.SharedRedis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the snapshot knows how many commands of the shared lane wait for their
 * replies.
 */
class CommandsInFlightTests {

	private static final int COMMANDS = 3;

	@ParameterizedTest(name = "{0}, reads from {1}")
	@CsvSource({ "STANDALONE, upstream", "SENTINELS, upstream", "SENTINELS, replica-preferred", "CLUSTER, upstream",
			"MASTER_AND_REPLICAS, replica-preferred" })
	void commandsWithoutReplyAreCounted(Topology topology, String readFrom) {
		topology.application()
			.withPropertyValues("lettuce.pool.low-latency-callers=0", "lettuce.pool.shared-connections=2",
					"spring.data.redis.lettuce.read-from=" + readFrom)
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				RedisPool pool = context.getBean(RedisPool.class);
				IntSupplier inFlight = () -> pool.snapshot().shared().inFlight();
				template.opsForValue().set("in-flight", "0");
				await().until(() -> inFlight.getAsInt() == 0);
				RedisServer master = master(topology);
				master.execute("CLIENT", "PAUSE", "2000", "WRITE");
				List<CompletableFuture<Long>> replies = IntStream.range(0, COMMANDS)
					.mapToObj((number) -> CompletableFuture.supplyAsync(
							() -> template.opsForValue().increment("in-flight"), (task) -> new Thread(task).start()))
					.toList();
				await().until(() -> inFlight.getAsInt() == COMMANDS);
				master.execute("CLIENT", "UNPAUSE");
				assertThat(replies).extracting(CompletableFuture::join).containsExactlyInAnyOrder(1L, 2L, 3L);
				await().until(() -> inFlight.getAsInt() == 0);
			});
	}

	private static RedisServer master(Topology topology) {
		return (topology == Topology.CLUSTER) ? SharedRedis.cluster().masterOf("in-flight")
				: SharedRedis.sentinels().master();
	}

}
