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
import java.util.Objects;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientConfigurationBuilderCustomizer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.lettuce.RedisCredentialsProviderFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of credentials that change while the application runs.
 */
class CredentialRotationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	@ParameterizedTest(name = "{0}, shared connections: {1}, low-latency callers: {2}")
	@CsvSource({ "STANDALONE, 0, 0", "STANDALONE, 2, 0", "STANDALONE, 2, 4", "SENTINELS, 0, 0", "SENTINELS, 2, 0",
			"CLUSTER, 0, 0", "CLUSTER, 2, 0", "MASTER_AND_REPLICAS, 0, 0", "MASTER_AND_REPLICAS, 2, 0" })
	void newCredentialsReachOpenConnectionsOfBothLanesWithoutAFailedCommand(Topology topology, int shared,
			int lowLatencyCallers) {
		List<RedisServer> servers = topology.servers();
		servers.forEach((server) -> allow(server, "spring"));
		Credentials credentials = new Credentials("spring");
		try {
			withCredentials(topology.application(), shared, credentials)
				.withPropertyValues("lettuce.pool.low-latency-callers=" + lowLatencyCallers)
				.run((context) -> {
					StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
					try (Load load = new Load(8, (number) -> operation(template, number))) {
						load.awaitSuccessOfAll();
						assertThat(clients(servers)).isNotEmpty()
							.allSatisfy((client) -> assertThat(client).contains("user=spring"));
						RedisPool pool = context.getBean(RedisPool.class);
						await().atMost(PATIENCE)
							.until(() -> pool.snapshot().shared().lowLatency() >= Math.min(1, lowLatencyCallers));
						assertThat(pool.snapshot().shared().lowLatency()).isLessThanOrEqualTo(lowLatencyCallers);
						servers.forEach((server) -> allow(server, "summer"));
						credentials.become("summer");
						await().atMost(PATIENCE)
							.untilAsserted(() -> assertThat(clients(servers)).isNotEmpty()
								.allSatisfy((client) -> assertThat(client).contains("user=summer")));
						// Ends all connections of that user.
						servers.forEach((server) -> server.execute("ACL", "DELUSER", "spring"));
						load.awaitSuccessOfAll();
						assertThat(load.failures()).isEmpty();
					}
				});
		}
		finally {
			servers.forEach((server) -> server.execute("ACL", "DELUSER", "spring", "summer"));
		}
	}

	private static List<String> clients(List<RedisServer> servers) {
		return servers.stream()
			.flatMap((server) -> server.clients().stream())
			.filter((client) -> client.contains(" name=rotation"))
			.toList();
	}

	@Test
	void aProviderThatDoesNotStreamIsAskedForEachNewConnection(@Redis RedisServer server) {
		allow(server, "spring");
		allow(server, "summer");
		Credentials credentials = new Credentials("spring");
		// Not the object itself, which streams.
		RedisCredentialsProvider provider = () -> Objects.requireNonNull(credentials.resolveCredentials());
		application(server, 1, provider).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			template.opsForValue().set("key", "value");
			credentials.become("summer");
			BothLanes.useExclusive(template);
			assertThat(server.clients()).hasSize(2)
				.anySatisfy((client) -> assertThat(client).contains("user=spring"))
				.anySatisfy((client) -> assertThat(client).contains("user=summer"));
		});
	}

	@Test
	void aCustomizerHasTheLastWord(@Redis RedisServer server) {
		allow(server, "autumn");
		application(server, 1, () -> Mono.just(RedisCredentials.just("nobody", "nothing")))
			.withBean(LettuceClientConfigurationBuilderCustomizer.class,
					() -> (builder) -> builder.redisCredentialsProviderFactory(new RedisCredentialsProviderFactory() {

						@Override
						public RedisCredentialsProvider createCredentialsProvider(RedisConfiguration configuration) {
							return new Credentials("autumn");
						}

					}))
			.run((context) -> {
				BothLanes.use(context.getBean(StringRedisTemplate.class));
				assertThat(server.clients()).isNotEmpty()
					.allSatisfy((client) -> assertThat(client).contains("user=autumn"));
			});
	}

	private static void allow(RedisServer server, String user) {
		server.execute("ACL", "SETUSER", user, "on", ">secret of " + user, "~*", "&*", "+@all");
	}

	/**
	 * Half of the callers need an exclusive connection.
	 */
	private static Runnable operation(StringRedisTemplate template, int number) {
		return (number % 2 == 0) ? () -> template.opsForValue().increment("count")
				: () -> BothLanes.useExclusive(template);
	}

	private static ApplicationContextRunner application(RedisServer server, int shared,
			RedisCredentialsProvider provider) {
		return withCredentials(PooledApplication.on(server.port()), shared, provider);
	}

	private static ApplicationContextRunner withCredentials(ApplicationContextRunner application, int shared,
			RedisCredentialsProvider provider) {
		return application
			.withPropertyValues("spring.data.redis.client-name=rotation", "lettuce.pool.shared-connections=" + shared,
					"lettuce.pool.low-latency-callers=0")
			.withBean(RedisCredentialsProvider.class, () -> provider);
	}

	/**
	 * The credentials of a user that changes.
	 */
	private static final class Credentials implements RedisCredentialsProvider {

		private final Sinks.Many<RedisCredentials> users = Sinks.many().replay().latest();

		private Credentials(String user) {
			become(user);
		}

		private void become(String user) {
			this.users.emitNext(RedisCredentials.just(user, ("secret of " + user).toCharArray()),
					Sinks.EmitFailureHandler.FAIL_FAST);
		}

		@Override
		public Mono<RedisCredentials> resolveCredentials() {
			return Objects.requireNonNull(this.users.asFlux().next());
		}

		@Override
		public boolean supportsStreaming() {
			return true;
		}

		@Override
		public Flux<RedisCredentials> credentials() {
			return this.users.asFlux();
		}

	}

}
