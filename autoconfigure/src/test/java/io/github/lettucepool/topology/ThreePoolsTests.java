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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.ConfigDataApplicationContextInitializer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.junit.SharedRedis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of an application with three pools, configured by YAML alone: one server, a
 * master that sentinels look after, and a cluster. All three are under load on both lanes
 * while what one of them is connected to is killed and brought back.
 */
@Timeout(300)
class ThreePoolsTests {

	private static final int THREADS = 4;

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	@Redis(own = true)
	private static RedisServer server;

	@Redis
	private RedisSentinelSet sentinels;

	@Redis(config = SharedRedis.STEADY)
	private RedisCluster cluster;

	@BeforeEach
	void startServer() {
		server.start();
	}

	@ParameterizedTest
	@EnumSource
	void anOutageOfOneIsNotNoticedByTheOthers(Kind killed, @TempDir Path directory) throws IOException {
		Path yaml = Files.writeString(directory.resolve("application.yml"), yaml());
		new ApplicationContextRunner().withUserConfiguration(Application.class)
			.withInitializer(new ConfigDataApplicationContextInitializer())
			.withPropertyValues("spring.config.location=" + yaml)
			.run((context) -> {
				Map<Kind, Load> loads = new EnumMap<>(Kind.class);
				try {
					for (Kind kind : Kind.values()) {
						StringRedisTemplate template = context.getBean(kind.poolName() + "StringRedisTemplate",
								StringRedisTemplate.class);
						loads.put(kind, new Load(THREADS, (number) -> operation(template, number)));
					}
					loads.values().forEach(Load::awaitSuccessOfAll);
					killed.kill(this);
					Load broken = loads.get(killed);
					await().atMost(PATIENCE).until(() -> !broken.failures().isEmpty());
					assertOthersWork(context, loads, killed);
					killed.bringBack(this);
					assertOthersWork(context, loads, killed);
					broken.awaitSuccessOfAll();
					await().atMost(PATIENCE).until(() -> status(context, killed), Status.UP::equals);
				}
				finally {
					loads.values().forEach(Load::close);
				}
				loads.remove(killed);
				assertThat(loads.values()).hasSize(2).allSatisfy((load) -> assertThat(load.failures()).isEmpty());
			});
	}

	private static void assertOthersWork(ApplicationContext context, Map<Kind, Load> loads, Kind killed) {
		loads.forEach((kind, load) -> {
			if (kind != killed) {
				load.awaitSuccessOfAll();
				assertThat(status(context, kind)).as(kind.poolName()).isEqualTo(Status.UP);
			}
		});
	}

	private static Status status(ApplicationContext context, Kind kind) {
		CompositeHealthContributor pools = context.getBean("redisPoolHealthContributor",
				CompositeHealthContributor.class);
		HealthIndicator indicator = (HealthIndicator) pools.getContributor(kind.poolName());
		assertThat(indicator).isNotNull();
		return indicator.health(false).getStatus();
	}

	/**
	 * The shared lane for some threads, the exclusive one for the others. The keys are
	 * spread over the nodes of the cluster.
	 */
	private static Runnable operation(StringRedisTemplate template, int number) {
		int[] round = new int[1];
		if (number % 2 == 0) {
			return () -> template.opsForValue().increment(key(number, round));
		}
		return () -> template.executePipelined((RedisCallback<Object>) (connection) -> {
			connection.stringCommands().incr(key(number, round).getBytes(StandardCharsets.UTF_8));
			return null;
		});
	}

	private static String key(int number, int[] round) {
		round[0] = (round[0] + 1) % 16;
		return "three-pools-%d-%d".formatted(number, round[0]);
	}

	private String yaml() {
		return """
				lettuce:
				  pools:
				    server:
				      max-size: 4
				      max-wait: 20s
				      redis:
				        host: %s
				        port: %d
				        timeout: 20s
				    sentinel:
				      max-size: 4
				      max-wait: 20s
				      redis:
				        timeout: 20s
				        sentinel:
				          master: %s
				          nodes: %s
				    cluster:
				      max-size: 4
				      max-wait: 20s
				      redis:
				        timeout: 20s
				        cluster:
				          nodes: %s
				""".formatted(server.host(), server.port(), this.sentinels.masterName(),
				addresses(this.sentinels.sentinels()), addresses(this.cluster.nodes()));
	}

	private static String addresses(List<RedisServer> servers) {
		return servers.stream().map((each) -> each.host() + ":" + each.port()).collect(Collectors.joining(", "));
	}

	/**
	 * What a pool is connected to, and how that is killed.
	 */
	enum Kind {

		SERVER {

			@Override
			void kill(ThreePoolsTests test) {
				server.kill();
			}

			@Override
			void bringBack(ThreePoolsTests test) {
				server.start();
			}

		},

		SENTINEL {

			@Override
			void kill(ThreePoolsTests test) {
				test.sentinels.master().kill();
			}

			@Override
			void bringBack(ThreePoolsTests test) {
				test.sentinels.awaitHealth();
			}

		},

		CLUSTER {

			@Override
			void kill(ThreePoolsTests test) {
				test.cluster.masters().get(0).kill();
			}

			@Override
			void bringBack(ThreePoolsTests test) {
				test.cluster.awaitHealth();
			}

		};

		abstract void kill(ThreePoolsTests test);

		abstract void bringBack(ThreePoolsTests test);

		String poolName() {
			return name().toLowerCase(Locale.ROOT);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
