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
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.proxy.FaultProxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of sentinels some of which have not heard of a failover yet, and of one that is
 * silent.
 */
@Timeout(60)
class SentinelsThatDisagreeTests {

	private static final String NAME = "shop";

	private static RedisServer before;

	private static RedisServer after;

	private static List<RedisServer> sentinels;

	private static FaultProxy silent;

	@BeforeAll
	static void startServers() {
		before = server();
		after = server();
		sentinels = List.of(RedisSentinelSet.startObserver(before, NAME, 1),
				RedisSentinelSet.startObserver(after, NAME, 2), RedisSentinelSet.startObserver(before, NAME, 1));
		silent = new FaultProxy(sentinels.get(0).port());
		silent.freeze();
		// It describes the master as soon as it has a connection to it.
		await().atMost(Duration.ofSeconds(30))
			.until(() -> !String.valueOf(sentinels.get(1).execute("SENTINEL", "MASTER", NAME))
				.contains("disconnected"));
	}

	private static RedisServer server() {
		return RedisServer.builder().config("user", RedisSentinelSet.OBSERVER, "on", "nopass", "+@all", "&*").start();
	}

	@AfterAll
	static void stopServers() {
		silent.close();
		sentinels.forEach(RedisServer::close);
		after.close();
		before.close();
	}

	@ParameterizedTest(name = "read-from={0}")
	@ValueSource(strings = { "", "replica-preferred" })
	void theOneThatKnowsOfTheLastFailoverNamesTheMaster(String readFrom) {
		String nodes = String.join(",",
				Stream.concat(Stream.of(silent.port()), sentinels.stream().map(RedisServer::port))
					.map((port) -> "127.0.0.1:" + port)
					.toList());
		Topology.of("spring.data.redis.sentinel.master=" + NAME, "spring.data.redis.sentinel.nodes=" + nodes)
			.withPropertyValues(readFrom.isEmpty() ? new String[0]
					: new String[] { "spring.data.redis.lettuce.read-from=" + readFrom })
			.run((context) -> {
				before.execute("FLUSHALL");
				after.execute("FLUSHALL");
				BothLanes.use(context.getBean(StringRedisTemplate.class));
				assertThat(after.execute("DBSIZE")).isEqualTo(1L);
				assertThat(before.execute("DBSIZE")).isEqualTo(0L);
			});
	}

}
