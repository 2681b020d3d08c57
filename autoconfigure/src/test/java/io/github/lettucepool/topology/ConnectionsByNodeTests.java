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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.actuate.endpoint.Show;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.advice.PoolAdvisor;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.junit.SharedRedis;
import io.github.lettucepool.endpoint.RedisPoolDescriptor;
import io.github.lettucepool.endpoint.RedisPoolsEndpoint;
import io.github.lettucepool.health.RedisPoolHealthIndicator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.awaitility.Awaitility.await;

/**
 * Tests how many sockets a pool opens to the nodes of a cluster, and that it knows.
 */
class ConnectionsByNodeTests {

	private static final int SIZE = 8;

	@Redis(config = SharedRedis.STEADY)
	private RedisCluster cluster;

	@Test
	@SuppressWarnings("deprecation") // There is no other way to borrow without a command.
	void socketsAreOpenedWhenTheyAreNeededAndTheSnapshotKnowsThem() {
		ClusterApplication.of(this.cluster)
			.withPropertyValues("lettuce.pool.shared-connections=0", "lettuce.pool.max-size=" + SIZE,
					"spring.data.redis.lettuce.cluster.refresh.period=10m")
			.run((context) -> {
				PooledLettuceConnectionFactory factory = context.getBean(PooledLettuceConnectionFactory.class);
				RedisPool pool = factory.getPool();
				assertThat(pool.snapshot().connectionsByNode()).isEmpty();
				List<RedisConnection> borrowers = new ArrayList<>();
				for (int i = 0; i < SIZE; i++) {
					RedisConnection connection = factory.getConnection();
					connection.getNativeConnection();
					borrowers.add(connection);
				}
				// One each: not 1 + 2 x 6.
				awaitSameAsServers(pool, SIZE);
				set(borrowers.get(0), "key");
				awaitSameAsServers(pool, SIZE + 1);
				for (int i = 0; i < 20; i++) {
					set(borrowers.get(0), "key-" + i);
				}
				awaitSameAsServers(pool, SIZE + 3);
				borrowers.forEach(RedisConnection::close);
				awaitSameAsServers(pool, SIZE + 3);
				pool.retireAll();
				awaitSameAsServers(pool, 0);
			});
	}

	@Test
	void theSharedLaneHasOneSocketForEachMasterAndOneMore() {
		ClusterApplication.of(this.cluster)
			.withPropertyValues("lettuce.pool.shared-connections=1", "lettuce.pool.low-latency-callers=0",
					"spring.data.redis.lettuce.cluster.refresh.period=10m")
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				for (int i = 0; i < 20; i++) {
					template.opsForValue().set("key-" + i, "value");
				}
				RedisPool pool = context.getBean(RedisPool.class);
				awaitSameAsServers(pool, 1 + 3);
				assertThat(new RedisPoolHealthIndicator(pool).health().getDetails())
					.containsEntry("connectionsByNode", clients())
					.hasEntrySatisfying("nodes", (nodes) -> assertThat((List<?>) nodes).hasSize(6));
			});
	}

	/**
	 * Behind sentinels, each connection that reads from replicas listens to all sentinels
	 * too.
	 */
	@ParameterizedTest(name = "{0}, shared connections: {1}")
	@CsvSource({ "STANDALONE, 2, 1", "STANDALONE, 0, 1", "SENTINELS, 2, 6", "SENTINELS, 0, 6",
			"MASTER_AND_REPLICAS, 2, 2", "MASTER_AND_REPLICAS, 0, 2" })
	void theServersOfEveryTopologySeeWhatTheSnapshotSays(Topology topology, int shared, int leastNodes) {
		topology.application()
			.withPropertyValues("lettuce.pool.shared-connections=" + shared, "spring.data.redis.client-name=counted",
					"spring.data.redis.lettuce.read-from=replica-preferred")
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				for (int i = 0; i < 20; i++) {
					template.opsForValue().set("counted", "value");
					template.opsForValue().get("counted");
				}
				BothLanes.use(template);
				RedisPool pool = context.getBean(RedisPool.class);
				await().untilAsserted(() -> {
					Map<String, Integer> byNode = pool.snapshot().connectionsByNode();
					assertThat(byNode).isEqualTo(clientsOf(topology)).hasSizeGreaterThanOrEqualTo(leastNodes);
				});
				pool.retireAll();
				await().untilAsserted(
						() -> assertThat(pool.snapshot().connectionsByNode()).isEqualTo(clientsOf(topology)));
			});
		await().untilAsserted(() -> assertThat(clientsOf(topology)).isEmpty());
	}

	@Test
	void anIpv6AddressStandsInBracketsEverywhere(@Redis(own = true) RedisServer server) {
		String address = "[::1]:" + server.port();
		ApplicationContextRunner application = PooledApplication.runner()
			.withPropertyValues("spring.data.redis.host=::1", "spring.data.redis.port=" + server.port(),
					"spring.data.redis.connect-timeout=30s");
		application.run((context) -> {
			BothLanes.use(context.getBean(StringRedisTemplate.class));
			RedisPool pool = context.getBean(RedisPool.class);
			assertThat(pool.getServer().describe()).isEqualTo(address);
			assertThat(pool.snapshot().connectionsByNode()).containsOnlyKeys(address);
		});
		server.stop();
		application.run((context) -> {
			assertThatException().isThrownBy(() -> BothLanes.use(context.getBean(StringRedisTemplate.class)));
			assertThat(context.getBean(RedisPool.class).snapshot().connectError()).contains(address)
				.doesNotContain("<unresolved>", "0:0:0");
		});
	}

	/**
	 * Only the codecs in use count: the reactive one is not, before the first command.
	 */
	@ParameterizedTest
	@EnumSource
	void theSizeOfTheSharedLaneIsTheSameForEveryObserver(Topology topology) {
		topology.application().withPropertyValues("lettuce.pool.shared-connections=2").run((context) -> {
			RedisPool pool = context.getBean(RedisPool.class);
			assertSharedSize(pool, 2);
			context.getBean(StringRedisTemplate.class).hasKey("key");
			assertSharedSize(pool, 2);
			new ReactiveStringRedisTemplate(context.getBean(PooledLettuceConnectionFactory.class)).hasKey("key")
				.block(Duration.ofSeconds(30));
			assertSharedSize(pool, 4);
			await().untilAsserted(() -> assertThat(pool.snapshot().shared().connected()).isEqualTo(4));
		});
	}

	private static void assertSharedSize(RedisPool pool, int size) {
		assertThat(pool.snapshot().shared().size()).isEqualTo(size);
		assertThat(new RedisPoolHealthIndicator(pool).health().getDetails()).extractingByKey("shared")
			.hasFieldOrPropertyWithValue("size", size);
		RedisPoolDescriptor descriptor = new RedisPoolsEndpoint(List.of(pool), new PoolAdvisor(),
				(name, setting, value) -> null, List.of(), Show.ALWAYS)
			.pool(pool.getName());
		assertThat(descriptor).isNotNull();
		assertThat(descriptor.shared().size()).isEqualTo(size);
	}

	private static Map<String, Integer> clientsOf(Topology topology) {
		Map<String, Integer> clients = clients(topology.servers(), " name=counted");
		if (topology == Topology.SENTINELS) {
			clients.putAll(clients(SharedRedis.sentinels().sentinels(), " flags=P "));
		}
		return clients;
	}

	private static void set(RedisConnection connection, String key) {
		connection.stringCommands().set(key.getBytes(StandardCharsets.UTF_8), key.getBytes(StandardCharsets.UTF_8));
	}

	private void awaitSameAsServers(RedisPool pool, int total) {
		await().untilAsserted(() -> {
			Map<String, Integer> byNode = pool.snapshot().connectionsByNode();
			assertThat(byNode).isEqualTo(clients());
			assertThat(byNode.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(total);
		});
	}

	private Map<String, Integer> clients() {
		// Without its master or replica.
		return clients(this.cluster.nodes(), " flags=N ");
	}

	private static Map<String, Integer> clients(List<RedisServer> nodes, String having) {
		Map<String, Integer> clients = new TreeMap<>();
		for (RedisServer node : nodes) {
			int count = (int) node.clients().stream().filter((client) -> client.contains(having)).count();
			if (count > 0) {
				clients.put(node.host() + ":" + node.port(), count);
			}
		}
		return clients;
	}

}
