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

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.dao.DataAccessException;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.Uses;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that whatever fails, fails with an exception of Spring's hierarchy, where there
 * is more than one server.
 */
@Tag("slow")
@Timeout(300)
class ExceptionHierarchyInTopologiesTests {

	@Redis(own = true, replicas = 0)
	private RedisCluster cluster;

	@Redis(own = true)
	private RedisSentinelSet set;

	@ParameterizedTest(name = "{0} shared connections")
	@ValueSource(ints = { 0, 2 })
	void aNodeOfAClusterIsDown(int shared) {
		cluster(shared, "", (uses) -> {
			this.cluster.masterOf("key").kill();
			assertThatAllAreSprings(uses, "read", "reactive read", "pipeline");
		});
	}

	@ParameterizedTest(name = "{0} shared connections")
	@ValueSource(ints = { 0, 2 })
	void aNodeOfAClusterIsSilent(int shared) {
		cluster(shared, "", (uses) -> paused(List.of(this.cluster.masterOf("key")), uses));
	}

	@ParameterizedTest(name = "{0} shared connections")
	@ValueSource(ints = { 0, 2 })
	void allOfAClusterIsDown(int shared) {
		cluster(shared, "replica-preferred", (uses) -> {
			this.cluster.nodes().forEach(RedisServer::kill);
			assertThatAllAreSprings(uses, "read", "reactive read", "pipeline", "reactive subscription");
		});
	}

	@Test
	void aClusterRefusesCommands() {
		cluster(2, "", (uses) -> {
			this.cluster.masterOf("list").execute("SET", "list", "text");
			this.cluster.masterOf("hash").execute("SET", "hash", "text");
			assertThatAllAreSprings(uses, "blocking", "reactive blocking", "scan of a hash");
		});
	}

	@ParameterizedTest(name = "{0} shared connections")
	@ValueSource(ints = { 0, 2 })
	void theServersBehindSentinelsAreDown(int shared) {
		sentinels(shared, "", (uses) -> {
			this.set.servers().forEach(RedisServer::kill);
			assertThatAllAreSprings(uses, "read", "reactive read", "pipeline", "reactive subscription");
		});
	}

	@ParameterizedTest(name = "{0} shared connections")
	@ValueSource(ints = { 0, 2 })
	void theReplicasBehindSentinelsAreDown(int shared) {
		sentinels(shared, "replica", (uses) -> {
			this.set.servers().stream().filter((server) -> !server.isMaster()).toList().forEach(RedisServer::kill);
			assertThatAllAreSprings(uses, "read", "reactive read");
		});
	}

	@ParameterizedTest(name = "{0} shared connections")
	@ValueSource(ints = { 0, 2 })
	void theServersOfAStaticSetAreDown(int shared) {
		replicas(shared, (uses) -> {
			this.set.servers().forEach(RedisServer::kill);
			assertThatAllAreSprings(uses, "read", "reactive read", "pipeline");
		});
	}

	@ParameterizedTest(name = "{0} shared connections")
	@ValueSource(ints = { 0, 2 })
	void theMasterOfAStaticSetIsDown(int shared) {
		replicas(shared, (uses) -> {
			this.set.master().kill();
			assertThatAllAreSprings(uses, "write", "reactive write");
		});
	}

	@ParameterizedTest(name = "{0} shared connections")
	@ValueSource(ints = { 0, 2 })
	void theServersOfAStaticSetAreSilent(int shared) {
		replicas(shared, (uses) -> paused(this.set.servers(), uses));
	}

	private void cluster(int shared, String readFrom, Consumer<Uses> test) {
		run(ClusterApplication.of(this.cluster), shared, readFrom, test);
	}

	private void sentinels(int shared, String readFrom, Consumer<Uses> test) {
		run(Topology.of("spring.data.redis.sentinel.master=" + this.set.masterName(),
				"spring.data.redis.sentinel.nodes=" + Topology.addresses(this.set.sentinels())), shared, readFrom,
				test);
	}

	private void replicas(int shared, Consumer<Uses> test) {
		run(Topology.of("spring.data.redis.masterreplica.nodes=" + Topology.addresses(this.set.servers())), shared,
				"replica", test);
	}

	private static void run(ApplicationContextRunner application, int shared, String readFrom, Consumer<Uses> test) {
		application.withPropertyValues("lettuce.pool.shared-connections=" + shared, "lettuce.pool.max-size=2",
				"lettuce.pool.max-wait=1s", "spring.data.redis.timeout=300ms", "spring.data.redis.connect-timeout=2s")
			.withPropertyValues(readFrom.isEmpty() ? new String[0]
					: new String[] { "spring.data.redis.lettuce.read-from=" + readFrom })
			.run((context) -> {
				Uses uses = new Uses(context.getBean(PooledLettuceConnectionFactory.class));
				uses.failures(1);
				test.accept(uses);
			});
	}

	private static void paused(List<RedisServer> servers, Uses uses) {
		servers.forEach(RedisServer::pause);
		try {
			assertThatAllAreSprings(uses, "read", "reactive read");
		}
		finally {
			servers.forEach(RedisServer::resume);
		}
	}

	private static void assertThatAllAreSprings(Uses uses, String... failing) {
		Map<String, Throwable> failures = uses.failures(3);
		assertThat(failures).containsKeys(failing)
			.allSatisfy((use, failure) -> assertThat(failure).as(use)
				.matches((error) -> error instanceof DataAccessException || isSpringDatasOwn(error)));
	}

	/**
	 * Spring Data asks Lettuce's client for the topology and for a node, and translates
	 * nothing of that.
	 */
	private static boolean isSpringDatasOwn(Throwable error) {
		return Arrays.stream(error.getStackTrace())
			.map(StackTraceElement::getClassName)
			.anyMatch((name) -> name.endsWith("LettuceClusterTopologyProvider")
					|| name.endsWith("LettuceClusterNodeResourceProvider"));
	}

}
