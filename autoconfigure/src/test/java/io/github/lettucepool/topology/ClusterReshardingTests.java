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
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that callers do not notice when slots move, or nodes come and go.
 */
class ClusterReshardingTests {

	private static final int THREADS = 32;

	private static final int SLOTS = 8;

	private static final RedisScript<Long> BOTH = RedisScript
		.of("return redis.call('INCR', KEYS[1]) + redis.call('INCR', KEYS[2])", Long.class);

	private final RedisCluster cluster = TestServers.cluster();

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
