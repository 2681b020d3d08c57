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

package io.github.lettucepool.sample;

import java.time.Duration;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.http.HttpHeaders;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.TestPropertySource;

import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what happens while Redis is away, and after it is back.
 */
@DirtiesContext
@ExtendWith(OutputCaptureExtension.class)
@TestPropertySource(properties = "spring.application.name=outage")
class OutageTests extends HttpTests {

	private static final Duration BOUND = Duration.ofSeconds(30);

	@Autowired
	private RedisServer redis;

	@Test
	void applicationSurvivesARestartOfRedis(CapturedOutput output) {
		post("/pages/home/hits").expectStatus().isOk();
		get("/actuator/health").expectStatus().isOk().expectBody().json("{'status': 'UP'}");

		this.redis.stop();
		await().atMost(BOUND)
			.untilAsserted(() -> get("/actuator/health").expectStatus()
				.isEqualTo(503)
				.expectBody()
				.json("{'status': 'DOWN', 'components': {'redis': {'status': 'DOWN'}, 'redisPool': {'status': 'DOWN'}}}"));
		assertThatServiceIsUnavailable();
		await().atMost(BOUND).until(() -> output.toString().contains("job consumer cannot reach Redis"));

		this.redis.start();
		await().atMost(BOUND)
			.untilAsserted(() -> get("/actuator/health").expectStatus().isOk().expectBody().json("{'status': 'UP'}"));
		post("/pages/home/hits").expectStatus().isOk();
		await().atMost(BOUND).until(() -> output.toString().contains("job consumer reaches Redis again"));
		assertThat(output).containsOnlyOnce("job consumer cannot reach Redis");
	}

	private void assertThatServiceIsUnavailable() {
		assertProblem(get("/pages/home/hits").expectHeader().valueEquals(HttpHeaders.RETRY_AFTER, "5"), 503,
				"Redis does not answer. Try again in some seconds.");
		assertProblem(post("/pages/home/hits").expectHeader().doesNotExist(HttpHeaders.RETRY_AFTER), 503,
				"Redis does not answer. It is not known whether the request took effect.");
	}

}
