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
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import io.lettuce.authx.TokenBasedRedisCredentialsProvider;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.StringRedisTemplate;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import redis.clients.authentication.core.IdentityProvider;
import redis.clients.authentication.core.SimpleToken;
import redis.clients.authentication.core.TokenAuthConfig;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.autoconfigure.LettucePoolsAutoConfiguration;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of the recipes in {@code docs/topologies.md} for credentials that live for a few
 * minutes. The cloud is a server whose user changes with each token.
 */
class CredentialRecipesTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final Duration PERIOD = Duration.ofSeconds(1);

	private static final int USERS = 30;

	private final AtomicInteger issued = new AtomicInteger();

	@Redis
	private RedisServer server;

	@BeforeEach
	void allowUsers() {
		for (int number = 1; number <= USERS; number++) {
			this.server.execute("ACL", "SETUSER", "user" + number, "on", ">token" + number, "~*", "&*", "+@all");
		}
	}

	@AfterEach
	void removeUsers() {
		for (int number = 1; number <= USERS; number++) {
			this.server.execute("ACL", "DELUSER", "user" + number);
		}
	}

	@Test
	void tokensOfEntraIdAreRenewedOnOpenConnections() {
		IdentityProvider identityProvider = () -> {
			int number = issue();
			long now = System.currentTimeMillis();
			return new SimpleToken("user" + number, "token" + number, now + PERIOD.toMillis(), now, Map.of());
		};
		TokenAuthConfig config = TokenAuthConfig.builder()
			.identityProviderConfig(() -> identityProvider)
			.expirationRefreshRatio(0.75f)
			.lowerRefreshBoundMillis(0)
			.tokenRequestExecTimeoutInMs(1000)
			.maxAttemptsToRetry(3)
			.delayInMsToRetry(100)
			.build();
		application().withBean(TokenAuthConfig.class, () -> config)
			.withUserConfiguration(EntraId.class)
			.run((context) -> assertThatOpenConnectionsFollow(context.getBean(StringRedisTemplate.class)));
	}

	@Test
	void tokensOfIamAreRenewedOnOpenConnections() {
		application().withBean(Iam.class, () -> new Iam(PERIOD, this::token))
			.run((context) -> assertThatOpenConnectionsFollow(context.getBean(StringRedisTemplate.class)));
	}

	@Test
	void aProviderWithThePoolsQualifierIsThatPools() {
		PooledApplication.on(this.server.port(), LettucePoolsAutoConfiguration.class)
			.withPropertyValues("lettuce.pools.orders.redis.host=127.0.0.1",
					"lettuce.pools.orders.redis.port=" + this.server.port(),
					"lettuce.pools.orders.redis.client-name=orders", "spring.data.redis.client-name=primary")
			.withUserConfiguration(Orders.class)
			.run((context) -> {
				BothLanes.use(context.getBean(StringRedisTemplate.class));
				BothLanes.use(context.getBean("ordersStringRedisTemplate", StringRedisTemplate.class));
				assertThat(users("primary")).isNotEmpty().containsOnly("user=default");
				assertThat(users("orders")).isNotEmpty().containsOnly("user=user5");
			});
	}

	private ApplicationContextRunner application() {
		return PooledApplication.on(this.server.port())
			.withPropertyValues("spring.data.redis.client-name=recipe", "lettuce.pool.low-latency-callers=0");
	}

	/**
	 * Later tokens would be for users that do not exist.
	 */
	private int issue() {
		return Math.min(this.issued.incrementAndGet(), USERS);
	}

	private RedisCredentials token() {
		int number = issue();
		return RedisCredentials.just("user" + number, ("token" + number).toCharArray());
	}

	private void assertThatOpenConnectionsFollow(StringRedisTemplate template) {
		BothLanes.use(template);
		List<String> ids = fields("recipe", "id=");
		List<String> users = users("recipe");
		assertThat(ids).isNotEmpty();
		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(users("recipe")).isNotEmpty().doesNotContainAnyElementsOf(users));
		assertThat(fields("recipe", "id=")).containsAll(ids);
		BothLanes.use(template);
	}

	private List<String> users(String name) {
		return fields(name, "user=");
	}

	/**
	 * A field of each connection with a name that begins thus.
	 */
	private List<String> fields(String name, String field) {
		return this.server.clients()
			.stream()
			.filter((client) -> client.contains(" name=" + name))
			.map((client) -> List.of(client.split(" ")))
			.flatMap((words) -> words.stream().filter((word) -> word.startsWith(field)))
			.toList();
	}

	@Configuration(proxyBeanMethods = false)
	static class EntraId {

		@Bean
		TokenBasedRedisCredentialsProvider redisCredentials(TokenAuthConfig config) {
			return TokenBasedRedisCredentialsProvider.create(config);
		}

	}

	static class Iam implements RedisCredentialsProvider {

		private final Flux<RedisCredentials> tokens;

		Iam(Duration period, Supplier<RedisCredentials> signer) {
			this.tokens = Flux.interval(Duration.ZERO, period)
				.map((tick) -> signer.get())
				.replay(1)
				.refCount(1, Duration.ofMinutes(1));
		}

		@Override
		public Mono<RedisCredentials> resolveCredentials() {
			return this.tokens.next();
		}

		@Override
		public boolean supportsStreaming() {
			return true;
		}

		@Override
		public Flux<RedisCredentials> credentials() {
			return this.tokens;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Orders {

		@Bean(defaultCandidate = false)
		@Qualifier("orders")
		RedisCredentialsProvider ordersCredentials() {
			return () -> Mono.just(RedisCredentials.just("user5", "token5"));
		}

	}

}
