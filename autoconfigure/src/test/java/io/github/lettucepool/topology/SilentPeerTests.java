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
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.RecoveryTable;
import io.github.lettucepool.autoconfigure.LettucePoolAutoConfiguration;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.soak.FaultProxy;

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
	 * A silent peer is found within this time, on the defaults too.
	 */
	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final Duration LONGEST_CALL = Duration.ofSeconds(5);

	/**
	 * The example of the tuning guide.
	 */
	private static final String[] TUNED = { "spring.data.redis.timeout=500ms", "spring.data.redis.connect-timeout=1s",
			"lettuce.pool.keepalive-interval=1s" };

	private final RedisServer server = RedisServer.builder().start();

	private final FaultProxy proxy = new FaultProxy(this.server.port());

	@AfterEach
	void close() {
		this.proxy.close();
		this.server.resume();
		this.server.close();
	}

	@ParameterizedTest(name = "tuned: {0}")
	@ValueSource(booleans = { true, false })
	void connectionsOfBothLanesThatAHostNeverAnswersAgainAreReplaced(boolean tuned) {
		application(this.proxy.port(), tuned).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			awaitFirstUse(() -> BothLanes.use(template));
			this.proxy.silenceAll();
			long silent = System.nanoTime();
			awaitSuccess(silent, tuned, "all connections silent, a pipeline", () -> BothLanes.useExclusive(template));
			awaitSuccess(silent, tuned, "all connections silent, a GET after that pipeline",
					() -> template.opsForValue().get("key"));
		});
	}

	@Test
	void aServerThatWasStoppedIsFoundAndCallersAreNotKeptWaiting() {
		application(this.server.port(), true).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			awaitFirstUse(() -> template.opsForValue().set("key", "value"));
			this.server.pause();
			await().atMost(PATIENCE)
				.untilAsserted(() -> assertThat(catchThrowable(() -> template.opsForValue().get("key")))
					.isInstanceOf(RedisConnectionFailureException.class)
					.hasMessageContaining("none of its 1 shared connections is connected"));
			this.server.resume();
			awaitSuccess(System.nanoTime(), true, "server stopped, from SIGCONT to a GET",
					() -> template.opsForValue().get("key"));
		});
	}

	@ParameterizedTest(name = "tuned: {0}")
	@ValueSource(booleans = { true, false })
	void aSharedConnectionToANodeOfAClusterThatIsSilentIsReplaced(boolean tuned, CapturedOutput output) {
		try (RedisCluster cluster = RedisCluster.start(1, 0)) {
			RedisServer node = cluster.nodes().get(0);
			ClusterApplication.of(cluster)
				.withPropertyValues("lettuce.pool.shared-connections=1")
				.withPropertyValues(tuned ? TUNED : new String[0])
				.run((context) -> {
					StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
					awaitFirstUse(() -> template.opsForValue().set("key", "value"));
					AtomicLong longest = new AtomicLong();
					node.pause();
					long silent = System.nanoTime();
					await().atMost(PATIENCE).untilAsserted(() -> {
						long start = System.nanoTime();
						assertThat(catchThrowable(() -> template.opsForValue().get("key"))).isNotNull();
						longest.accumulateAndGet(System.nanoTime() - start, Math::max);
						assertThat(output).contains(node.port() + " owes replies and has been silent");
					});
					row("node of a cluster silent, until it is found", tuned, silent);
					assertThat(Duration.ofNanos(longest.get())).isLessThan(LONGEST_CALL);
					node.resume();
					awaitSuccess(System.nanoTime(), tuned, "node of a cluster stopped, from SIGCONT to a GET",
							() -> template.opsForValue().get("key"));
				});
		}
	}

	/**
	 * The first connect of a process loads all of Lettuce, which may take longer than the
	 * tuned example gives it.
	 */
	private static void awaitFirstUse(Runnable use) {
		await().atMost(PATIENCE).ignoreExceptions().untilAsserted(use::run);
	}

	private static void awaitSuccess(long since, boolean tuned, String what, Runnable operation) {
		AtomicLong longest = new AtomicLong();
		await().atMost(PATIENCE.minusNanos(System.nanoTime() - since))
			.pollInterval(Duration.ofMillis(20))
			.ignoreExceptions()
			.untilAsserted(() -> {
				long start = System.nanoTime();
				try {
					operation.run();
				}
				finally {
					longest.accumulateAndGet(System.nanoTime() - start, Math::max);
				}
			});
		row(what, tuned, since);
		assertThat(Duration.ofNanos(longest.get())).isLessThan(LONGEST_CALL);
	}

	private static void row(String what, boolean tuned, long since) {
		RecoveryTable.row(what, tuned ? "tuned" : "defaults", Duration.ofNanos(System.nanoTime() - since));
	}

	private static ApplicationContextRunner application(int port, boolean tuned) {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LettucePoolAutoConfiguration.class, DataRedisAutoConfiguration.class))
			.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + port,
					"lettuce.pool.shared-connections=1")
			.withPropertyValues(tuned ? TUNED : new String[0]);
	}

}
