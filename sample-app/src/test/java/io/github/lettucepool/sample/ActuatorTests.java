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
import org.springframework.beans.factory.annotation.Autowired;

import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what Actuator shows of the pool, over HTTP.
 */
class ActuatorTests extends HttpTests {

	private static final Duration BOUND = Duration.ofSeconds(30);

	@Autowired
	private RedisServer redis;

	@Test
	void healthShowsBothLanes() {
		await().atMost(BOUND).untilAsserted(() -> get("/actuator/health").expectStatus().isOk().expectBody().json("""
				{
					"status": "UP",
					"components": {
						"redisPool": {
							"status": "UP",
							"details": {
								"shared": { "inFlight": 0 },
								"exclusive": { "pending": 0, "max": 8 }
							}
						}
					}
				}"""));
	}

	@Test
	void metersMoveUnderLoad() {
		double before = scrape("lettuce_pool_acquire_seconds_count{pool=\"redis\"}");
		post("/products/import", """
				[{"id": "salt", "name": "Salt", "price": 0.80}]""").expectStatus().isOk();
		assertThat(scrape("lettuce_pool_acquire_seconds_count{pool=\"redis\"}")).isGreaterThan(before);
		assertThat(scrape("lettuce_pool_max{pool=\"redis\"}")).isEqualTo(8);
		await().atMost(BOUND)
			.until(() -> scrape("lettuce_pool_connections{lane=\"shared\",pool=\"redis\",state=\"connected\"}") >= 1);
		get("/actuator/metrics/lettuce.pool.connections").expectStatus().isOk();
	}

	@Test
	void endpointShowsWhoHasAConnection() {
		await().atMost(BOUND)
			.untilAsserted(() -> get("/actuator/redispools").expectStatus().isOk().expectBody().json("""
					{
						"pools": [
							{
								"name": "redis",
								"state": "RUNNING",
								"exclusive": { "max": 8, "min": 1 },
								"leases": [ { "thread": "job-consumer" } ],
								"settings": { "max-wait": { "value": "PT1S" } }
							}
						]
					}"""));
	}

	@Test
	void serverSeesTheConfiguredClientName() {
		await().atMost(BOUND)
			.untilAsserted(() -> assertThat(this.redis.clients())
				.anyMatch((client) -> client.contains("name=lettuce-pool-sample") && client.contains("cmd=blpop")));
	}

	private double scrape(String meter) {
		String scrape = get("/actuator/prometheus").expectStatus().isOk().returnResult(String.class).getResponseBody();
		assertThat(scrape).contains(meter);
		return scrape.lines()
			.filter((line) -> line.startsWith(meter))
			.mapToDouble((line) -> Double.parseDouble(line.substring(meter.length())))
			.sum();
	}

}
