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

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.test.annotation.DirtiesContext;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Schedulers;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of the health of the pool in a reactive application, over HTTP. A command may
 * take so long here, and a borrower may wait so long, that an answer which waited for
 * either would not come in time.
 */
@DirtiesContext
@SpringBootTest(classes = ReactiveApplicationTests.Application.class, webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "spring.main.web-application-type=reactive", "spring.application.name=reactive",
				"spring.data.redis.timeout=80s", "lettuce.pool.max-size=1", "lettuce.pool.min-idle=0",
				"lettuce.pool.max-wait=70s", "management.endpoint.redispools.access=unrestricted" })
@Timeout(300)
class ReactiveApplicationTests extends HttpTests {

	private static final Duration BOUND = Duration.ofSeconds(30);

	@Autowired
	private StringRedisTemplate blocking;

	@Autowired
	private ReactiveStringRedisTemplate reactive;

	@Autowired
	private RedisPool pool;

	@Autowired
	private RedisServer redis;

	private final Disposable.Composite borrowers = Disposables.composite();

	@AfterEach
	void stop() {
		this.borrowers.dispose();
		await().atMost(BOUND).until(() -> this.pool.snapshot().exclusive().active() == 0);
	}

	@Test
	void healthNeedsNoThreadThatMayBlock() {
		this.blocking.opsForValue().set("key", "value");
		int threads = Schedulers.DEFAULT_BOUNDED_ELASTIC_SIZE;
		for (int i = 0; i < threads; i++) {
			this.borrowers.add(Schedulers.boundedElastic().schedule(this::waitForElement));
		}
		await().atMost(BOUND).until(() -> this.pool.snapshot().exclusive().pending() == threads - 1);
		get("/actuator/health/redisPool").expectStatus().isOk().expectBody().json("""
				{
					"status": "UP",
					"details": { "saturated": true, "exclusive": { "active": 1, "max": 1 } }
				}""");
	}

	@Test
	void theProbesAnswerWhileThePoolIsExhaustedAndTheServerHangs() {
		this.borrowers.add(this.reactive.opsForList().leftPop("queue", Duration.ofSeconds(60)).subscribe());
		await().atMost(BOUND).until(() -> this.pool.snapshot().exclusive().active() == 1);
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
		assertThat(this.reactive.opsForValue().set("key", "value").block(BOUND)).isTrue();
		awaitStatus("readiness", 200);
		this.redis.stop();
		try {
			awaitStatus("readiness", 503);
			awaitStatus("liveness", 200);
		}
		finally {
			this.redis.start();
		}
		awaitStatus("readiness", 200);
	}

	@Test
	void aBodyCannotNameAnotherActionThanThePath() {
		post("/actuator/redispools/redis/suspend", "{\"action\": \"resume\"}").expectStatus().isBadRequest();
		assertThat(this.pool.snapshot().state()).isEqualTo(PoolSnapshot.State.RUNNING);
		post("/actuator/redispools/redis/resize", "{\"maxSize\": 1}").expectStatus().isOk();
	}

	private void waitForElement() {
		try {
			this.blocking.opsForList().leftPop("queue", Duration.ofSeconds(60));
		}
		catch (DataAccessException ex) {
			// The end of the test interrupts it.
		}
	}

	private void awaitStatus(String probe, int status) {
		await().atMost(BOUND).untilAsserted(() -> get("/actuator/health/" + probe).expectStatus().isEqualTo(status));
	}

	/**
	 * The application: nothing but what is made by itself.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
