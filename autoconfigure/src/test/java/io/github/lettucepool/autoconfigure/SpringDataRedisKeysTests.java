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

package io.github.lettucepool.autoconfigure;

import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.ReadFrom.Nodes;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions.RefreshTrigger;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.models.role.RedisNodeDescription;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Cluster;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.MasterReplica;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Node;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Sentinel;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Standalone;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientConfigurationBuilderCustomizer;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.context.runner.ContextConsumer;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisNode;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.test.util.ReflectionTestUtils;

import io.github.lettucepool.CommandTimeouts;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.PooledLettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the {@code spring.data.redis} keys, the connection details and the beans
 * that an application may define for Spring Boot's Lettuce factory have the same effect
 * on the pooled one.
 */
class SpringDataRedisKeysTests {

	private static final String CLUSTER = "spring.data.redis.cluster.nodes=127.0.0.1:27379,127.0.0.1:27380";

	private static final String MASTER_REPLICA = "spring.data.redis.masterreplica.nodes=127.0.0.1:28319,127.0.0.1:28320";

	private static final String[] SENTINEL = { "spring.data.redis.sentinel.master=mymaster",
			"spring.data.redis.sentinel.nodes=127.0.0.1:26379, 127.0.0.1:26380" };

	private final ApplicationContextRunner contextRunner = PooledApplication.runner(SslAutoConfiguration.class);

	@Test
	void defaults() {
		this.contextRunner.run(factory((factory) -> {
			RedisStandaloneConfiguration server = factory.getStandaloneConfiguration();
			assertThat(server.getHostName()).isEqualTo("localhost");
			assertThat(server.getPort()).isEqualTo(6379);
			assertThat(server.getUsername()).isNull();
			assertThat(server.getPassword().isPresent()).isFalse();
			assertThat(factory.isUseSsl()).isFalse();
			assertThat(factory.getTimeout()).isEqualTo(3000);
			assertThat(factory.getShutdownTimeout()).isEqualTo(100);
			assertThat(factory.getClientName()).isNull();
			assertThat(factory.getClientConfiguration().getReadFrom()).isEmpty();
			assertThat(options(factory).getSocketOptions().getConnectTimeout()).hasSeconds(3);
		}));
	}

	@Test
	void hostPortAndDatabase() {
		this.contextRunner
			.withPropertyValues("spring.data.redis.host=foo", "spring.data.redis.port=1000",
					"spring.data.redis.database=1")
			.run(factory((factory) -> {
				assertThat(factory.getHostName()).isEqualTo("foo");
				assertThat(factory.getPort()).isEqualTo(1000);
				assertThat(factory.getDatabase()).isOne();
			}));
	}

	@Test
	void usernameAndPassword() {
		this.contextRunner.withPropertyValues("spring.data.redis.username=user", "spring.data.redis.password=secret")
			.run(factory((factory) -> {
				assertThat(factory.getStandaloneConfiguration().getUsername()).isEqualTo("user");
				assertThat(factory.getPassword()).isEqualTo("secret");
			}));
	}

	@Test
	void url() {
		this.contextRunner
			.withPropertyValues("spring.data.redis.host=foo", "spring.data.redis.port=1000",
					"spring.data.redis.password=xyz", "spring.data.redis.database=1",
					"spring.data.redis.url=redis://user:password@example:33/7")
			.run(factory((factory) -> {
				assertThat(factory.getHostName()).isEqualTo("example");
				assertThat(factory.getPort()).isEqualTo(33);
				assertThat(factory.getDatabase()).isEqualTo(7);
				assertThat(factory.getStandaloneConfiguration().getUsername()).isEqualTo("user");
				assertThat(factory.getPassword()).isEqualTo("password");
				assertThat(factory.isUseSsl()).isFalse();
			}));
	}

	@Test
	void urlWithSsl() {
		this.contextRunner
			.withPropertyValues("spring.data.redis.ssl.enabled=false",
					"spring.data.redis.url=rediss://user:password@example:33")
			.run(factory((factory) -> {
				assertThat(factory.getHostName()).isEqualTo("example");
				assertThat(factory.isUseSsl()).isTrue();
			}));
	}

	@Test
	void urlWithColonsInThePassword() {
		this.contextRunner.withPropertyValues("spring.data.redis.url=redis://user::pass:word@example:33")
			.run(factory((factory) -> {
				assertThat(factory.getStandaloneConfiguration().getUsername()).isEqualTo("user");
				assertThat(factory.getPassword()).isEqualTo(":pass:word");
			}));
	}

	@Test
	void urlWithAnUnknownScheme() {
		this.contextRunner.withPropertyValues("spring.data.redis.url=redis-sentinel://127.0.0.1:26379/mymaster")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageStartingWith("spring.data.redis.url is redis-sentinel://*** but must be redis://"));
	}

	@Test
	void timeouts() {
		this.contextRunner
			.withPropertyValues("spring.data.redis.timeout=250", "spring.data.redis.connect-timeout=1000",
					"spring.data.redis.lettuce.shutdown-timeout=500")
			.run(factory((factory) -> {
				assertThat(factory.getTimeout()).isEqualTo(250);
				assertThat(options(factory).getSocketOptions().getConnectTimeout()).hasMillis(1000);
				assertThat(factory.getShutdownTimeout()).isEqualTo(500);
			}));
	}

	@Test
	void commandsTimeOut() {
		this.contextRunner.withPropertyValues("spring.data.redis.timeout=250").run(factory((factory) -> {
			assertThat(options(factory).getTimeoutOptions().isApplyConnectionTimeout()).isTrue();
			assertThat(options(factory).getTimeoutOptions().isTimeoutCommands()).isTrue();
		}));
	}

	@Test
	void commandsThatBlockHaveAsLongAsTheySayIfNoTimeoutIsSet() {
		this.contextRunner.run(factory((factory) -> {
			assertThat(options(factory).getTimeoutOptions().isTimeoutCommands()).isTrue();
			assertThat(CommandTimeouts.of(options(factory)).getTimeout()).hasSeconds(3);
		}));
	}

	@Test
	void socketsFindOutThatAPeerIsSilent() {
		this.contextRunner.run(factory((factory) -> {
			SocketOptions sockets = options(factory).getSocketOptions();
			assertThat(sockets.isKeepAlive()).isTrue();
			assertThat(sockets.getKeepAlive().getIdle()).hasSeconds(10);
			assertThat(sockets.getKeepAlive().getInterval()).hasSeconds(5);
			assertThat(sockets.getKeepAlive().getCount()).isEqualTo(3);
			// The native transport is not on the class path.
			assertThat(sockets.isEnableTcpUserTimeout()).isFalse();
		}));
	}

	@Test
	void socketOptionsOfTheApplication() {
		SocketOptions sockets = SocketOptions.builder().keepAlive(false).build();
		this.contextRunner
			.withBean(LettuceClientOptionsBuilderCustomizer.class, () -> (builder) -> builder.socketOptions(sockets))
			.run(factory((factory) -> assertThat(options(factory).getSocketOptions()).isSameAs(sockets)));
	}

	@Test
	void clientName() {
		this.contextRunner.withPropertyValues("spring.data.redis.client-name=shop")
			.run(factory((factory) -> assertThat(factory.getClientName()).isEqualTo("shop")));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource
	void readFrom(String value, ReadFrom expected) {
		this.contextRunner.withPropertyValues("spring.data.redis.lettuce.read-from=" + value)
			.run(factory((factory) -> assertThat(factory.getClientConfiguration().getReadFrom()).hasValue(expected)));
	}

	static Stream<Arguments> readFrom() {
		return Stream.of(Arguments.of("any", ReadFrom.ANY), Arguments.of("any-replica", ReadFrom.ANY_REPLICA),
				Arguments.of("lowest-latency", ReadFrom.LOWEST_LATENCY), Arguments.of("replica", ReadFrom.REPLICA),
				Arguments.of("replica-preferred", ReadFrom.REPLICA_PREFERRED),
				Arguments.of("replicaPreferred", ReadFrom.REPLICA_PREFERRED),
				Arguments.of("REPLICA_PREFERRED", ReadFrom.REPLICA_PREFERRED),
				Arguments.of("upstream", ReadFrom.UPSTREAM),
				Arguments.of("upstream-preferred", ReadFrom.UPSTREAM_PREFERRED));
	}

	@Test
	void readFromNodesOfAPattern() {
		RedisClusterNode here = node("redis-1.Region-1.example.com");
		RedisClusterNode there = node("redis-1.Region-2.example.com");
		this.contextRunner.withPropertyValues("spring.data.redis.lettuce.read-from=regex:.*Region-1.*")
			.run(factory((factory) -> assertThat(
					factory.getClientConfiguration().getReadFrom().orElseThrow().select(new RedisNodes(here, there)))
				.containsExactly(here)));
	}

	@Test
	void readFromNodesOfSubnets() {
		RedisClusterNode inFirst = node("192.0.2.1");
		RedisClusterNode inNone = node("198.51.100.1");
		RedisClusterNode inSecond = node("2001:db8:abcd:0000::1");
		this.contextRunner
			.withPropertyValues("spring.data.redis.lettuce.read-from=subnet:192.0.2.0/24,2001:db8:abcd:0000::/52")
			.run(factory((factory) -> assertThat(factory.getClientConfiguration()
				.getReadFrom()
				.orElseThrow()
				.select(new RedisNodes(inFirst, inNone, inSecond))).containsExactly(inFirst, inSecond)));
	}

	@Test
	void sentinel() {
		this.contextRunner.withPropertyValues(SENTINEL)
			.withPropertyValues("spring.data.redis.database=1", "spring.data.redis.username=user",
					"spring.data.redis.password=secret", "spring.data.redis.sentinel.username=guard",
					"spring.data.redis.sentinel.password=watch")
			.run(factory((factory) -> {
				assertThat(factory.isRedisSentinelAware()).isTrue();
				assertThat(factory.getDatabase()).isOne();
				RedisSentinelConfiguration configuration = factory.getSentinelConfiguration();
				assertThat(configuration).isNotNull();
				assertThat(configuration.getMaster()).isNotNull()
					.satisfies((master) -> assertThat(master.getName()).isEqualTo("mymaster"));
				assertThat(configuration.getSentinels()).containsExactlyInAnyOrder(new RedisNode("127.0.0.1", 26379),
						new RedisNode("127.0.0.1", 26380));
				assertThat(configuration.getUsername()).isEqualTo("user");
				assertThat(configuration.getPassword()).isEqualTo(RedisPassword.of("secret"));
				assertThat(configuration.getSentinelUsername()).isEqualTo("guard");
				assertThat(configuration.getSentinelPassword()).isEqualTo(RedisPassword.of("watch"));
			}));
	}

	@Test
	void sentinelWithoutPasswords() {
		this.contextRunner.withPropertyValues(SENTINEL).run(factory((factory) -> {
			RedisSentinelConfiguration configuration = factory.getSentinelConfiguration();
			assertThat(configuration).isNotNull();
			assertThat(configuration.getPassword().isPresent()).isFalse();
			assertThat(configuration.getSentinelUsername()).isNull();
			assertThat(configuration.getSentinelPassword().isPresent()).isFalse();
		}));
	}

	@Test
	void sentinelWithIpv6() {
		this.contextRunner
			.withPropertyValues("spring.data.redis.sentinel.master=mymaster",
					"spring.data.redis.sentinel.nodes=[0:0:0:0:0:0:0:1]:26379")
			.run(factory((factory) -> assertThat(factory.getSentinelConfiguration()).isNotNull()
				.satisfies((configuration) -> assertThat(configuration.getSentinels())
					.containsExactly(new RedisNode("[0:0:0:0:0:0:0:1]", 26379)))));
	}

	@Test
	void cluster() {
		this.contextRunner
			.withPropertyValues(CLUSTER, "spring.data.redis.cluster.max-redirects=4", "spring.data.redis.username=user",
					"spring.data.redis.password=secret")
			.run(factory((factory) -> {
				assertThat(factory.isClusterAware()).isTrue();
				RedisClusterConfiguration configuration = factory.getClusterConfiguration();
				assertThat(configuration).isNotNull();
				assertThat(configuration.getClusterNodes()).containsExactlyInAnyOrder(new RedisNode("127.0.0.1", 27379),
						new RedisNode("127.0.0.1", 27380));
				assertThat(configuration.getMaxRedirects()).isEqualTo(4);
				assertThat(configuration.getUsername()).isEqualTo("user");
				assertThat(configuration.getPassword()).isEqualTo(RedisPassword.of("secret"));
			}));
	}

	@Test
	void clusterRefresh() {
		this.contextRunner
			.withPropertyValues(CLUSTER, "spring.data.redis.lettuce.cluster.refresh.period=20s",
					"spring.data.redis.lettuce.cluster.refresh.dynamic-refresh-sources=false")
			.run(factory((factory) -> assertThat(options(factory)).isInstanceOfSatisfying(ClusterClientOptions.class,
					(options) -> {
						assertThat(options.getTopologyRefreshOptions().getRefreshPeriod()).hasSeconds(20);
						assertThat(options.getTopologyRefreshOptions().isPeriodicRefreshEnabled()).isTrue();
						assertThat(options.getTopologyRefreshOptions().useDynamicRefreshSources()).isFalse();
						assertThat(options.getTimeoutOptions().isTimeoutCommands()).isTrue();
					})));
	}

	@Test
	void clusterRefreshByDefault() {
		this.contextRunner.withPropertyValues(CLUSTER)
			.run(factory((factory) -> assertThat(options(factory)).isInstanceOfSatisfying(ClusterClientOptions.class,
					(options) -> {
						assertThat(options.getTopologyRefreshOptions().isPeriodicRefreshEnabled()).isTrue();
						assertThat(options.getTopologyRefreshOptions().getRefreshPeriod()).hasSeconds(30);
						assertThat(options.getTopologyRefreshOptions().getAdaptiveRefreshTimeout()).hasMillis(500);
						assertThat(options.getTopologyRefreshOptions().useDynamicRefreshSources()).isTrue();
						assertThat(options.getTopologyRefreshOptions().getAdaptiveRefreshTriggers())
							.isEqualTo(EnumSet.allOf(RefreshTrigger.class));
					})));
	}

	@Test
	void clusterRefreshHasNoEffectWithoutACluster() {
		this.contextRunner.withPropertyValues("spring.data.redis.lettuce.cluster.refresh.period=30s")
			.run(factory((factory) -> assertThat(options(factory)).isExactlyInstanceOf(ClientOptions.class)));
	}

	@Test
	void masterReplica() {
		this.contextRunner
			.withPropertyValues(MASTER_REPLICA, "spring.data.redis.username=user", "spring.data.redis.password=secret")
			.run(factory((factory) -> {
				assertThat(factory.getSentinelConfiguration()).isNull();
				assertThat(factory.getClusterConfiguration()).isNull();
				RedisStaticMasterReplicaConfiguration configuration = masterReplica(factory);
				assertThat(configuration.getNodes()).map((node) -> new RedisNode(node.getHostName(), node.getPort()))
					.containsExactly(new RedisNode("127.0.0.1", 28319), new RedisNode("127.0.0.1", 28320));
				assertThat(configuration.getUsername()).isEqualTo("user");
				assertThat(configuration.getPassword()).isEqualTo(RedisPassword.of("secret"));
			}));
	}

	@Test
	void masterReplicaWithoutANode() {
		this.contextRunner.withPropertyValues("spring.data.redis.masterreplica.nodes=")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageStartingWith(
						"spring.data.redis.masterreplica.nodes is empty but must be a list of 'host:port'"));
	}

	@Test
	void sentinelsWinOverAClusterAndAClusterOverAMasterWithReplicas() {
		this.contextRunner.withPropertyValues(SENTINEL)
			.withPropertyValues(CLUSTER, MASTER_REPLICA)
			.run(factory((factory) -> assertThat(factory.getSentinelConfiguration()).isNotNull()));
		this.contextRunner.withPropertyValues(CLUSTER, MASTER_REPLICA)
			.run(factory((factory) -> assertThat(factory.getClusterConfiguration()).isNotNull()));
	}

	@Test
	void ssl() {
		this.contextRunner.withPropertyValues("spring.data.redis.ssl.enabled=true")
			.run(factory((factory) -> assertThat(factory.isUseSsl()).isTrue()));
	}

	@Test
	void sslBundle() {
		this.contextRunner.withPropertyValues("spring.data.redis.ssl.bundle=redis",
				"spring.ssl.bundle.pem.redis.truststore.certificate=classpath:io/github/lettucepool/autoconfigure/ca.pem",
				"spring.ssl.bundle.pem.redis.options.enabled-protocols=TLSv1.3",
				"spring.ssl.bundle.pem.redis.options.ciphers=TLS_AES_256_GCM_SHA384")
			.run(factory((factory) -> {
				assertThat(factory.isUseSsl()).isTrue();
				assertThat(options(factory).getSslOptions().createSSLParameters().getProtocols())
					.containsExactly("TLSv1.3");
				assertThat(options(factory).getSslOptions().createSSLParameters().getCipherSuites())
					.containsExactly("TLS_AES_256_GCM_SHA384");
			}));
	}

	@Test
	void sslBundleThatIsSwitchedOff() {
		this.contextRunner
			.withPropertyValues("spring.data.redis.ssl.enabled=false", "spring.data.redis.ssl.bundle=redis")
			.run(factory((factory) -> assertThat(factory.isUseSsl()).isFalse()));
	}

	@Test
	void customizers() {
		this.contextRunner
			.withBean(LettuceClientConfigurationBuilderCustomizer.class,
					() -> LettuceClientConfigurationBuilder::useSsl)
			.withBean(LettuceClientOptionsBuilderCustomizer.class,
					() -> (builder) -> builder.pingBeforeActivateConnection(false))
			.run(factory((factory) -> {
				assertThat(factory.isUseSsl()).isTrue();
				assertThat(options(factory).isPingBeforeActivateConnection()).isFalse();
			}));
	}

	@Test
	void standaloneConfigurationBean() {
		RedisStandaloneConfiguration own = new RedisStandaloneConfiguration("own", 1234);
		this.contextRunner.withPropertyValues("spring.data.redis.host=foo")
			.withBean(RedisStandaloneConfiguration.class, () -> own)
			.run(factory((factory) -> assertThat(factory.getStandaloneConfiguration()).isSameAs(own)));
	}

	@Test
	void sentinelConfigurationBean() {
		RedisSentinelConfiguration own = new RedisSentinelConfiguration().master("own").sentinel("127.0.0.1", 1234);
		this.contextRunner.withPropertyValues(SENTINEL)
			.withBean(RedisSentinelConfiguration.class, () -> own)
			.run(factory((factory) -> assertThat(factory.getSentinelConfiguration()).isSameAs(own)));
	}

	@Test
	void clusterConfigurationBean() {
		RedisClusterConfiguration own = new RedisClusterConfiguration(List.of("127.0.0.1:1234"));
		this.contextRunner.withBean(RedisClusterConfiguration.class, () -> own)
			.run(factory((factory) -> assertThat(factory.getClusterConfiguration()).isSameAs(own)));
	}

	@Test
	void masterReplicaConfigurationBean() {
		RedisStaticMasterReplicaConfiguration own = new RedisStaticMasterReplicaConfiguration("own", 1234);
		this.contextRunner.withBean(RedisStaticMasterReplicaConfiguration.class, () -> own)
			.run(factory((factory) -> assertThat(masterReplica(factory)).isSameAs(own)));
	}

	@Test
	void connectionDetailsOfOneServer() {
		this.contextRunner.withPropertyValues("spring.data.redis.host=foo")
			.withBean(DataRedisConnectionDetails.class, () -> new Details() {

				@Override
				public Standalone getStandalone() {
					return Standalone.of("redis.example.com", 16379, 1);
				}

			})
			.run(factory((factory) -> {
				RedisStandaloneConfiguration configuration = factory.getStandaloneConfiguration();
				assertThat(configuration.getHostName()).isEqualTo("redis.example.com");
				assertThat(configuration.getPort()).isEqualTo(16379);
				assertThat(configuration.getDatabase()).isOne();
				assertThat(configuration.getUsername()).isEqualTo("user-1");
				assertThat(configuration.getPassword()).isEqualTo(RedisPassword.of("password-1"));
			}));
	}

	@Test
	void connectionDetailsOfSentinels() {
		this.contextRunner.withBean(DataRedisConnectionDetails.class, () -> new Details() {

			@Override
			public Sentinel getSentinel() {
				return new SentinelDetails();
			}

		}).run(factory((factory) -> {
			RedisSentinelConfiguration configuration = factory.getSentinelConfiguration();
			assertThat(configuration).isNotNull();
			assertThat(configuration.getSentinels()).containsExactly(new RedisNode("node-1", 12345));
			assertThat(configuration.getSentinelUsername()).isEqualTo("sentinel-1");
			assertThat(configuration.getSentinelPassword()).isEqualTo(RedisPassword.of("secret-1"));
			assertThat(configuration.getUsername()).isEqualTo("user-1");
			assertThat(configuration.getPassword()).isEqualTo(RedisPassword.of("password-1"));
			assertThat(configuration.getDatabase()).isOne();
		}));
	}

	@Test
	void connectionDetailsOfACluster() {
		this.contextRunner.withBean(DataRedisConnectionDetails.class, () -> new Details() {

			@Override
			public Cluster getCluster() {
				return () -> List.of(new Node("node-1", 12345), new Node("node-2", 23456));
			}

		}).run(factory((factory) -> {
			RedisClusterConfiguration configuration = factory.getClusterConfiguration();
			assertThat(configuration).isNotNull();
			assertThat(configuration.getClusterNodes()).containsExactly(new RedisNode("node-1", 12345),
					new RedisNode("node-2", 23456));
			assertThat(configuration.getUsername()).isEqualTo("user-1");
			assertThat(configuration.getPassword()).isEqualTo(RedisPassword.of("password-1"));
		}));
	}

	@Test
	void connectionDetailsOfAMasterWithReplicas() {
		this.contextRunner.withBean(DataRedisConnectionDetails.class, () -> new Details() {

			@Override
			public MasterReplica getMasterReplica() {
				return () -> List.of(new Node("node-1", 12345), new Node("node-2", 23456));
			}

		})
			.run(factory((factory) -> assertThat(masterReplica(factory).getNodes())
				.map((node) -> new RedisNode(node.getHostName(), node.getPort()))
				.containsExactly(new RedisNode("node-1", 12345), new RedisNode("node-2", 23456))));
	}

	@Test
	void connectionDetailsWithoutAServer() {
		this.contextRunner.withBean(DataRedisConnectionDetails.class, Details::new)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessage("The Redis connection details name no server"));
	}

	private ContextConsumer<AssertableApplicationContext> factory(Consumer<LettuceConnectionFactory> test) {
		return (context) -> {
			assertThat(context).hasNotFailed().hasSingleBean(DataRedisConnectionDetails.class);
			test.accept(context.getBean(PooledLettuceConnectionFactory.class));
		};
	}

	private ClientOptions options(LettuceConnectionFactory factory) {
		return factory.getClientConfiguration().getClientOptions().orElseThrow();
	}

	private RedisStaticMasterReplicaConfiguration masterReplica(LettuceConnectionFactory factory) {
		Object configuration = ReflectionTestUtils.getField(factory, LettuceConnectionFactory.class, "configuration");
		assertThat(configuration).isInstanceOf(RedisStaticMasterReplicaConfiguration.class);
		return (RedisStaticMasterReplicaConfiguration) configuration;
	}

	private RedisClusterNode node(String host) {
		RedisClusterNode node = new RedisClusterNode();
		node.setUri(RedisURI.Builder.redis(host).build());
		return node;
	}

	private static class Details implements DataRedisConnectionDetails {

		@Override
		public String getUsername() {
			return "user-1";
		}

		@Override
		public String getPassword() {
			return "password-1";
		}

	}

	private static final class SentinelDetails implements Sentinel {

		@Override
		public int getDatabase() {
			return 1;
		}

		@Override
		public String getMaster() {
			return "master.redis.example.com";
		}

		@Override
		public List<Node> getNodes() {
			return List.of(new Node("node-1", 12345));
		}

		@Override
		public @Nullable String getUsername() {
			return "sentinel-1";
		}

		@Override
		public @Nullable String getPassword() {
			return "secret-1";
		}

	}

	private static final class RedisNodes implements Nodes {

		private final List<RedisNodeDescription> nodes;

		RedisNodes(RedisNodeDescription... nodes) {
			this.nodes = List.of(nodes);
		}

		@Override
		public List<RedisNodeDescription> getNodes() {
			return this.nodes;
		}

		@Override
		public Iterator<RedisNodeDescription> iterator() {
			return this.nodes.iterator();
		}

	}

}
