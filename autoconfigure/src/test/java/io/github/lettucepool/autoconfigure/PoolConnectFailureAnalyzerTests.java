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

package io.github.lettucepool.autoconfigure;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.mock.env.MockEnvironment;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link PoolConnectFailureAnalyzer}.
 */
class PoolConnectFailureAnalyzerTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	/**
	 * A busy machine may need longer than the default to load all of Lettuce.
	 */
	private final ApplicationContextRunner contextRunner = PooledApplication.runner()
		.withPropertyValues("lettuce.pool.warm-up=required", "spring.data.redis.connect-timeout=30s");

	@Test
	void namesTheAddressThatCannotBeReachedAndTheKeysToLookAt() {
		// A free port could be somebody's a moment later; this one never is.
		this.contextRunner.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=1")
			.run((context) -> {
				FailureAnalysis analysis = analyze(context.getStartupFailure());
				assertThat(analysis.getDescription()).contains("Pool 'redis' cannot connect", "127.0.0.1", ":1:",
						"refused");
				assertThat(analysis.getAction()).contains("'spring.data.redis.*'", "'lettuce.pool.warm-up'");
			});
	}

	@Test
	void saysThatThePasswordIsWrongWithoutShowingIt(@Redis(password = "right") RedisServer server) {
		ApplicationContextRunner contextRunner = this.contextRunner.withPropertyValues(
				"spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + server.port(),
				"spring.data.redis.password=not-the-one");
		// Now and then Lettuce only says that the connection was closed.
		await().atMost(PATIENCE).untilAsserted(() -> contextRunner.run((context) -> {
			FailureAnalysis analysis = analyze(context.getStartupFailure());
			assertThat(analysis.getDescription()).contains("WRONGPASS").doesNotContain("not-the-one");
			assertThat(analysis.getAction()).contains("'spring.data.redis.password'");
		}));
	}

	@Test
	void isNotNeededWhenRedisIsThere(@Redis RedisServer server) {
		this.contextRunner
			.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + server.port())
			.run((context) -> assertThat(context).hasNotFailed());
	}

	private static FailureAnalysis analyze(Throwable failure) {
		assertThat(failure).isNotNull();
		FailureAnalysis analysis = new PoolConnectFailureAnalyzer(new MockEnvironment()).analyze(failure);
		assertThat(analysis).isNotNull();
		return analysis;
	}

}
