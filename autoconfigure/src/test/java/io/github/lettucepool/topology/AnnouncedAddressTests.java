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

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of a cluster that announces addresses where its clients cannot reach it, as
 * behind a NAT.
 */
class AnnouncedAddressTests {

	private static final String ANNOUNCED = "127.0.0.1:1";

	@Redis(own = true, masters = 2, replicas = 0)
	private static RedisCluster cluster;

	@BeforeAll
	static void startCluster() {
		RedisServer seed = cluster.nodes().get(0);
		RedisServer other = cluster.nodes().get(1);
		other.execute("CONFIG", "SET", "cluster-announce-port", "1");
		seed.execute("CONFIG", "SET", "cluster-announce-port", "2");
		await().atMost(Duration.ofSeconds(30))
			.until(() -> nodes(seed).contains(ANNOUNCED + "@") && nodes(other).contains(":2@"));
	}

	private static String nodes(RedisServer node) {
		return String.valueOf(node.execute("CLUSTER", "NODES"));
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 1, 0 })
	void anAddressThatCannotBeReachedIsNamed(int sharedConnections) {
		PooledApplication.runner()
			.withPropertyValues("spring.data.redis.cluster.nodes=127.0.0.1:" + cluster.nodes().get(0).port(),
					"lettuce.pool.shared-connections=" + sharedConnections)
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				assertThatExceptionOfType(PoolConnectException.class)
					.isThrownBy(() -> template.opsForValue().get("key"))
					.withMessageContaining("Unable to connect to " + ANNOUNCED + ": Connection refused");
			});
	}

}
