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
package io.github.lettucepool.internal.engine;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.models.partitions.Partitions;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.BDDMockito;
import org.mockito.Mockito;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolServer;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.internal.pool.ConnectionPool;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LettuceRedisPool} and {@link LettucePoolServer}.
 */
class LettuceRedisPoolTests {

	private final Lanes lanes = Mockito.mock(Lanes.class);

	private final LettuceRedisPool pool = pool(PoolSettings.builder().maxSize(8).build());

	@Test
	void aPoolThatDoesNotRunHasNothingAndDoesNothing() {
		this.pool.suspend();
		this.pool.resume();
		this.pool.retireAll();
		PoolSnapshot snapshot = this.pool.snapshot();
		assertThat(snapshot.state()).isEqualTo(PoolSnapshot.State.STOPPED);
		assertThat(snapshot.exclusive().maxSize()).isEqualTo(8);
		assertThat(snapshot.exclusive().total()).isZero();
	}

	@Test
	void thereIsNobodyToAskWhileAPoolDoesNotRun() {
		PoolServer server = this.pool.getServer();
		assertThat(server.nodes()).isEmpty();
		assertThat(server.askForClients()).isCompletedWithValue(null);
		assertThat(server.info().handle((info, ex) -> ex)).isCompletedWithValueMatching(
				(ex) -> ex instanceof RedisConnectionFailureException && ex.getMessage().contains("is not started"));
	}

	@ParameterizedTest
	@CsvSource({ "run_id:abc, abc", "no_id:abc, redis.example:6379" })
	void aServerIsKnownByItsRunIdOrElseByItsAddress(String line, String id) {
		answer(line + "\nconnected_clients:12\nmaxclients:10000\n");
		assertThat(this.pool.getServer().askForClients()).isCompletedWithValue(new PoolServer.Clients(id, 12, 10_000));
	}

	@ParameterizedTest
	@CsvSource({ "connected_clients:12", "maxclients:10000", "maxclients:99999999999999999999", "connected_clients:" })
	void aServerThatDoesNotSayBothFiguresSaysNothing(String line) {
		answer("run_id:abc\n" + line + "\n");
		assertThat(this.pool.getServer().askForClients()).isCompletedWithValue(null);
	}

	@Test
	void aServerIsNotAskedWhileNothingIsConnected() {
		this.pool.started(this.lanes);
		assertThat(this.pool.getServer().askForClients()).isCompletedWithValue(null);
		Mockito.verify(this.lanes, Mockito.never()).info();
	}

	@Test
	@Timeout(300)
	void nobodyWaitsForTheAnswerOfAClusterThatIsSilent() throws IOException {
		ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("redis",
				new RedisClusterConfiguration(List.of("127.0.0.1:" + silent.getLocalPort())),
				LettuceClientConfiguration.builder().commandTimeout(Duration.ofSeconds(10)).build(),
				PoolSettings.builder().sharedConnections(0).build());
		try (silent) {
			factory.afterPropertiesSet();
			assertThat(factory.getPool().getServer().info()).isNotCompleted();
		}
		finally {
			factory.destroy();
		}
	}

	@Test
	void aSizeThatIsChangedWhileAPoolDoesNotRunEndsWithItsStart() {
		this.pool.resize(4, 2);
		assertThat(this.pool.snapshot().exclusive().maxSize()).isEqualTo(4);
		assertThat(this.pool.snapshot().exclusive().minIdle()).isEqualTo(2);
		this.pool.started(this.lanes);
		assertThat(this.pool.getSettings().getMaxSize()).isEqualTo(8);
		this.pool.stopped();
		assertThat(this.pool.snapshot().state()).isEqualTo(PoolSnapshot.State.STOPPED);
	}

	@ParameterizedTest
	@CsvSource({ "4, 8, 0, 4", "4, 3, 0, 3", "4, 8, 6, 6", "8, 12, 0, 12", "-1, 2, 0, 2" })
	void asManyAsMayBeIdleStayIdleUnlessThePoolIsTooSmall(int maxIdle, int maxSize, int minIdle, int expected) {
		LettuceRedisPool changed = pool(PoolSettings.builder().maxSize(8).maxIdle(maxIdle).build());
		changed.resize(maxSize, minIdle);
		assertThat(changed.getSettings().getMaxIdle()).isEqualTo(expected);
	}

	@Test
	void asManyAsMayBeIdleStayIdleAgainOnceThePoolIsLargeEnough() {
		LettuceRedisPool changed = pool(PoolSettings.builder().maxSize(16).maxIdle(8).build());
		changed.resize(4, 0);
		changed.resize(16, 0);
		assertThat(changed.getSettings().getMaxIdle()).isEqualTo(8);
		changed.resize(16, 12);
		changed.resize(16, 0);
		assertThat(changed.getSettings().getMaxIdle()).isEqualTo(8);
		LettuceRedisPool sized = pool(PoolSettings.builder().maxSizeAuto().maxIdle(2).build());
		assertThat(sized.getSettings().getMaxSize()).isEqualTo(2);
		sized.resize(64, 0);
		sized.size(32);
		assertThat(sized.getSettings().getMaxIdle()).isEqualTo(2);
	}

	@ParameterizedTest
	@CsvSource({ "32, 0, 2", "1, 0, 1", "32, 5, 5" })
	void thePoolThatSizesItselfTakesASizeAsItsLimit(int maxSize, int minIdle, int expected) {
		LettuceRedisPool sized = pool(PoolSettings.builder().maxSizeAuto().build());
		sized.resize(maxSize, minIdle);
		PoolSettings settings = sized.getSettings();
		assertThat(settings.isMaxSizeAuto()).isTrue();
		assertThat(settings.getMaxSizeLimit()).isEqualTo(maxSize);
		assertThat(settings.getMaxSize()).isEqualTo(expected);
		sized.size(100);
		assertThat(sized.getSettings().getMaxSize()).isEqualTo(maxSize);
		assertThat(sized.getSizing()).isNull();
	}

	@Test
	void whatIsAskedOfARunningPoolIsAskedOfItsLanes() {
		ConnectionPool exclusive = Mockito.mock(ConnectionPool.class);
		BDDMockito.given(this.lanes.exclusive()).willReturn(exclusive);
		this.pool.started(this.lanes);
		this.pool.suspend();
		Mockito.verify(exclusive).suspend();
		this.pool.resume();
		Mockito.verify(exclusive).resume();
		this.pool.resize(4, 0);
		Mockito.verify(exclusive).resized(-4);
		this.pool.retireAll();
		Mockito.verify(this.lanes).retireAll();
	}

	@Test
	void listenersHearWhatHappensUntilTheyAreRemoved() {
		PoolListener listener = Mockito.mock(PoolListener.class);
		this.pool.addListener(listener);
		this.pool.listeners().timedOut();
		this.pool.removeListener(listener);
		this.pool.listeners().timedOut();
		Mockito.verify(listener).timedOut();
		assertThat(this.pool.getName()).isEqualTo("redis");
	}

	@Test
	void nodesAreThoseOfTheRunningPool() {
		Partitions partitions = new Partitions();
		partitions.add(node(7001, RedisClusterNode.NodeFlag.REPLICA, RedisClusterNode.NodeFlag.EVENTUAL_FAIL));
		partitions.add(node(7000, RedisClusterNode.NodeFlag.UPSTREAM));
		partitions.add(node(7002, RedisClusterNode.NodeFlag.UPSTREAM, RedisClusterNode.NodeFlag.FAIL));
		StatefulRedisClusterConnection<?, ?> connection = Mockito.mock(StatefulRedisClusterConnection.class);
		BDDMockito.given(connection.getPartitions()).willReturn(partitions);
		BDDMockito.willReturn(connection).given(this.lanes).connectedSharedConnection();
		this.pool.started(this.lanes);
		assertThat(this.pool.getServer().nodes()).containsExactly(new PoolServer.Node("127.0.0.1:7000", true, false),
				new PoolServer.Node("127.0.0.1:7001", false, true), new PoolServer.Node("127.0.0.1:7002", true, true));
	}

	@Test
	void thereAreNoNodesWithoutAConnectionToACluster() {
		this.pool.started(this.lanes);
		assertThat(this.pool.getServer().nodes()).isEmpty();
		BDDMockito.willReturn(Mockito.mock(StatefulRedisConnection.class))
			.given(this.lanes)
			.connectedSharedConnection();
		assertThat(this.pool.getServer().nodes()).isEmpty();
	}

	private static RedisClusterNode node(int port, RedisClusterNode.NodeFlag... flags) {
		RedisClusterNode node = new RedisClusterNode();
		node.setUri(RedisURI.create("127.0.0.1", port));
		node.setNodeId(String.valueOf(port));
		node.setFlags(Set.of(flags));
		return node;
	}

	private void answer(String info) {
		BDDMockito.given(this.lanes.isConnected()).willReturn(true);
		BDDMockito.given(this.lanes.info()).willReturn(CompletableFuture.completedFuture(info));
		this.pool.started(this.lanes);
	}

	private static LettuceRedisPool pool(PoolSettings settings) {
		return new LettuceRedisPool("redis", settings, () -> true, new RedisStandaloneConfiguration("redis.example"),
				Duration.ofSeconds(3));
	}

}
