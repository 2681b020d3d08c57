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

package io.github.lettucepool.soak;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RecoveryTable;
import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * How soon a server that was away is used again.
 */
@Tag("slow")
class RecoveryTimeTests {

	private static final Log logger = LogFactory.getLog(RecoveryTimeTests.class);

	private static final int SAMPLES = 9;

	private static final Duration BOUND = Duration.ofMillis(1500);

	@Test
	void aServerThatIsBackIsBorrowedFromSoon() throws Exception {
		PoolSettings settings = PoolSettings.builder().sharedConnections(0).build();
		try (RedisServer server = RedisServer.builder().start()) {
			PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("recovery",
					new RedisStandaloneConfiguration(server.host(), server.port()),
					LettuceClientConfiguration.defaultConfiguration(), settings);
			factory.afterPropertiesSet();
			factory.start();
			try {
				List<Duration> samples = new ArrayList<>();
				Random random = new Random(SAMPLES);
				for (int i = 0; i < SAMPLES; i++) {
					samples.add(recover(server, factory, random.nextInt(1000)));
				}
				Collections.sort(samples);
				Duration median = samples.get(SAMPLES / 2);
				logger.info("First borrow after the server is back: " + samples);
				RecoveryTable.row("server killed and started again, until the first borrow", "defaults", median);
				assertThat(median).isLessThan(BOUND);
			}
			finally {
				factory.destroy();
			}
		}
	}

	private Duration recover(RedisServer server, PooledLettuceConnectionFactory factory, int awayMillis)
			throws Exception {
		assertThat(borrow(factory)).isTrue();
		server.kill();
		await().until(() -> !borrow(factory));
		// So that the return falls on any moment between two probes.
		Thread.sleep(awayMillis);
		CompletableFuture<Long> firstBorrow = CompletableFuture.supplyAsync(() -> {
			await().pollInterval(Duration.ofMillis(1)).until(() -> borrow(factory));
			return System.nanoTime();
		});
		server.start();
		long back = System.nanoTime();
		return Duration.ofNanos(Math.max(0, firstBorrow.get(30, TimeUnit.SECONDS) - back));
	}

	private boolean borrow(PooledLettuceConnectionFactory factory) {
		RedisConnection connection = factory.getConnection();
		try {
			connection.ping();
			return true;
		}
		catch (RedisConnectionFailureException ex) {
			return false;
		}
		finally {
			connection.close();
		}
	}

}
