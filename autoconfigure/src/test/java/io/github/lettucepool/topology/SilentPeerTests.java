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

import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.proxy.FaultProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

/**
 * Tests of connections whose peer is silent and has not closed them.
 */
@ExtendWith(OutputCaptureExtension.class)
@Tag("slow")
class SilentPeerTests {

	/**
	 * Twice the time in which a silent peer is found on the defaults.
	 */
	private static final Duration HANGS = Duration.ofMinutes(1);

	/**
	 * The example of the tuning guide.
	 */
	private static final String[] TUNED = { "spring.data.redis.timeout=500ms", "spring.data.redis.connect-timeout=1s",
			"lettuce.pool.keepalive-interval=1s" };

	@Redis(own = true)
	private static RedisServer server;

	private final FaultProxy proxy = new FaultProxy(server.port());

	@AfterEach
	void close() {
		this.proxy.close();
		server.resume();
	}

	@ParameterizedTest(name = "tuned: {0}")
	@ValueSource(booleans = { true, false })
	void connectionsOfBothLanesThatAHostNeverAnswersAgainAreReplaced(boolean tuned) {
		application(this.proxy.port(), tuned).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			awaitSuccess(() -> BothLanes.use(template));
			this.proxy.silenceAll();
			awaitSuccess(() -> BothLanes.useExclusive(template));
			awaitSuccess(() -> template.opsForValue().get("key"));
		});
	}

	@Test
	void aServerThatWasStoppedIsFoundAndCallersAreNotKeptWaiting() {
		application(server.port(), true).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			awaitSuccess(() -> template.opsForValue().set("key", "value"));
			server.pause();
			await().atMost(HANGS)
				.untilAsserted(() -> assertThat(catchThrowable(() -> template.opsForValue().get("key")))
					.isInstanceOf(RedisConnectionFailureException.class)
					.hasMessageContaining("none of its 1 shared connections is connected"));
			server.resume();
			awaitSuccess(() -> template.opsForValue().get("key"));
		});
	}

	@ParameterizedTest(name = "tuned: {0}")
	@ValueSource(booleans = { true, false })
	void aSharedConnectionToANodeOfAClusterThatIsSilentIsReplaced(boolean tuned, CapturedOutput output,
			@Redis(own = true, masters = 1, replicas = 0) RedisCluster cluster) {
		RedisServer node = cluster.nodes().get(0);
		ClusterApplication.of(cluster)
			.withPropertyValues("lettuce.pool.shared-connections=1")
			.withPropertyValues(tuned ? TUNED : new String[0])
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				awaitSuccess(() -> template.opsForValue().set("key", "value"));
				node.pause();
				await().atMost(HANGS).untilAsserted(() -> {
					assertThat(catchThrowable(() -> template.opsForValue().get("key"))).isNotNull();
					assertThat(output).contains(node.port() + " owes replies and has been silent");
				});
				node.resume();
				awaitSuccess(() -> template.opsForValue().get("key"));
			});
	}

	private static void awaitSuccess(ThrowingRunnable operation) {
		await().atMost(HANGS).pollInterval(Duration.ofMillis(20)).ignoreExceptions().untilAsserted(operation);
	}

	private static ApplicationContextRunner application(int port, boolean tuned) {
		return PooledApplication.on(port)
			.withPropertyValues("lettuce.pool.shared-connections=1")
			.withPropertyValues(tuned ? TUNED : new String[0]);
	}

}
