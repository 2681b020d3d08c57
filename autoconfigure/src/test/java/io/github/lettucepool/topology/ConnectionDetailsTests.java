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

import java.time.Duration;
import java.util.List;

import io.lettuce.core.cluster.ClusterClientOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.jks.JksSslStoreBundle;
import org.springframework.boot.ssl.jks.JksSslStoreDetails;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.TestCertificates;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.junit.SharedRedis;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that connection details, as the support for Testcontainers and Docker Compose
 * makes them, win over properties in every topology.
 */
class ConnectionDetailsTests {

	/**
	 * Whoever used one of these could not connect.
	 */
	private static final String[] NOBODY = { "spring.data.redis.host=127.0.0.1", "spring.data.redis.port=1",
			"spring.data.redis.password=wrong", "spring.data.redis.database=7" };

	@Test
	void oneServerWinsOverAClusterInTheProperties(@Redis RedisServer server) {
		with(new DataRedisConnectionDetails() {

			@Override
			public Standalone getStandalone() {
				return Standalone.of(server.host(), server.port());
			}

		}).withPropertyValues("spring.data.redis.cluster.nodes=127.0.0.1:1").run((context) -> {
			useBothLanes(context);
			assertThat(server.clients()).hasSize(2).allMatch((client) -> client.contains(" db=0 "));
		});
	}

	@Test
	void sentinelsWin() {
		RedisSentinelSet set = SharedRedis.sentinels();
		with(new DataRedisConnectionDetails() {

			@Override
			public Sentinel getSentinel() {
				return new Sentinel() {

					@Override
					public int getDatabase() {
						return 0;
					}

					@Override
					public String getMaster() {
						return set.masterName();
					}

					@Override
					public List<Node> getNodes() {
						return nodes(set.sentinels());
					}

					@Override
					public String getUsername() {
						return null;
					}

					@Override
					public String getPassword() {
						return null;
					}

				};
			}

		}).run(ConnectionDetailsTests::useBothLanes);
	}

	@Test
	void aClusterWinsAndIsWatchedLikeOneOfTheProperties() {
		RedisCluster cluster = SharedRedis.cluster();
		with(new DataRedisConnectionDetails() {

			@Override
			public Cluster getCluster() {
				return () -> nodes(cluster.masters());
			}

		}).run((context) -> {
			useBothLanes(context);
			assertThat(
					context.getBean(PooledLettuceConnectionFactory.class).getClientConfiguration().getClientOptions())
				.get()
				.isInstanceOfSatisfying(ClusterClientOptions.class, (options) -> {
					assertThat(options.getTopologyRefreshOptions().isPeriodicRefreshEnabled()).isTrue();
					assertThat(options.getTopologyRefreshOptions().getRefreshPeriod())
						.isEqualTo(Duration.ofSeconds(30));
				});
		});
	}

	@Test
	void aMasterWithReplicasWins() {
		RedisSentinelSet set = SharedRedis.sentinels();
		with(new DataRedisConnectionDetails() {

			@Override
			public MasterReplica getMasterReplica() {
				return () -> nodes(List.of(set.replicas().get(0), set.master()));
			}

		}).run(ConnectionDetailsTests::useBothLanes);
	}

	@Test
	@EnabledIf("io.github.lettucepool.embedded.RedisServer#supportsTls")
	void anSslBundleOfTheDetailsWins(@Redis(tls = true, config = "tls-auth-clients yes") RedisServer server) {
		TestCertificates certificates = server.certificates();
		SslBundle bundle = SslBundle.of(new JksSslStoreBundle(
				JksSslStoreDetails.forLocation(certificates.clientKeyStore().toUri().toString())
					.withPassword(TestCertificates.PASSWORD),
				JksSslStoreDetails.forLocation(certificates.trustStore().toUri().toString())
					.withPassword(TestCertificates.PASSWORD)));
		with(new DataRedisConnectionDetails() {

			@Override
			public SslBundle getSslBundle() {
				return bundle;
			}

			@Override
			public Standalone getStandalone() {
				return Standalone.of(server.host(), server.port());
			}

		}).withPropertyValues("spring.data.redis.ssl.enabled=false").run((context) -> {
			useBothLanes(context);
			assertThat(server.clients()).hasSize(2);
		});
	}

	private static List<DataRedisConnectionDetails.Node> nodes(List<RedisServer> servers) {
		return servers.stream()
			.map((server) -> new DataRedisConnectionDetails.Node(server.host(), server.port()))
			.toList();
	}

	private static void useBothLanes(AssertableApplicationContext context) {
		BothLanes.use(context.getBean(StringRedisTemplate.class));
	}

	private static ApplicationContextRunner with(DataRedisConnectionDetails details) {
		return PooledApplication.runner()
			.withBean(DataRedisConnectionDetails.class, () -> details)
			.withPropertyValues(NOBODY)
			.withPropertyValues("lettuce.pool.shared-connections=1", "lettuce.pool.low-latency-callers=0");
	}

}
