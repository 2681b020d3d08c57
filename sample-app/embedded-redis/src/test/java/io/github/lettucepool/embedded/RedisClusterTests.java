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

package io.github.lettucepool.embedded;

import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RedisCluster}.
 */
@Tag("slow")
class RedisClusterTests {

	private static RedisCluster cluster;

	@BeforeAll
	@Tag("quick")
	static void start() {
		cluster = RedisCluster.start(3, 1);
	}

	@AfterAll
	static void close() {
		List<RedisServer> nodes = cluster.nodes();
		cluster.close();
		assertThat(nodes).hasSize(6).noneMatch(RedisServer::isRunning);
	}

	@BeforeEach
	void awaitHealth() {
		cluster.awaitHealth();
	}

	@Test
	void sharesTheSlotsAmongItsMasters() {
		assertThat(cluster.masters()).hasSize(3).allSatisfy((master) -> {
			assertThat(cluster.slotsOf(master).size()).isBetween(5_461, 5_462);
			assertThat(cluster.replicasOf(master)).hasSize(1);
		});
		RedisServer master = cluster.masterOf("key");
		master.execute("SET", "key", "value");
		assertThat(master.execute("GET", "key")).isEqualTo("value");
		assertThat(cluster.slotsOf(master)).contains(cluster.slotOf("key"));
	}

	@Test
	void busPortsAreValid() {
		assertThat(cluster.nodes()).allSatisfy((node) -> assertThat(node.port()).isLessThan(22_768));
	}

	@Test
	void aReplicaIsPromotedWhenItsMasterIsKilled() {
		RedisServer master = cluster.masterOf("key");
		List<RedisServer> replicas = cluster.replicasOf(master);
		master.kill();
		assertThat(cluster.awaitPromotion(replicas)).isSameAs(replicas.get(0));
		cluster.awaitHealth();
		assertThat(cluster.masterOf("key")).isSameAs(replicas.get(0));
		assertThat(cluster.replicasOf(replicas.get(0))).containsExactly(master);
	}

	@Test
	void aReplicaIsPromotedByCommand() {
		RedisServer master = cluster.masterOf("key");
		RedisServer replica = cluster.replicasOf(master).get(0);
		cluster.failOverTo(replica);
		cluster.awaitHealth();
		assertThat(cluster.masterOf("key")).isSameAs(replica);
	}

	@Test
	void slotsMoveWithTheirKeys() {
		RedisServer source = cluster.masterOf("moved");
		RedisServer target = cluster.masters().stream().filter((master) -> master != source).findFirst().orElseThrow();
		source.execute("SET", "moved", "value");
		int slot = cluster.slotOf("moved");
		cluster.moveSlots(target, List.of(slot));
		assertThat(cluster.masterOf("moved")).isSameAs(target);
		assertThat(target.execute("GET", "moved")).isEqualTo("value");
		assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> source.execute("GET", "moved"))
			.withMessageContaining("MOVED");
		cluster.moveSlots(source, List.of(slot));
		assertThat(source.execute("GET", "moved")).isEqualTo("value");
	}

	@Test
	void aNodeIsAddedAndRemoved() {
		RedisServer added = cluster.add();
		assertThat(cluster.nodes()).hasSize(7).contains(added);
		cluster.moveSlots(added, List.of(cluster.slotOf("key")));
		assertThat(cluster.masterOf("key")).isSameAs(added);
		added.execute("SET", "key", "value");
		cluster.remove(added);
		assertThat(added.isRunning()).isFalse();
		assertThat(cluster.nodes()).hasSize(6).doesNotContain(added);
		assertThat(cluster.masterOf("key").execute("GET", "key")).isEqualTo("value");
	}

}
