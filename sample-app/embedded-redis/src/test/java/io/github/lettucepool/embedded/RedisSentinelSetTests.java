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

/**
 * Tests for {@link RedisSentinelSet}.
 */
@Tag("slow")
class RedisSentinelSetTests {

	private static RedisSentinelSet set;

	@BeforeAll
	static void start() {
		set = RedisSentinelSet.start();
	}

	@AfterAll
	static void close() {
		set.close();
		assertThat(set.servers()).hasSize(3).noneMatch(RedisServer::isRunning);
		assertThat(set.sentinels()).hasSize(3).noneMatch(RedisServer::isRunning);
	}

	@BeforeEach
	void awaitHealth() {
		set.awaitHealth();
	}

	@Test
	void theSentinelsNameTheMaster() {
		assertThat(set.sentinels()).allSatisfy(
				(sentinel) -> assertThat(sentinel.execute("SENTINEL", "GET-MASTER-ADDR-BY-NAME", set.masterName()))
					.isEqualTo(List.of("127.0.0.1", String.valueOf(set.master().port()))));
		assertThat(set.replicas()).hasSize(2).doesNotContain(set.master());
	}

	@Test
	void aReplicaIsPromotedWhenTheMasterIsKilled() {
		RedisServer killed = set.master();
		List<RedisServer> replicas = set.replicas();
		killed.kill();
		RedisServer promoted = set.awaitPromotion(replicas);
		assertThat(replicas).contains(promoted);
		set.awaitHealth();
		assertThat(set.master()).isSameAs(promoted);
		assertThat(set.replicas()).contains(killed);
	}

	@Test
	void aReplicaIsPromotedByCommand() {
		RedisServer before = set.master();
		RedisServer promoted = set.failOver();
		assertThat(promoted).isNotSameAs(before);
		set.awaitHealth();
		assertThat(set.master()).isSameAs(promoted);
	}

}
