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

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.output.ValueOutput;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnection;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.LostBytes;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.RedisPool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests of replies that cannot be read, since something fails in the midst of them.
 */
@Tag("slow")
@Timeout(300)
class UnreadableReplyTests {

	private static final int ELEMENTS = 20_000;

	private final LostBytes lostBytes = new LostBytes();

	@ParameterizedTest(name = "{0}, shared connections: {1}, low-latency callers: {2}")
	@CsvSource({ "STANDALONE, 0, 0", "STANDALONE, 1, 0", "STANDALONE, 1, 4", "SENTINELS, 1, 0", "CLUSTER, 0, 0",
			"CLUSTER, 1, 0", "MASTER_AND_REPLICAS, 0, 0", "MASTER_AND_REPLICAS, 1, 0" })
	void bytesThatAreLostEndTheirConnectionAndNobodyGetsTheReplyOfAnother(Topology topology, int shared,
			int lowLatencyCallers) {
		run(topology, shared, lowLatencyCallers, (template, pool) -> {
			List<String> foreign = new CopyOnWriteArrayList<>();
			IntStream.range(0, 6).forEach((number) -> template.opsForValue().set("own-" + number, "value-" + number));
			try (Load load = new Load(6, (number) -> () -> {
				String value = template.opsForValue().get("own-" + number);
				if (!("value-" + number).equals(value)) {
					foreign.add(number + " got " + value);
				}
			})) {
				load.awaitSuccessOfAll();
				for (int round = 0; round < 10; round++) {
					this.lostBytes.loseNext();
					load.awaitSuccessOfAll();
					assertThat(this.lostBytes.isAwaited()).isFalse();
				}
				load.awaitSuccessOfAll();
				// A slot has no node for the moment in which a lost one is forgotten.
				assertThat(load.failures().keySet()).allSatisfy((failure) -> assertThat(failure)
					.matches("(RedisConnectionFailure|PoolConnect)Exception:.*|.* Cannot determine a partition .*"));
			}
			assertThat(foreign).isEmpty();
		});
	}

	@ParameterizedTest(name = "{0}, shared connections: {1}, low-latency callers: {2}")
	@CsvSource({ "STANDALONE, 0, 0", "STANDALONE, 1, 0", "STANDALONE, 1, 4", "CLUSTER, 0, 0", "CLUSTER, 1, 0",
			"MASTER_AND_REPLICAS, 0, 0", "MASTER_AND_REPLICAS, 1, 0" })
	void anOutputThatFailsHasItsCommandFailAndNothingElse(Topology topology, int shared, int lowLatencyCallers) {
		run(topology, shared, lowLatencyCallers, (template, pool) -> {
			template.delete("list");
			String[] elements = IntStream.range(0, ELEMENTS).mapToObj((i) -> "element-" + i).toArray(String[]::new);
			template.opsForList().rightPushAll("list", elements);
			template.opsForValue().set("text", "a text");
			Closings closings = new Closings();
			AtomicInteger counted = new AtomicInteger();
			try (Load load = new Load(3, (number) -> () -> {
				// Would fail if its connection were closed.
				template.opsForValue().increment("count-" + number);
				counted.incrementAndGet();
			})) {
				load.awaitSuccessOfAll();
				pool.addListener(closings);
				for (int round = 0; round < 20; round++) {
					fails(template, "GET", "text", new FailingValue(new IllegalStateException("no value")));
					fails(template, "GET", "text", new FailingValue(new StackOverflowError("no value")));
					fails(template, "GET", "text", new FailingEnd(0));
					fails(template, "LRANGE", "list", new FailingElement(1));
					fails(template, "LRANGE", "list", new FailingElement(ELEMENTS));
					fails(template, "LRANGE", "list", new FailingEnd(1));
					assertThat(template.opsForValue().get("text")).isEqualTo("a text");
				}
				load.awaitSuccessOfAll();
				assertThat(load.failures()).isEmpty();
			}
			assertThat(closings.reasons).isEmpty();
		});
	}

	@ParameterizedTest(name = "{0}, shared connections: {1}")
	@CsvSource({ "STANDALONE, 0", "STANDALONE, 1" })
	void anOutputThatFailsInATransactionHasTheTransactionFail(Topology topology, int shared) {
		run(topology, shared, 0, (template, pool) -> {
			Closings closings = new Closings();
			pool.addListener(closings);
			template.opsForValue().set("text", "a text");
			for (int round = 0; round < 20; round++) {
				Throwable failure = catchThrowable(() -> template.execute((RedisCallback<Object>) (connection) -> {
					connection.multi();
					connection.stringCommands().get(bytes("text"));
					execute(connection, "GET", "text", new FailingValue(new StackOverflowError("no value")));
					connection.stringCommands().get(bytes("text"));
					return connection.exec();
				}, true));
				assertThat(failure).hasStackTraceContaining("no value");
				assertThat(template.opsForValue().get("text")).isEqualTo("a text");
			}
			assertThat(closings.reasons).isEmpty();
		});
	}

	private void run(Topology topology, int shared, int lowLatencyCallers, Test test) {
		ApplicationContextRunner application = topology.application();
		application
			.withPropertyValues("lettuce.pool.shared-connections=" + shared, "lettuce.pool.max-size=8",
					"lettuce.pool.low-latency-callers=" + lowLatencyCallers, "lettuce.pool.max-wait=30s",
					"spring.data.redis.connect-timeout=30s", "spring.data.redis.timeout=30s")
			.withBean(ClientResourcesBuilderCustomizer.class,
					() -> (builder) -> builder.nettyCustomizer(this.lostBytes))
			.run((context) -> test.run(context.getBean(StringRedisTemplate.class), context.getBean(RedisPool.class)));
	}

	private static void fails(StringRedisTemplate template, String command, String key, CommandOutput<?, ?, ?> output) {
		Throwable failure = catchThrowable(() -> template
			.execute((RedisCallback<Object>) (connection) -> execute(connection, command, key, output), true));
		assertThat(failure).as("%s of %s", command, output.getClass()).hasStackTraceContaining("no value");
	}

	@SuppressWarnings("unchecked")
	private static <T> T execute(RedisConnection connection, String command, String key,
			CommandOutput<?, ?, T> output) {
		byte[][] arguments = command.equals("LRANGE") ? new byte[][] { bytes(key), bytes("0"), bytes("-1") }
				: new byte[][] { bytes(key) };
		return (T) ((LettuceConnection) connection).execute(command, output, arguments);
	}

	@SuppressWarnings("unchecked")
	private static <E extends Throwable> void fail(Throwable failure) throws E {
		throw (E) failure;
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Runs with an application.
	 */
	@FunctionalInterface
	private interface Test {

		void run(StringRedisTemplate template, RedisPool pool);

	}

	private static final class Closings implements PoolListener {

		private final List<CloseReason> reasons = new CopyOnWriteArrayList<>();

		@Override
		public void closed(CloseReason reason) {
			this.reasons.add(reason);
		}

	}

	private static final class FailingValue extends ValueOutput<byte[], byte[]> {

		private final Throwable failure;

		private FailingValue(Throwable failure) {
			super(ByteArrayCodec.INSTANCE);
			this.failure = failure;
		}

		@Override
		public void set(ByteBuffer bytes) {
			UnreadableReplyTests.<RuntimeException>fail(this.failure);
		}

	}

	private static final class FailingElement extends ValueListOutput<byte[], byte[]> {

		private final int element;

		private int seen;

		private FailingElement(int element) {
			super(ByteArrayCodec.INSTANCE);
			this.element = element;
		}

		@Override
		public void set(ByteBuffer bytes) {
			this.seen++;
			if (this.seen == this.element) {
				throw new StackOverflowError("no value");
			}
		}

	}

	private static final class FailingEnd extends ValueListOutput<byte[], byte[]> {

		private final int depth;

		private FailingEnd(int depth) {
			super(ByteArrayCodec.INSTANCE);
			this.depth = depth;
		}

		@Override
		public void set(ByteBuffer bytes) {
			// Nobody gets it.
		}

		@Override
		public void complete(int depth) {
			if (depth == this.depth) {
				throw new StackOverflowError("no value");
			}
		}

	}

}
