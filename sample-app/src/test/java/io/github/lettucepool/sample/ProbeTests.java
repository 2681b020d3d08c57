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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.TestPropertySource;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;

import static org.awaitility.Awaitility.await;

/**
 * Tests of what Kubernetes learns from the probes, over HTTP. A command may take so long
 * here that an answer which waited for one would not come in time.
 */
@DirtiesContext
@Timeout(300)
@TestPropertySource(properties = { "spring.application.name=probes", "spring.data.redis.timeout=80s",
		"lettuce.pool.max-size=2", "lettuce.pool.min-idle=0", "lettuce.pool.max-wait=70s",
		"lettuce.pool.health.saturation=out-of-service", "lettuce.pool.health.saturation-after=0s" })
class ProbeTests extends HttpTests {

	private static final Duration BOUND = Duration.ofSeconds(30);

	@Autowired
	private StringRedisTemplate template;

	@Autowired
	private RedisPool pool;

	@Autowired
	private RedisServer redis;

	private final ExecutorService borrowers = Executors.newCachedThreadPool();

	@AfterEach
	void stop() {
		this.borrowers.shutdownNow();
	}

	@Test
	void aSaturatedPoolTakesTheInstanceOutOfServiceUntilItHasRecovered() {
		awaitStatus("readiness", 200);
		for (int i = 0; i < 3; i++) {
			this.borrowers.execute(() -> this.template.opsForList().leftPop("probe-queue", Duration.ofSeconds(60)));
		}
		await().atMost(BOUND).until(() -> this.pool.snapshot().exclusive().saturated());
		awaitStatus("readiness", 503);
		get("/actuator/health/readiness").expectBody()
			.json("{'status': 'OUT_OF_SERVICE', 'components': {'redisPool': {'details': {'saturated': true}}}}");
		awaitStatus("liveness", 200);
		for (int i = 0; i < 3; i++) {
			this.template.opsForList().rightPush("probe-queue", "done");
		}
		awaitStatus("readiness", 200);
	}

	@Test
	void theProbesAnswerWhileTheServerHangs() {
		this.template.opsForValue().set("probe", "value");
		this.redis.pause();
		try {
			awaitStatus("readiness", 200);
			awaitStatus("liveness", 200);
		}
		finally {
			this.redis.resume();
		}
	}

	@Test
	void aServerThatIsGoneMakesTheInstanceNotReadyButKeepsItAlive() {
		this.template.opsForValue().set("probe", "value");
		awaitStatus("readiness", 200);
		this.redis.stop();
		try {
			awaitStatus("readiness", 503);
			get("/actuator/health/readiness").expectBody()
				.json("{'status': 'DOWN', 'components': {'redisPool': {'details': {'state': 'RUNNING'}}}}");
			awaitStatus("liveness", 200);
		}
		finally {
			this.redis.start();
		}
		awaitStatus("readiness", 200);
	}

	private void awaitStatus(String probe, int status) {
		await().atMost(BOUND).untilAsserted(() -> get("/actuator/health/" + probe).expectStatus().isEqualTo(status));
	}

}
