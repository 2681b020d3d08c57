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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveRedisConnectionFactory;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnection;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.SharedRedis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Which connection a command goes over, in each topology.
 */
@Timeout(300)
class CommandRoutingTests {

	private static final int OFTEN = 300;

	private static final Duration LONG = Duration.ofSeconds(30);

	@ParameterizedTest
	@EnumSource
	void subscribersReadWhatTheirThreadHasSentBefore(Topology topology) {
		run(topology, (pool, template) -> {
			ReactiveStringRedisTemplate reactive = new ReactiveStringRedisTemplate(
					(ReactiveRedisConnectionFactory) template.getConnectionFactory());
			assertThat(missed((number) -> {
				reactive.opsForValue().set("order", number).subscribe();
				return reactive.opsForValue().get("order").block(LONG);
			})).isZero();
		});
	}

	@ParameterizedTest
	@EnumSource
	void callersReadWhatTheirThreadHasSentWithoutWaiting(Topology topology) {
		run(topology, (pool, template) -> {
			assertThat(missed((number) -> {
				template.execute(natively((commands) -> commands.set(bytes("order"), bytes(number))));
				return template.opsForValue().get("order");
			})).isZero();
		});
	}

	@ParameterizedTest
	@EnumSource
	void commandsWithoutWaitingTakeEffectInTheirOrder(Topology topology) {
		run(topology, (pool, template) -> {
			List<CompletableFuture<?>> sent = new ArrayList<>();
			for (int i = 0; i < OFTEN; i++) {
				byte[] element = bytes(String.valueOf(i));
				template.execute(natively(
						(commands) -> sent.add(commands.rpush(bytes("ordered"), element).toCompletableFuture())));
			}
			CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).orTimeout(30, TimeUnit.SECONDS).join();
			assertThat(template.opsForList().range("ordered", 0, -1))
				.isEqualTo(IntStream.range(0, OFTEN).mapToObj(String::valueOf).toList());
			template.delete("ordered");
		});
	}

	@ParameterizedTest
	@EnumSource
	void aLaneIsOpenedForItsFirstCommand(Topology topology) {
		run(topology, (pool, template) -> {
			BothLanes.useExclusive(template);
			assertThat(pool.snapshot().shared().opened()).isZero();
			template.opsForValue().set("key", "value");
			assertThat(pool.snapshot().shared().opened()).isPositive();
		});
	}

	@ParameterizedTest
	@EnumSource
	void aRawCommandChangesTheConnectionOfItsSenderOnly(Topology topology) {
		run(topology, (pool, template) -> {
			template.opsForValue().set("key", "value");
			template.execute(raw((connection) -> {
				connection.execute("client", bytes("setname"), bytes("changed"));
				assertThat(connection.serverCommands().getClientName()).isEqualTo("changed");
			}));
			template.execute(raw((connection) -> connection.serverCommands().setClientName(bytes("changed"))));
			for (int i = 0; i < 20; i++) {
				template.execute(raw((connection) -> assertThat(connection.serverCommands().getClientName())
					.isNotEqualTo("changed")));
			}
			// What was changed is closed.
			await().untilAsserted(
					() -> assertThat(topology.servers().stream().flatMap((server) -> server.clients().stream()))
						.noneMatch((client) -> client.contains("name=changed")));
			assertThat(pool.snapshot().exclusive().active()).isZero();
		});
	}

	@ParameterizedTest
	@EnumSource
	void aSubscriberCannotChangeASharedConnection(Topology topology) {
		run(topology, (pool, template) -> {
			ReactiveRedisConnectionFactory factory = (ReactiveRedisConnectionFactory) template.getConnectionFactory();
			ReactiveRedisConnection connection = factory.getReactiveConnection();
			assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
				.isThrownBy(() -> connection.serverCommands().setClientName("changed").block(LONG))
				.withMessageContaining("CLIENT is not sent")
				.withMessageContaining("RedisConnection.execute()");
			connection.close();
		});
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CLUSTER")
	void fromWatchToItsEndEverythingGoesOverTheWatchedConnection(Topology topology) {
		run(topology, (pool, template) -> {
			for (Consumer<RedisConnection> end : List.<Consumer<RedisConnection>>of(RedisConnection::unwatch,
					CommandRoutingTests::exec, CommandRoutingTests::discard)) {
				template.execute(raw((connection) -> {
					connection.watch(bytes("watched"));
					Object watched = id(connection);
					assertThat(id(connection)).isEqualTo(watched);
					assertThat(nativeId(connection)).isEqualTo(watched);
					connection.multi();
					assertThat(id(connection)).isNull();
					assertThat(connection.exec()).containsExactly(watched);
					connection.watch(bytes("watched"));
					assertThat(id(connection)).isEqualTo(watched);
					end.accept(connection);
					assertThat(id(connection)).isNotEqualTo(watched);
				}), true);
			}
			assertThat(pool.snapshot().exclusive().active()).isZero();
		});
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = { "CLUSTER", "STANDALONE" })
	void whatIsReadUnderAWatchComesFromTheMaster(Topology topology) {
		run(topology.application().withPropertyValues("spring.data.redis.lettuce.read-from=replica"),
				(pool, template) -> {
					template.opsForValue().set("watched", "value");
					List<RedisServer> replicas = SharedRedis.sentinels().replicas();
					replicas.forEach((replica) -> replica.execute("CONFIG", "RESETSTAT"));
					template.execute(raw((connection) -> {
						connection.watch(bytes("watched"));
						for (int i = 0; i < 10; i++) {
							assertThat(connection.stringCommands().get(bytes("watched"))).isEqualTo(bytes("value"));
						}
						connection.unwatch();
					}));
					assertThat(replicas).noneMatch(CommandRoutingTests::hasBeenRead);
					template.opsForValue().get("watched");
					assertThat(replicas).anyMatch(CommandRoutingTests::hasBeenRead);
				});
	}

	@ParameterizedTest
	@EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CLUSTER")
	void aDatabaseIsSelectedForTheSenderOnly(Topology topology) {
		run(topology.application().withPropertyValues("spring.data.redis.lettuce.read-from=replica"),
				(pool, template) -> {
					template.delete("selected");
					template.execute(raw((connection) -> {
						connection.execute(" select ", bytes("3"));
						connection.stringCommands().set(bytes("selected"), bytes("value"));
						assertThat(connection.stringCommands().get(bytes("selected"))).isEqualTo(bytes("value"));
					}));
					for (int i = 0; i < 50; i++) {
						assertThat(template.hasKey("selected")).isFalse();
						assertThat(template
							.executePipelined(raw((connection) -> connection.keyCommands().exists(bytes("selected")))))
							.containsExactly(false);
					}
				});
	}

	private static void exec(RedisConnection connection) {
		connection.multi();
		connection.exec();
	}

	private static void discard(RedisConnection connection) {
		connection.multi();
		connection.discard();
	}

	private static Object id(RedisConnection connection) {
		return ((LettuceConnection) connection).execute("CLIENT", new IntegerOutput<>(ByteArrayCodec.INSTANCE),
				bytes("ID"));
	}

	@SuppressWarnings("unchecked")
	private static Object nativeId(RedisConnection connection) {
		return ((RedisClusterAsyncCommands<byte[], byte[]>) connection.getNativeConnection()).clientId()
			.toCompletableFuture()
			.join();
	}

	private static boolean hasBeenRead(RedisServer replica) {
		return String.valueOf(replica.execute("INFO", "commandstats")).contains("cmdstat_get:");
	}

	private static void run(Topology topology, BiConsumer<RedisPool, StringRedisTemplate> test) {
		run(topology.application(), test);
	}

	private static void run(ApplicationContextRunner application, BiConsumer<RedisPool, StringRedisTemplate> test) {
		application
			.withPropertyValues("lettuce.pool.shared-connections=4", "lettuce.pool.low-latency-callers=0",
					"spring.data.redis.client-name=app", "spring.data.redis.connect-timeout=30s")
			.run((context) -> test.accept(context.getBean(RedisPool.class),
					context.getBean(StringRedisTemplate.class)));
	}

	private static int missed(Function<String, String> readBack) {
		int missed = 0;
		for (int i = 0; i < OFTEN; i++) {
			String number = String.valueOf(i);
			missed += number.equals(readBack.apply(number)) ? 0 : 1;
		}
		return missed;
	}

	private static RedisCallback<Object> raw(Consumer<RedisConnection> action) {
		return (connection) -> {
			action.accept(connection);
			return null;
		};
	}

	@SuppressWarnings("unchecked")
	private static RedisCallback<Object> natively(Consumer<RedisClusterAsyncCommands<byte[], byte[]>> action) {
		return (connection) -> {
			action.accept((RedisClusterAsyncCommands<byte[], byte[]>) connection.getNativeConnection());
			return null;
		};
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
