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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of a static master with a replica: where each lane reads from and writes to.
 */
class MasterReplicaTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final int READS = 20;

	@Redis
	private static RedisServer master;

	private static RedisServer replica;

	@BeforeAll
	static void startServers() {
		replica = RedisServer.builder().replicaOf(master).start();
		master.awaitReplicas(1);
	}

	@AfterAll
	static void stopServers() {
		replica.close();
	}

	@ParameterizedTest(name = "{0}, shared connections: {2}")
	@CsvSource({ "master, MASTER, 1", "master, MASTER, 0", "upstream-preferred, MASTER, 1", "replica, REPLICA, 1",
			"replica, REPLICA, 0", "replica-preferred, REPLICA, 1", "any-replica, REPLICA, 1", "any, EITHER, 1",
			"nearest, EITHER, 1" })
	void readsGoWhereReadFromSays(String readFrom, Reads reads, int shared) {
		application(readFrom, shared).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			template.opsForValue().set("key", readFrom);
			await().atMost(PATIENCE).until(() -> readFrom.equals(replica.execute("GET", "key")));
			master.execute("CONFIG", "RESETSTAT");
			replica.execute("CONFIG", "RESETSTAT");
			for (int i = 0; i < READS; i++) {
				assertThat(template.opsForValue().get("key")).isEqualTo(readFrom);
			}
			int ofMaster = gets(master);
			int ofReplica = gets(replica);
			assertThat(ofMaster + ofReplica).isEqualTo(READS);
			assertThat(ofMaster).isBetween((reads == Reads.MASTER) ? READS : 0, (reads == Reads.REPLICA) ? 0 : READS);
		});
	}

	/**
	 * Where only the master's address is given, Lettuce asks it for the replicas.
	 */
	@ParameterizedTest(name = "{0}")
	@CsvSource({ "master", "replica-preferred" })
	void connectionsWhoseMasterIsLostAreNotLentAgain(String readFrom) {
		runner()
			.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis.port=" + master.port(),
					"spring.data.redis.lettuce.read-from=" + readFrom, "lettuce.pool.max-size=1",
					"lettuce.pool.validate-after-idle=10m")
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				BothLanes.use(template);
				for (int i = 0; i < 3; i++) {
					master.execute("CLIENT", "KILL", "TYPE", "normal");
					assertThatExceptionOfType(RuntimeException.class).isThrownBy(() -> write(template));
					write(template);
				}
			});
	}

	private static void write(StringRedisTemplate template) {
		template.executePipelined((RedisCallback<Object>) (connection) -> {
			connection.stringCommands().set("key".getBytes(StandardCharsets.UTF_8), new byte[0]);
			return null;
		});
	}

	@ParameterizedTest(name = "{0}")
	@CsvSource({ "master", "replica-preferred" })
	void writesPipelinesAndBlockingCommandsGoToTheMaster(String readFrom) {
		application(readFrom, 1).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			template.executePipelined((RedisCallback<Object>) (connection) -> {
				connection.listCommands()
					.lPush("list".getBytes(StandardCharsets.UTF_8), readFrom.getBytes(StandardCharsets.UTF_8));
				return null;
			});
			assertThat(template.opsForList().leftPop("list", Duration.ofSeconds(10))).isEqualTo(readFrom);
			assertThat(master.execute("LLEN", "list")).isEqualTo(0L);
		});
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	void writesFollowAMasterThatChangesPlacesWithItsReplica(int shared) {
		application("master", shared).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			template.opsForValue().set("key", "value");
			try {
				changePlaces(master, replica);
				awaitWrite(template, replica);
			}
			finally {
				changePlaces(replica, master);
			}
			awaitWrite(template, master);
			master.awaitReplicas(1);
		});
	}

	private static void changePlaces(RedisServer from, RedisServer to) {
		to.execute("REPLICAOF", "NO", "ONE");
		from.execute("REPLICAOF", to.host(), String.valueOf(to.port()));
	}

	private static void awaitWrite(StringRedisTemplate template, RedisServer server) {
		await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> {
			template.opsForValue().set("place", String.valueOf(server.port()));
			assertThat(server.execute("GET", "place")).isEqualTo(String.valueOf(server.port()));
		});
	}

	private static int gets(RedisServer server) {
		Matcher calls = Pattern.compile("cmdstat_get:calls=(\\d+)")
			.matcher(String.valueOf(server.execute("INFO", "commandstats")));
		return calls.find() ? Integer.parseInt(calls.group(1)) : 0;
	}

	private static ApplicationContextRunner application(String readFrom, int shared) {
		return runner().withPropertyValues(
				"spring.data.redis.masterreplica.nodes=127.0.0.1:%d,127.0.0.1:%d".formatted(master.port(),
						replica.port()),
				"spring.data.redis.lettuce.read-from=" + readFrom, "lettuce.pool.shared-connections=" + shared);
	}

	private static ApplicationContextRunner runner() {
		return PooledApplication.runner();
	}

	/**
	 * Which server is read from.
	 */
	enum Reads {

		MASTER, REPLICA, EITHER

	}

}
