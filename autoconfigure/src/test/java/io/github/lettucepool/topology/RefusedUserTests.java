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

import java.util.concurrent.atomic.AtomicInteger;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientConfigurationBuilderCustomizer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.junit.SharedRedis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for what is said of credentials that the server refuses.
 */
class RefusedUserTests {

	private static final String WRONG = "not-the-one";

	@Redis(password = "right")
	private static RedisServer server;

	@BeforeAll
	static void startServer() {
		server.execute("ACL", "SETUSER", "shop", "on", ">secret", "~*", "&*", "+@all");
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	void aWrongPasswordSaysSoAndNamesTheUserAndNotThePassword(int shared) {
		assertThatConnectingFails(
				application(shared).withPropertyValues("spring.data.redis.username=shop",
						"spring.data.redis.password=" + WRONG),
				"127.0.0.1", String.valueOf(server.port()), "user 'shop'", "WRONGPASS");
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	void whereNoUserIsConfiguredTheDefaultOneIsNamed(int shared) {
		assertThatConnectingFails(application(shared).withPropertyValues("spring.data.redis.password=" + WRONG),
				"user 'default'", "WRONGPASS");
	}

	@Test
	void aMissingPasswordSaysSo() {
		assertThatConnectingFails(application(1), "user 'default'", "NOAUTH");
	}

	@Test
	void theUserAndTheAnswerAreSaidWhereLettuceSaysOnlyThatMasterAndReplicasCannotBeReached() {
		String nodes = "127.0.0.1:" + server.port();
		assertThatConnectingFails(
				application(1).withPropertyValues("spring.data.redis.masterreplica.nodes=" + nodes,
						"spring.data.redis.username=shop", "spring.data.redis.password=" + WRONG),
				nodes, "user 'shop'", "WRONGPASS");
	}

	@Test
	void theUserIsNamedForACluster() {
		String nodes = "127.0.0.1:" + server.port();
		assertThatConnectingFails(
				application(1).withPropertyValues("spring.data.redis.cluster.nodes=" + nodes,
						"spring.data.redis.username=shop", "spring.data.redis.password=" + WRONG),
				nodes, "user 'shop'", "WRONGPASS");
	}

	@Test
	void theUserOfTheSentinelsIsNamedWhereTheseRefuse() {
		assertThatConnectingFails(
				application(1).withPropertyValues("spring.data.redis.sentinel.master=shop",
						"spring.data.redis.sentinel.nodes=127.0.0.1:" + server.port(),
						"spring.data.redis.sentinel.username=watcher", "spring.data.redis.sentinel.password=" + WRONG,
						"spring.data.redis.username=shop", "spring.data.redis.password=secret"),
				"the sentinels as user 'watcher'", "WRONGPASS");
	}

	@Test
	void theUserIsNamedForAMasterBehindSentinels() {
		RedisSentinelSet set = SharedRedis.sentinels();
		assertThatConnectingFails(
				application(1).withPropertyValues("spring.data.redis.sentinel.master=" + set.masterName(),
						"spring.data.redis.sentinel.nodes=" + Topology.addresses(set.sentinels()),
						"spring.data.redis.username=shop", "spring.data.redis.password=" + WRONG),
				Topology.addresses(set.sentinels().subList(0, 1)), "user 'shop'", "WRONGPASS");
	}

	@Test
	void aCredentialsProviderIsMadeOnceForBothLanes() {
		AtomicInteger made = new AtomicInteger();
		application(1).withBean(LettuceClientConfigurationBuilderCustomizer.class,
				() -> (builder) -> builder.redisCredentialsProviderFactory(new RedisCredentialsProviderFactory() {

					@Override
					public RedisCredentialsProvider createCredentialsProvider(RedisConfiguration configuration) {
						made.incrementAndGet();
						return RedisCredentialsProvider
							.from(() -> RedisCredentials.just("shop", "secret".toCharArray()));
					}

				}))
			.run((context) -> {
				BothLanes.use(context.getBean(StringRedisTemplate.class));
				assertThat(made).hasValue(1);
			});
	}

	private static void assertThatConnectingFails(ApplicationContextRunner application, String... said) {
		application.run((context) -> assertThatExceptionOfType(PoolConnectException.class)
			.isThrownBy(() -> context.getBean(StringRedisTemplate.class).hasKey("key"))
			.satisfies((ex) -> assertThat(ex.getMessage()).contains(said).doesNotContain(WRONG, "secret")));
	}

	private static ApplicationContextRunner application(int shared) {
		return PooledApplication.on(server.port()).withPropertyValues("lettuce.pool.shared-connections=" + shared);
	}

}
