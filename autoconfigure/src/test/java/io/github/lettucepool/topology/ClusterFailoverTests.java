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
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that both lanes follow a cluster whose masters change.
 */
@ExtendWith(OutputCaptureExtension.class)
@Tag("slow")
class ClusterFailoverTests {

	private static final Log logger = LogFactory.getLog(ClusterFailoverTests.class);

	private static final int THREADS = 32;

	private static final int FAILOVERS = 3;

	@Redis
	private RedisCluster cluster;

	@Test
	void bothLanesWriteToTheNewMasterAfterTheOldOneWasKilled(CapturedOutput output) {
		failOver(FAILOVERS, RedisServer::kill);
		// Once for each command that met the dead node, in Lettuce's words.
		assertThat(output).doesNotContain("Connection is already closed");
	}

	/**
	 * The connections to it stay open, and new ones can be opened, but nothing is
	 * answered: whoever waits does so for the timeout, 3 s.
	 */
	@Test
	void bothLanesWriteToTheNewMasterAfterTheOldOneFellSilent() {
		failOver(1, RedisServer::pause);
	}

	@Test
	void bothLanesWriteToTheNewMasterAfterAFailoverByCommand() {
		failOver(FAILOVERS, (master) -> this.cluster.failOverTo(this.cluster.replicasOf(master).get(0)));
	}

	private void failOver(int failovers, Consumer<RedisServer> cause) {
		RedisServer first = this.cluster.masters().get(0);
		List<String> keys = keysOf(first);
		ClusterApplication.of(this.cluster).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			try (Load load = new Load(THREADS, (number) -> operation(template, number, keys.get(number)))) {
				for (int i = 0; i < failovers; i++) {
					load.awaitSuccessOfAll();
					RedisServer master = this.cluster.masterOf(keys.get(0));
					List<RedisServer> replicas = this.cluster.replicasOf(master);
					cause.accept(master);
					this.cluster.awaitPromotion(replicas);
					load.awaitSuccessOfAll();
					this.cluster.awaitHealth();
				}
				load.awaitSuccessOfAll();
				logger.info("Failures: " + load.failures());
			}
		});
	}

	private List<String> keysOf(RedisServer master) {
		List<Integer> slots = this.cluster.slotsOf(master);
		return IntStream.iterate(0, (number) -> number + 1)
			.mapToObj((number) -> "failover-" + number)
			.filter((key) -> slots.contains(this.cluster.slotOf(key)))
			.limit(THREADS)
			.toList();
	}

	private static Runnable operation(StringRedisTemplate template, int number, String key) {
		if (number % 2 == 0) {
			return () -> template.opsForValue().increment(key);
		}
		byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
		return () -> template.executePipelined((RedisCallback<Object>) (connection) -> {
			connection.stringCommands().incr(bytes);
			return null;
		});
	}

}
