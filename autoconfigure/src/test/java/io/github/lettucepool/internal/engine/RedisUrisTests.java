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
import java.util.List;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslVerifyMode;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisSocketConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link RedisUris}.
 */
@Tag("unit")
class RedisUrisTests {

	private static final LettuceClientConfiguration PLAIN = LettuceClientConfiguration.defaultConfiguration();

	@Test
	void aServerIsNamedByHostAndPort() {
		RedisURI uri = RedisUris.of(new RedisStandaloneConfiguration("redis.example.org", 6390), PLAIN);
		assertThat(uri.getHost()).isEqualTo("redis.example.org");
		assertThat(uri.getPort()).isEqualTo(6390);
		assertThat(uri.getDatabase()).isZero();
		assertThat(uri.isSsl()).isFalse();
		assertThat(uri.isStartTls()).isFalse();
		assertThat(uri.getClientName()).isNull();
		assertThat(credentials(uri).hasUsername()).isFalse();
		assertThat(credentials(uri).hasPassword()).isFalse();
	}

	@Test
	void databaseUsernameAndPasswordAreThoseOfTheConfiguration() {
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration("localhost");
		configuration.setDatabase(7);
		configuration.setUsername("shop");
		configuration.setPassword("sesame");
		RedisURI uri = RedisUris.of(configuration, PLAIN);
		assertThat(uri.getDatabase()).isEqualTo(7);
		assertThat(credentials(uri).getUsername()).isEqualTo("shop");
		assertThat(credentials(uri).getPassword()).isEqualTo("sesame".toCharArray());
	}

	@Test
	void aPasswordNeedsNoUsername() {
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration("localhost");
		configuration.setPassword("sesame");
		RedisCredentials credentials = credentials(RedisUris.of(configuration, PLAIN));
		assertThat(credentials.hasUsername()).isFalse();
		assertThat(credentials.getPassword()).isEqualTo("sesame".toCharArray());
	}

	@Test
	void tlsClientNameAndTimeoutAreThoseOfTheClient() {
		LettuceClientConfiguration client = LettuceClientConfiguration.builder()
			.clientName("shop")
			.commandTimeout(Duration.ofSeconds(7))
			.useSsl()
			.verifyPeer(SslVerifyMode.CA)
			.startTls()
			.build();
		RedisURI uri = RedisUris.of(new RedisStandaloneConfiguration("localhost"), client);
		assertThat(uri.isSsl()).isTrue();
		assertThat(uri.isStartTls()).isTrue();
		assertThat(uri.getVerifyMode()).isEqualTo(SslVerifyMode.CA);
		assertThat(uri.getClientName()).isEqualTo("shop");
		assertThat(uri.getTimeout()).hasSeconds(7);
	}

	@Test
	void aSocketIsNamedByItsPath() {
		RedisSocketConfiguration configuration = new RedisSocketConfiguration("/run/redis.sock");
		configuration.setDatabase(3);
		configuration.setPassword(RedisPassword.of("sesame"));
		RedisURI uri = RedisUris.of(configuration, PLAIN);
		assertThat(uri.getSocket()).isEqualTo("/run/redis.sock");
		assertThat(uri.getDatabase()).isEqualTo(3);
		assertThat(credentials(uri).getPassword()).isEqualTo("sesame".toCharArray());
	}

	@Test
	void sentinelsHaveTheirOwnPasswordAndTheClientsTls() {
		RedisSentinelConfiguration configuration = new RedisSentinelConfiguration().master("mine")
			.sentinel("sentinel-1", 26379)
			.sentinel("sentinel-2", 26380);
		configuration.setDatabase(2);
		configuration.setPassword("for the data");
		configuration.setSentinelPassword("for the sentinels");
		LettuceClientConfiguration client = LettuceClientConfiguration.builder()
			.clientName("shop")
			.commandTimeout(Duration.ofSeconds(7))
			.useSsl()
			.disablePeerVerification()
			.build();
		RedisURI uri = RedisUris.of(configuration, client);
		assertThat(uri.getSentinelMasterId()).isEqualTo("mine");
		assertThat(uri.getDatabase()).isEqualTo(2);
		assertThat(uri.getClientName()).isEqualTo("shop");
		assertThat(credentials(uri).getPassword()).isEqualTo("for the data".toCharArray());
		assertThat(uri.getSentinels()).extracting(RedisURI::getPort).containsExactlyInAnyOrder(26379, 26380);
		assertThat(uri.getSentinels()).allSatisfy((sentinel) -> {
			assertThat(credentials(sentinel).getPassword()).isEqualTo("for the sentinels".toCharArray());
			assertThat(sentinel.isSsl()).isTrue();
			assertThat(sentinel.getVerifyMode()).isEqualTo(SslVerifyMode.NONE);
			assertThat(sentinel.getTimeout()).hasSeconds(7);
		});
	}

	@Test
	void aCredentialsProviderWinsOverThePassword() {
		RedisCredentialsProvider forData = () -> Mono.just(RedisCredentials.just("rotating", "data"));
		RedisCredentialsProvider forSentinels = () -> Mono.just(RedisCredentials.just("rotating", "sentinels"));
		LettuceClientConfiguration client = LettuceClientConfiguration.builder()
			.redisCredentialsProviderFactory(new RedisCredentialsProviderFactory() {

				@Override
				public RedisCredentialsProvider createCredentialsProvider(RedisConfiguration redisConfiguration) {
					return forData;
				}

				@Override
				public RedisCredentialsProvider createSentinelCredentialsProvider(
						RedisSentinelConfiguration redisConfiguration) {
					return forSentinels;
				}

			})
			.build();
		RedisStandaloneConfiguration server = new RedisStandaloneConfiguration("localhost");
		server.setPassword("sesame");
		assertThat(RedisUris.of(server, client).getCredentialsProvider()).isSameAs(forData);
		RedisURI sentinels = RedisUris.of(new RedisSentinelConfiguration().master("mine").sentinel("localhost", 26379),
				client);
		assertThat(sentinels.getCredentialsProvider()).isSameAs(forData);
		assertThat(sentinels.getSentinels()).singleElement()
			.satisfies((sentinel) -> assertThat(sentinel.getCredentialsProvider()).isSameAs(forSentinels));
	}

	@Test
	void aMasterWithReplicasHasNoAddressOfItsOwn() {
		RedisURI uri = RedisUris.of(new RedisStaticMasterReplicaConfiguration("localhost", 6379), PLAIN);
		assertThat(uri.getHost()).isNull();
		assertThat(uri.getSentinels()).isEmpty();
	}

	@Test
	void aDescriptionTellsWhereRedisIsAndNothingSecret() {
		RedisStandaloneConfiguration server = new RedisStandaloneConfiguration("redis.example.org", 6390);
		server.setUsername("shop");
		server.setPassword("sesame");
		assertThat(RedisUris.describe(server)).isEqualTo("redis.example.org:6390");
		RedisSentinelConfiguration sentinels = new RedisSentinelConfiguration().master("mine")
			.sentinel("sentinel-1", 26379);
		sentinels.setPassword("sesame");
		sentinels.setSentinelPassword("sesame");
		assertThat(RedisUris.describe(sentinels)).isEqualTo("master 'mine' of the sentinels [sentinel-1:26379]");
		RedisClusterConfiguration cluster = new RedisClusterConfiguration(List.of("node-1:7000"));
		cluster.setPassword("sesame");
		assertThat(RedisUris.describe(cluster)).isEqualTo("the cluster of [node-1:7000]");
		RedisStaticMasterReplicaConfiguration replicas = new RedisStaticMasterReplicaConfiguration("master", 6379);
		replicas.addNode("replica", 6380);
		replicas.setPassword("sesame");
		assertThat(RedisUris.describe(replicas)).isEqualTo("master and replicas master:6379, replica:6380");
		RedisSocketConfiguration socket = new RedisSocketConfiguration("/run/redis.sock");
		socket.setPassword(RedisPassword.of("sesame"));
		assertThat(RedisUris.describe(socket)).isEqualTo("/run/redis.sock");
	}

	@Test
	void theDatabaseIsThatOfTheConfigurationOrZero() {
		RedisStandaloneConfiguration server = new RedisStandaloneConfiguration();
		server.setDatabase(5);
		assertThat(RedisUris.database(server)).isEqualTo(5);
		assertThat(RedisUris.database(new RedisClusterConfiguration(List.of("node-1:7000")))).isZero();
	}

	private static RedisCredentials credentials(RedisURI uri) {
		RedisCredentials credentials = uri.getCredentialsProvider().resolveCredentials().block();
		assertThat(credentials).isNotNull();
		return credentials;
	}

}
