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

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that both lanes follow the master that the sentinels choose.
 */
@Tag("slow")
class SentinelFailoverTests {

	private static final Log logger = LogFactory.getLog(SentinelFailoverTests.class);

	private static final int THREADS = 32;

	private static final int FAILOVERS = 3;

	@Redis
	private RedisSentinelSet set;

	@ParameterizedTest(name = "read-from={0}")
	@ValueSource(strings = { "", "replica-preferred" })
	void bothLanesWriteToTheNewMasterAfterTheOldOneWasKilled(String readFrom) {
		failOver(readFrom, FAILOVERS, RedisServer::kill);
	}

	/**
	 * The connections to it stay open, and new ones can be opened, but nothing is
	 * answered: whoever waits does so for the timeout, 3 s.
	 */
	@ParameterizedTest(name = "read-from={0}")
	@ValueSource(strings = { "", "replica-preferred" })
	void bothLanesWriteToTheNewMasterAfterTheOldOneFellSilent(String readFrom) {
		failOver(readFrom, 1, RedisServer::pause);
	}

	private void failOver(String readFrom, int failovers, Consumer<RedisServer> cause) {
		application(readFrom).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			try (Load load = new Load(THREADS, (number) -> operation(template, number))) {
				for (int i = 0; i < failovers; i++) {
					load.awaitSuccessOfAll();
					List<RedisServer> replicas = this.set.replicas();
					cause.accept(this.set.master());
					this.set.awaitPromotion(replicas);
					load.awaitSuccessOfAll();
					this.set.awaitHealth();
				}
				load.awaitSuccessOfAll();
				logger.info("Failures: " + load.failures());
			}
		});
	}

	@Test
	void connectionsToADemotedMasterAreRetired() {
		application("").run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			try (Load load = new Load(THREADS, (number) -> operation(template, number))) {
				load.awaitSuccessOfAll();
				this.set.failOver();
				load.awaitSuccessOfAll();
				this.set.awaitHealth();
				// The sentinels may have replaced a busy master a second time.
				await().untilAsserted(() -> {
					assertThat(this.set.master().clients()).anyMatch((client) -> client.contains("shop"));
					assertThat(this.set.replicas()).allSatisfy(
							(replica) -> assertThat(replica.clients()).noneMatch((client) -> client.contains("shop")));
				});
				load.awaitSuccessOfAll();
			}
		});
	}

	private static Runnable operation(StringRedisTemplate template, int number) {
		String key = "load-" + number;
		if (number % 2 == 0) {
			return () -> template.opsForValue().increment(key);
		}
		return () -> template.executePipelined((RedisCallback<Object>) (connection) -> {
			connection.stringCommands().incr(key.getBytes(StandardCharsets.UTF_8));
			return null;
		});
	}

	private ApplicationContextRunner application(String readFrom) {
		String nodes = String.join(",",
				this.set.sentinels().stream().map((sentinel) -> sentinel.host() + ":" + sentinel.port()).toList());
		return PooledApplication.runner()
			.withPropertyValues("spring.data.redis.sentinel.master=" + this.set.masterName(),
					"spring.data.redis.sentinel.nodes=" + nodes, "spring.data.redis.client-name=shop",
					"lettuce.pool.shared-connections=2")
			.withPropertyValues(readFrom.isEmpty() ? new String[0]
					: new String[] { "spring.data.redis.lettuce.read-from=" + readFrom });
	}

}
