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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSizing;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link AutoSize} at work on a server.
 */
@Timeout(300)
@ExtendWith(OutputCaptureExtension.class)
class AutoSizeTests {

	private static final byte[] KEY = "nothing-comes".getBytes(StandardCharsets.UTF_8);

	private static final Duration HANGS = Duration.ofMinutes(1);

	@Test
	void aPoolGrowsWhileBorrowersWaitAndShrinksWhenTheyAreGone(@Redis RedisServer server, CapturedOutput output) {
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("sized",
				new RedisStandaloneConfiguration(server.host(), server.port()),
				LettuceClientConfiguration.defaultConfiguration(), PoolSettings.builder().maxSizeAuto().build());
		factory.afterPropertiesSet();
		factory.start();
		ExecutorService threads = Executors.newCachedThreadPool();
		AtomicBoolean going = new AtomicBoolean(true);
		RedisPool pool = factory.getPool();
		try {
			assertThat(pool.getSettings().getMaxSize()).isEqualTo(2);
			for (int i = 0; i < 8; i++) {
				threads.execute(() -> consume(factory, going));
			}
			await().atMost(HANGS).until(() -> pool.snapshot().exclusive().active() == 8);
			// So few leases may not tell 4 from 2.
			await().atMost(HANGS).until(() -> sizing(pool).reason().matches("Growing from [24] to 8 has paid.*"));
			assertThat(output).contains("Pool 'sized' went from max-size 2 to 4: Borrowers wait");
			going.set(false);
			await().atMost(HANGS).until(() -> pool.snapshot().exclusive().active() == 0);
			AtomicInteger hours = new AtomicInteger();
			await().atMost(HANGS).until(() -> lookLater(pool, Duration.ofHours(hours.incrementAndGet())) < 8);
			assertThat(sizing(pool).changes()).first()
				.satisfies((last) -> assertThat(last.reason()).startsWith("At most "));
			assertThat(sizing(pool).changes()).last().satisfies((first) -> assertThat(first.from()).isEqualTo(2));
		}
		finally {
			going.set(false);
			threads.shutdownNow();
			factory.destroy();
		}
	}

	private static void consume(PooledLettuceConnectionFactory factory, AtomicBoolean going) {
		while (going.get()) {
			try (RedisConnection connection = factory.getConnection()) {
				connection.listCommands().bLPop(1, KEY);
			}
		}
	}

	private static PoolSizing sizing(RedisPool pool) {
		return Objects.requireNonNull(pool.getSizing());
	}

	/**
	 * Looks as if some time had passed.
	 * @return the size
	 */
	private static int lookLater(RedisPool pool, Duration later) {
		AutoSize autoSize = Objects.requireNonNull(((LettuceRedisPool) pool).autoSize());
		autoSize.look(pool.snapshot(), false, System.nanoTime() + later.toNanos());
		return pool.getSettings().getMaxSize();
	}

}
