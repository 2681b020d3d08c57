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
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The same as {@link FaultSoakTests}, behind sentinels and on a cluster, whose masters
 * fail. What a master has acknowledged may be lost with it, so increments are not
 * counted; but no reply may be another caller's, no thread may hang, and nothing may be
 * left. It runs for {@code topology.soak.seconds}, and until the last fault is over.
 */
@Tag("slow")
class TopologyFaultSoakTests {

	private static final int MAX_SIZE = 12;

	private static final int MIN_IDLE = 2;

	private static final Duration SETTLED = Duration.ofMinutes(1);

	private final EventCounter events = new EventCounter();

	private final Random random = new Random(Long.getLong("soak.seed", System.nanoTime()));

	@Test
	void noFailoverBehindSentinelsCostsAThreadAConnectionOrAReply(@Redis(own = true) RedisSentinelSet set) {
		soak(addresses(set.sentinels()), "sentinel.nodes", (chaos) -> {
			chaos.addFaultsOfClients(set::master);
			chaos.add("master killed", () -> {
				List<RedisServer> replicas = set.replicas();
				set.master().kill();
				set.awaitPromotion(replicas);
				set.awaitHealth();
			});
			chaos.add("failover by command", () -> {
				set.failOver();
				set.awaitHealth();
			});
			chaos.add("master paused", () -> pause(chaos, set.master()));
		}, "spring.data.redis.sentinel.master=" + set.masterName());
	}

	@Test
	void noFailoverInAClusterCostsAThreadAConnectionOrAReply(@Redis(own = true) RedisCluster cluster) {
		soak(addresses(cluster.nodes()), "cluster.nodes", (chaos) -> {
			chaos.addFaultsOfClients(() -> any(cluster.masters()));
			chaos.add("master killed", () -> {
				RedisServer master = any(cluster.masters());
				List<RedisServer> replicas = cluster.replicasOf(master);
				master.kill();
				cluster.awaitPromotion(replicas);
				cluster.awaitHealth();
			});
			chaos.add("failover by command", () -> {
				cluster.failOverTo(cluster.replicasOf(any(cluster.masters())).get(0));
				cluster.awaitHealth();
			});
			chaos.add("master paused", () -> pause(chaos, any(cluster.masters())));
		});
	}

	private static void pause(Chaos chaos, RedisServer master) throws InterruptedException {
		master.pause();
		// Too short for a failover.
		chaos.last(400);
		master.resume();
	}

	private RedisServer any(List<RedisServer> servers) {
		return servers.get(this.random.nextInt(servers.size()));
	}

	private static String addresses(List<RedisServer> servers) {
		return servers.stream().map((server) -> server.host() + ":" + server.port()).collect(Collectors.joining(","));
	}

	private void soak(String nodes, String key, Consumer<Chaos> faults, String... properties) {
		PooledApplication.runner()
			.withPropertyValues("spring.data.redis." + key + "=" + nodes, "spring.data.redis.connect-timeout=2s",
					"spring.data.redis.timeout=1500ms", "lettuce.pool.shared-connections=2",
					"lettuce.pool.max-size=" + MAX_SIZE, "lettuce.pool.min-idle=" + MIN_IDLE,
					"lettuce.pool.max-wait=1s", "lettuce.pool.idle-timeout=2s", "lettuce.pool.max-lifetime=3s",
					"lettuce.pool.keepalive-interval=500ms", "lettuce.pool.validate-after-idle=100ms",
					"lettuce.pool.validation-timeout=300ms")
			.withPropertyValues(properties)
			.run((context) -> {
				PooledLettuceConnectionFactory factory = context.getBean(PooledLettuceConnectionFactory.class);
				factory.getPool().addListener(this.events);
				Duration duration = Duration.ofSeconds(Long.getLong("topology.soak.seconds", 6));
				List<SoakWorker> workers = new Soak(duration, MAX_SIZE, MIN_IDLE).run(factory, faults);
				assertThat(workers).flatMap(SoakWorker::findings).isEmpty();
				assertThat(workers).anySatisfy((worker) -> assertThat(worker.succeeded()).isPositive());
				assertThatNothingIsLeft(factory);
			});
	}

	private void assertThatNothingIsLeft(PooledLettuceConnectionFactory factory) {
		await().atMost(SETTLED).untilAsserted(() -> {
			PoolSnapshot snapshot = factory.getPool().snapshot();
			assertThat(snapshot.leases()).isEmpty();
			assertThat(snapshot.exclusive().active()).isZero();
			assertThat(snapshot.exclusive().pending()).isZero();
			assertThat(snapshot.exclusive().idle()).isEqualTo(snapshot.exclusive().total())
				.isBetween(MIN_IDLE, MAX_SIZE);
			assertThat(snapshot.shared().connected()).isEqualTo(snapshot.shared().opened()).isPositive();
		});
		assertThat(this.events.returned()).isEqualTo(this.events.borrowed());
	}

}
