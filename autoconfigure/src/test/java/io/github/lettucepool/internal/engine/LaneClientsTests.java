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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisSocketConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.CommandTimeouts;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.internal.cluster.PooledClusterClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link LaneClients}.
 */
@Tag("unit")
class LaneClientsTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(3);

	private final ClientResources resources = DefaultClientResources.create();

	private final List<LaneClients> opened = new ArrayList<>();

	private PoolSettings settings = PoolSettings.builder().build();

	@AfterEach
	void shutdown() {
		this.opened.forEach((clients) -> clients.shutdown(Duration.ZERO));
		this.resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@Test
	void callersDriveConnectionsToOneServer() {
		assertThat(clients(new RedisStandaloneConfiguration(), client()).driven()).isNotNull();
	}

	@Test
	void callersDriveNoConnectionsIfTheyAreNotTo() {
		this.settings = PoolSettings.builder().callerDriven(false).build();
		assertThat(clients(new RedisStandaloneConfiguration(), client()).driven()).isNull();
	}

	@ParameterizedTest
	@MethodSource
	void callersDriveNoConnectionsToReplicasOrOfAnythingButTcp(RedisConfiguration configuration) {
		assertThat(clients(configuration, client()).driven()).isNull();
	}

	static Stream<RedisConfiguration> callersDriveNoConnectionsToReplicasOrOfAnythingButTcp() {
		return Stream.of(new RedisSocketConfiguration("/tmp/redis.sock"),
				new RedisStaticMasterReplicaConfiguration("a", 1));
	}

	@Test
	void callersDriveConnectionsToAClusterWhereverTheyRead() {
		assertThat(clusterClients(client()).driven()).isInstanceOf(PooledClusterClient.class);
		assertThat(clusterClients(client().readFrom(ReadFrom.REPLICA)).driven()).isNotNull();
		this.settings = PoolSettings.builder().callerDriven(false).build();
		assertThat(clusterClients(client()).driven()).isNull();
	}

	private LaneClients clusterClients(LettuceClientConfiguration.LettuceClientConfigurationBuilder client) {
		RedisClusterClient shared = RedisClusterClient.create(this.resources, "redis://redis.example");
		LaneClients clients = new LaneClients("redis", this.settings, new RedisClusterConfiguration(List.of("a:1")),
				client.clientResources(this.resources).build(), shared);
		this.opened.add(clients);
		assertThat(clients.shared()).isSameAs(shared);
		return clients;
	}

	@Test
	void callersDriveNoConnectionsThatReadFromReplicas() {
		assertThat(clients(new RedisStandaloneConfiguration(), client().readFrom(ReadFrom.REPLICA)).driven()).isNull();
	}

	@Test
	void blockingCommandsHaveTheirOwnTimeInTheExclusiveLaneOnly() {
		LaneClients clients = clients(new RedisStandaloneConfiguration(), client().clientOptions(options(TIMEOUT)));
		assertThat(CommandTimeouts.of(clients.exclusive().getOptions())).isNotNull();
		assertThat(CommandTimeouts.of(clients.shared().getOptions())).isNull();
		assertThat(clients.shared().getOptions().getTimeoutOptions().isTimeoutCommands()).isTrue();
	}

	@Test
	void exclusiveConnectionsWaitForNoReconnectWhateverTheOptionsSay() {
		ClientOptions options = ClientOptions.builder()
			.disconnectedBehavior(ClientOptions.DisconnectedBehavior.ACCEPT_COMMANDS)
			.build();
		AbstractRedisClient exclusive = clients(new RedisStandaloneConfiguration(), client().clientOptions(options))
			.exclusive();
		assertThat(exclusive.getOptions().getDisconnectedBehavior())
			.isEqualTo(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS);
		assertThat(exclusive.getOptions().isAutoReconnect()).isFalse();
	}

	@Test
	void aTimeoutThatACustomizerHasChangedEndsBlockingCommandsToo() {
		AbstractRedisClient exclusive = clients(new RedisStandaloneConfiguration(),
				client().clientOptions(options(TIMEOUT.plusSeconds(1))))
			.exclusive();
		assertThat(CommandTimeouts.of(exclusive.getOptions())).isNull();
	}

	private LaneClients clients(RedisConfiguration configuration,
			LettuceClientConfiguration.LettuceClientConfigurationBuilder client) {
		LaneClients clients = new LaneClients("redis", this.settings, configuration,
				client.clientResources(this.resources).build(), null);
		this.opened.add(clients);
		return clients;
	}

	private static LettuceClientConfiguration.LettuceClientConfigurationBuilder client() {
		return LettuceClientConfiguration.builder().commandTimeout(TIMEOUT);
	}

	private static ClientOptions options(Duration timeout) {
		return ClientOptions.builder()
			.timeoutOptions(TimeoutOptions.builder().timeoutSource(new CommandTimeouts(timeout)).build())
			.build();
	}

}
