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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import io.lettuce.core.cluster.api.async.RedisAdvancedClusterAsyncCommands;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RespClient;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.embedded.junit.SharedRedis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that callers do not notice when slots move, or nodes come and go.
 */
@Tag("slow")
class ClusterReshardingTests {

	private static final int THREADS = 32;

	private static final int SLOTS = 8;

	/**
	 * More clients than one has that is looked at, or whose keys are moved.
	 */
	private static final int CROWD = 20;

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final RedisScript<Long> BOTH = RedisScript
		.of("return redis.call('INCR', KEYS[1]) + redis.call('INCR', KEYS[2])", Long.class);

	@Redis(config = SharedRedis.STEADY)
	private RedisCluster cluster;

	@Test
	void slotsMoveUnderLoadWithoutOneFailedCommand() {
		List<Integer> slots = IntStream.range(0, SLOTS).map((slot) -> this.cluster.slotOf(tag(slot))).boxed().toList();
		application().run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			try (Load load = new Load(THREADS, (number) -> operation(template, number))) {
				load.awaitSuccessOfAll();
				for (RedisServer master : this.cluster.masters()) {
					this.cluster.moveSlots(master, slots);
					load.awaitSuccessOfAll();
				}
				assertThat(load.failures()).isEmpty();
			}
		});
	}

	@Test
	void aNewNodeIsUsedAndOneThatLeavesIsForgottenWithoutOneFailedCommand() {
		List<Integer> slots = IntStream.range(0, SLOTS).map((slot) -> this.cluster.slotOf(tag(slot))).boxed().toList();
		application().run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			try (Load load = new Load(THREADS, (number) -> operation(template, number))) {
				load.awaitSuccessOfAll();
				RedisServer added = this.cluster.add();
				this.cluster.moveSlots(added, slots);
				load.awaitSuccessOfAll();
				await().atMost(PATIENCE)
					.untilAsserted(
							() -> assertThat(pool(context).snapshot().connectionsByNode()).containsKey(address(added)));
				this.cluster.remove(added);
				load.awaitSuccessOfAll();
				assertThat(load.failures()).isEmpty();
			}
		});
	}

	@Test
	void aNodeThatLeavesMayBeTheOneThatConnectionsWereOpenedToFirst() throws IOException {
		List<Integer> slots = IntStream.range(0, SLOTS).map((slot) -> this.cluster.slotOf(tag(slot))).boxed().toList();
		RedisServer added = this.cluster.add();
		this.cluster.moveSlots(added, slots);
		openedFirstTo(added, (load) -> this.cluster.remove(added));
	}

	@Test
	void aReplicaMayStopThatConnectionsWereOpenedToFirst() throws IOException {
		RedisServer replica = this.cluster.replicasOf(this.cluster.masters().get(0)).get(0);
		openedFirstTo(replica, (load) -> {
			replica.kill();
			load.awaitSuccessOfAll();
			this.cluster.awaitHealth();
		});
	}

	/**
	 * Lettuce opens each connection to the node with the fewest clients first, and
	 * connections to the others when a command goes there.
	 */
	private void openedFirstTo(RedisServer node, Consumer<Load> event) throws IOException {
		List<RespClient> crowd = new ArrayList<>();
		try {
			for (RedisServer other : this.cluster.nodes()) {
				for (int i = 0; i < CROWD && other != node; i++) {
					crowd.add(other.connect());
				}
			}
			application().withPropertyValues("lettuce.pool.warm-up=required").run((context) -> {
				assertThat(pool(context).snapshot().connectionsByNode()).isEqualTo(Map.of(address(node), 2));
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				try (Load load = new Load(THREADS, (number) -> operation(template, number))) {
					load.awaitSuccessOfAll();
					event.accept(load);
					load.awaitSuccessOfAll();
					assertThat(load.failures()).isEmpty();
				}
			});
		}
		finally {
			for (RespClient client : crowd) {
				client.close();
			}
		}
	}

	@Test
	void slotsThatNobodyUsesAreFollowedTooWhileOthersMove() {
		int used = this.cluster.slotOf(tag(0));
		int unused = this.cluster.slotOf(tag(1));
		RedisServer source = this.cluster.masterOf(used);
		RedisServer target = another(source);
		this.cluster.moveSlots(source, List.of(unused));
		application().withPropertyValues("spring.data.redis.lettuce.cluster.refresh.period=10m").run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			PooledLettuceConnectionFactory factory = context.getBean(PooledLettuceConnectionFactory.class);
			template.delete(List.of(tag(0), tag(1)));
			assertThat(portOf(factory, unused)).isEqualTo(source.port());
			this.cluster.moveSlots(target, List.of(used));
			await().atMost(PATIENCE).until(() -> {
				template.delete(tag(0));
				return portOf(factory, used) == target.port();
			});
			this.cluster.moveSlots(target, List.of(unused));
			await().atMost(PATIENCE).until(() -> portOf(factory, unused) == target.port());
		});
	}

	@Test
	void aBlockingCommandFollowsItsSlot() {
		String list = tag(0) + "list";
		RedisServer source = this.cluster.masterOf(list);
		RedisServer target = another(source);
		application().run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			CompletableFuture<String> popped = CompletableFuture
				.supplyAsync(() -> template.opsForList().leftPop(list, PATIENCE), (task) -> new Thread(task).start());
			await().atMost(PATIENCE)
				.until(() -> source.clients().stream().anyMatch((client) -> client.contains("cmd=blpop")));
			this.cluster.moveSlots(target, List.of(this.cluster.slotOf(list)));
			template.opsForList().rightPush(list, "element");
			assertThat(popped).succeedsWithin(PATIENCE).isEqualTo("element");
		});
	}

	private RedisServer another(RedisServer master) {
		return this.cluster.masters().stream().filter((other) -> other != master).findFirst().orElseThrow();
	}

	/**
	 * Where a shared connection sends commands for a slot.
	 */
	@SuppressWarnings("deprecation") // There is no other way to the native connection.
	private static int portOf(PooledLettuceConnectionFactory factory, int slot) {
		RedisAdvancedClusterAsyncCommands<?, ?> commands = (RedisAdvancedClusterAsyncCommands<?, ?>) factory
			.getClusterConnection()
			.getNativeConnection();
		return commands.getStatefulConnection().getPartitions().getMasterBySlot(slot).getUri().getPort();
	}

	private static RedisPool pool(ApplicationContext context) {
		return context.getBean(RedisPool.class);
	}

	private static String address(RedisServer node) {
		return node.host() + ":" + node.port();
	}

	private ApplicationContextRunner application() {
		return ClusterApplication.of(this.cluster).withPropertyValues("lettuce.pool.shared-connections=2");
	}

	private static String tag(int slot) {
		return "{resharding-" + slot + "}";
	}

	/**
	 * Each thread has keys of its own, so it knows which reply is right.
	 */
	private static Runnable operation(StringRedisTemplate template, int number) {
		String tag = tag(number % SLOTS);
		String one = tag + "one-" + number;
		String other = tag + "other-" + number;
		AtomicLong count = new AtomicLong();
		template.delete(List.of(one, other));
		return switch (number / SLOTS) {
			case 0 -> () -> expect(count.incrementAndGet(), template.opsForValue().increment(one));
			case 1 -> () -> {
				String value = String.valueOf(count.incrementAndGet());
				template.opsForValue().multiSet(Map.of(one, value, other, value));
				expect(List.of(value, value), template.opsForValue().multiGet(List.of(one, other)));
			};
			case 2 -> () -> expect(2 * count.incrementAndGet(), template.execute(BOTH, List.of(one, other)));
			default -> () -> expect(List.of(count.incrementAndGet(), count.get()), pipeline(template, one, other));
		};
	}

	private static List<Object> pipeline(StringRedisTemplate template, String... keys) {
		return template.executePipelined((RedisCallback<Object>) (connection) -> {
			for (String key : keys) {
				connection.stringCommands().incr(key.getBytes(StandardCharsets.UTF_8));
			}
			return null;
		});
	}

	private static void expect(Object expected, Object reply) {
		if (!expected.equals(reply)) {
			throw new IllegalStateException("Expected %s and got %s".formatted(expected, reply));
		}
	}

}
