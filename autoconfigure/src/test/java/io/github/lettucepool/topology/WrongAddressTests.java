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

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.junit.SharedRedis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of addresses where Redis is not, and of servers of another kind than the keys
 * say.
 */
@ExtendWith(OutputCaptureExtension.class)
class WrongAddressTests {

	private static final String NOBODY = "127.0.0.1:1";

	private static final String NOBODY_EITHER = "127.0.0.1:2";

	/**
	 * More connections than a server may leave unaccepted that wants one.
	 */
	private static final int BACKLOG = 8;

	/**
	 * However often the topology is looked at.
	 */
	@Test
	void aSeedOfAClusterThatCannotBeReachedIsSurvivedAndLoggedOnce(CapturedOutput output) {
		// An application that another test has started may have made Lettuce quiet.
		LoggingSystem.get(getClass().getClassLoader())
			.setLogLevel("io.lettuce.core.cluster.topology.DefaultClusterTopologyRefresh", LogLevel.WARN);
		List<RedisServer> masters = SharedRedis.cluster().masters();
		application("cluster.nodes=" + NOBODY + "," + Topology.addresses(masters))
			.withPropertyValues("spring.data.redis.lettuce.cluster.refresh.period=200ms")
			.run((context) -> {
				BothLanes.use(context.getBean(StringRedisTemplate.class));
				int before = looks(masters);
				await().until(() -> looks(masters) > before + 5 * masters.size());
				BothLanes.use(context.getBean(StringRedisTemplate.class));
				assertThat(output.getAll().lines().filter((line) -> line.endsWith("Connection refused: /" + NOBODY)))
					.hasSize(1);
			});
	}

	private static int looks(List<RedisServer> nodes) {
		return nodes.stream()
			.map((node) -> Pattern.compile("cmdstat_cluster\\|nodes:calls=(\\d+)")
				.matcher(String.valueOf(node.execute("INFO", "commandstats"))))
			.filter(Matcher::find)
			.mapToInt((calls) -> Integer.parseInt(calls.group(1)))
			.sum();
	}

	@Test
	void aSentinelThatCannotBeReachedIsSurvived() {
		RedisSentinelSet set = SharedRedis.sentinels();
		application("sentinel.nodes=" + NOBODY + "," + Topology.addresses(set.sentinels()))
			.withPropertyValues("spring.data.redis.sentinel.master=" + set.masterName())
			.run((context) -> BothLanes.use(context.getBean(StringRedisTemplate.class)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "master", "replica-preferred" })
	void aReplicaThatCannotBeReachedIsSurvived(String readFrom) {
		RedisServer master = SharedRedis.sentinels().master();
		application("masterreplica.nodes=" + NOBODY + "," + Topology.addresses(List.of(master)))
			.withPropertyValues("spring.data.redis.lettuce.read-from=" + readFrom)
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				BothLanes.use(template);
				assertThat(template.opsForValue().get("key")).isEqualTo("value");
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
	void aServerThatIsNoClusterSaysSo(@Redis RedisServer server) {
		assertThatConnectingFails("cluster.nodes=127.0.0.1:" + server.port(), "cluster support disabled");
	}

	@Test
	void aServerThatIsNoSentinelSaysSo(@Redis RedisServer server) {
		assertThatConnectingFails("sentinel.nodes=127.0.0.1:" + server.port(), "unknown command", "SENTINEL");
	}

	@Test
	void aNodeOfAClusterThatIsTakenForASingleServerIsCalledWhatItIs(CapturedOutput output) {
		int port = SharedRedis.cluster().masters().get(0).port();
		application("port=" + port).run((context) -> {
			assertThatException()
				.isThrownBy(() -> IntStream.range(0, 100)
					.forEach((number) -> context.getBean(StringRedisTemplate.class).hasKey("key" + number)))
				.withStackTraceContaining("MOVED ");
			assertThat(output).contains(port + " is used as a single server but is a node of a cluster");
		});
	}

	/**
	 * As behind a firewall that drops what it does not let through.
	 */
	@Test
	void anAddressThatDoesNotAcceptIsNamed() throws IOException {
		try (ServerSocket address = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			List<SocketChannel> backlog = fill(address);
			assertThatNobodyAnswers(address.getLocalPort());
			for (SocketChannel waiting : backlog) {
				waiting.close();
			}
		}
	}

	private static List<SocketChannel> fill(ServerSocket address) throws IOException {
		List<SocketChannel> backlog = new ArrayList<>();
		for (int i = 0; i < BACKLOG; i++) {
			SocketChannel waiting = SocketChannel.open();
			waiting.configureBlocking(false);
			waiting.connect(address.getLocalSocketAddress());
			backlog.add(waiting);
		}
		return backlog;
	}

	@Test
	void aServerThatAcceptsAndDoesNotAnswerIsNamed(@Redis(own = true) RedisServer server) {
		server.pause();
		assertThatNobodyAnswers(server.port());
	}

	private static void assertThatNobodyAnswers(int port) {
		String address = "127.0.0.1:" + port;
		ApplicationContextRunner application = application("port=" + port);
		ApplicationContextRunner connectTimeout = application
			.withPropertyValues("spring.data.redis.connect-timeout=200ms");
		assertThatConnectingFails(connectTimeout,
				"no connection to %s within the connect timeout (200 ms)".formatted(address));
		connectTimeout.withPropertyValues("lettuce.pool.warm-up=required")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContainingAll(address, "within the connect timeout (200 ms)"));
		assertThatConnectingFails(
				application.withPropertyValues("lettuce.pool.shared-connections=0", "lettuce.pool.max-wait=100ms"),
				"no connection to %s within max-wait (100 ms)".formatted(address));
	}

	private static void assertThatConnectingFails(String key, String... said) {
		assertThatConnectingFails(application(key), said);
	}

	private static void assertThatConnectingFails(ApplicationContextRunner application, String... said) {
		application.run((context) -> assertThatExceptionOfType(PoolConnectException.class)
			.isThrownBy(() -> context.getBean(StringRedisTemplate.class).hasKey("key"))
			.satisfies((ex) -> assertThat(ex.getMessage()).contains(said)));
	}

	private static ApplicationContextRunner application(String key) {
		return PooledApplication.runner()
			.withPropertyValues("spring.data.redis.host=127.0.0.1", "spring.data.redis." + key,
					// Nobody has to be quick but who is told to.
					"spring.data.redis.connect-timeout=1m", "spring.data.redis.timeout=1m", "lettuce.pool.max-wait=1m")
			.withPropertyValues(key.startsWith("sentinel") ? new String[] { "spring.data.redis.sentinel.master=shop" }
					: new String[0]);
	}

}
