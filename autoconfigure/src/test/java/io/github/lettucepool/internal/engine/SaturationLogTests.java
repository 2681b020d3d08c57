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

package io.github.lettucepool.internal.engine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.Borrowed;
import io.github.lettucepool.Codec;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.TestedPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link SaturationLog}, and for the lines of a pool at work.
 */
@Timeout(300)
@ExtendWith(OutputCaptureExtension.class)
class SaturationLogTests {

	private static final PoolSnapshot.Exclusive SATURATED = new PoolSnapshot.Exclusive(4, 0, 4, 0, 4, 3);

	private static final PoolSnapshot.Exclusive CALM = new PoolSnapshot.Exclusive(4, 0, 4, 0, 4, 0);

	private final SaturationLog log = new SaturationLog("orders", () -> this.figures,
			() -> "held longest by thread 'import' for 2.000 s");

	private PoolSnapshot.Exclusive figures = CALM;

	private long now = System.nanoTime();

	@Test
	void theFirstMomentOfSaturationIsToldOnce(CapturedOutput output) {
		look(SATURATED, 10);
		assertThat(output)
			.containsOnlyOnce(
					"Pool 'orders' is saturated: active=4, pending=3; " + "held longest by thread 'import' for 2.000 s")
			.contains("WARN")
			.doesNotContain("recovered");
	}

	@Test
	void theRecoveryIsToldOnceAfterSomeCalm(CapturedOutput output) {
		look(SATURATED, 10);
		look(CALM, SaturationLog.CALM_LOOKS - 1);
		assertThat(output).doesNotContain("recovered");
		look(CALM, 10);
		assertThat(output)
			.containsOnlyOnce("Pool 'orders' has recovered: nobody waits any more, after 2 s of saturation")
			.contains("INFO");
	}

	@Test
	void aShortBreakIsNoRecovery(CapturedOutput output) {
		look(SATURATED, 10);
		look(CALM, SaturationLog.CALM_LOOKS - 1);
		look(SATURATED, 10);
		assertThat(output).containsOnlyOnce("is saturated").doesNotContain("recovered");
	}

	@Test
	void thereIsNoMoreThanOnePairOfLinesAMinute(CapturedOutput output) {
		for (int i = 0; i < 10; i++) {
			look(SATURATED, 1);
			look(CALM, SaturationLog.CALM_LOOKS);
		}
		assertThat(output).containsOnlyOnce("is saturated").containsOnlyOnce("recovered");
		this.now += SaturationLog.LINE_INTERVAL.toNanos();
		look(SATURATED, 1);
		assertThat(output).contains("left out since the last such line: 9");
	}

	@Test
	void aCalmPoolSaysNothing(CapturedOutput output) {
		look(CALM, 100);
		assertThat(output).doesNotContain("orders");
	}

	@Test
	void aPoolAtWorkTellsOfItsStartItsSaturationItsRecoveryAndNoSecret(CapturedOutput output,
			@Redis(password = "never-to-be-seen") RedisServer server) {
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration(server.host(), server.port());
		configuration.setPassword("never-to-be-seen");
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("orders", configuration,
				LettuceClientConfiguration.defaultConfiguration(),
				PoolSettings.builder().sharedConnections(0).maxSize(1).build());
		factory.afterPropertiesSet();
		factory.start();
		try (TestedPool pool = new TestedPool(factory, Codec.BLOCKING)) {
			Borrowed first = pool.borrow();
			CompletableFuture<Borrowed> second = pool.borrowLaterAndWait();
			await().atMost(Duration.ofSeconds(20)).until(() -> output.toString().contains("is saturated"));
			first.giveBack();
			Borrowed.reply(second).giveBack();
			await().atMost(Duration.ofSeconds(20)).until(() -> output.toString().contains("has recovered"));
		}
		assertThat(output)
			.containsOnlyOnce(
					"Pool 'orders' for %s:%d: shared-connections=0, max-size=1".formatted(server.host(), server.port()))
			.doesNotContain("never-to-be-seen");
	}

	/**
	 * Looks five times a second.
	 */
	private void look(PoolSnapshot.Exclusive figures, int times) {
		this.figures = figures;
		for (int i = 0; i < times; i++) {
			this.log.look(this.now);
			this.now += Duration.ofMillis(200).toNanos();
		}
	}

}
