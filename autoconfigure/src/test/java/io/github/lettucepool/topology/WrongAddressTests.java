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

import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.autoconfigure.LettucePoolAutoConfiguration;
import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of addresses where Redis is not, and of servers of another kind than the keys
 * say.
 */
@ExtendWith(OutputCaptureExtension.class)
class WrongAddressTests {

	private static final String NOBODY = "127.0.0.1:1";

	private static final String NOBODY_EITHER = "127.0.0.1:2";

	@Test
	void aSeedOfAClusterThatCannotBeReachedIsSurvivedAndLoggedOnce(CapturedOutput output) {
		String masters = TestServers.cluster()
			.masters()
			.stream()
			.map((master) -> master.host() + ":" + master.port())
			.collect(Collectors.joining(","));
		application("cluster.nodes=" + NOBODY + "," + masters).run((context) -> {
			context.getBean(StringRedisTemplate.class).opsForValue().set("key", "value");
			assertThat(output.getAll().lines().filter((line) -> line.contains("Connection refused"))).hasSize(1);
		});
	}

	@Test
	void allSeedsOfAClusterThatWereTriedAreNamed() {
		assertThatConnectingFails("cluster.nodes=" + NOBODY + "," + NOBODY_EITHER, NOBODY, NOBODY_EITHER,
				"Connection refused");
	}

	@Test
	void allSentinelsThatWereTriedAreNamed() {
		assertThatConnectingFails("sentinel.nodes=" + NOBODY + "," + NOBODY_EITHER, NOBODY, NOBODY_EITHER,
				"Connection refused");
	}

	@Test
	void theMasterAndTheReplicasThatWereTriedAreNamed() {
		assertThatConnectingFails("masterreplica.nodes=" + NOBODY + "," + NOBODY_EITHER, NOBODY, NOBODY_EITHER);
	}

	@Test
	void aServerThatIsNoClusterSaysSo() {
		try (RedisServer server = RedisServer.builder().start()) {
			assertThatConnectingFails("cluster.nodes=127.0.0.1:" + server.port(), "cluster support disabled");
		}
	}

	@Test
	void aServerThatIsNoSentinelSaysSo() {
		try (RedisServer server = RedisServer.builder().start()) {
			assertThatConnectingFails("sentinel.nodes=127.0.0.1:" + server.port(), "unknown command", "SENTINEL");
		}
	}

	@Test
	void aNodeOfAClusterThatIsTakenForASingleServerIsCalledWhatItIs(CapturedOutput output) {
		int port = TestServers.cluster().masters().get(0).port();
		application("port=" + port).run((context) -> {
			assertThatException()
				.isThrownBy(() -> IntStream.range(0, 100)
					.forEach((number) -> context.getBean(StringRedisTemplate.class).hasKey("key" + number)))
				.withStackTraceContaining("MOVED ");
			assertThat(output).contains(port + " is used as a single server but is a node of a cluster");
		});
	}

	private static void assertThatConnectingFails(String key, String... said) {
		application(key).run((context) -> assertThatExceptionOfType(PoolConnectException.class)
			.isThrownBy(() -> context.getBean(StringRedisTemplate.class).hasKey("key"))
			.satisfies((ex) -> assertThat(ex.getMessage()).contains(said)));
	}

	private static ApplicationContextRunner application(String key) {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LettucePoolAutoConfiguration.class, DataRedisAutoConfiguration.class))
			.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis." + key)
			.withPropertyValues(key.startsWith("sentinel") ? new String[] { "spring.data.redis.sentinel.master=shop" }
					: new String[0]);
	}

}
