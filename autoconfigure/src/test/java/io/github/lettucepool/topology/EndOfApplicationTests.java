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
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationContext;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.MessageListener;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;
import reactor.core.Disposable;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.RedisPool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests that the end of an application leaves nothing in the log that an operator cannot
 * act on, whatever is under way.
 */
@Tag("slow")
@Timeout(300)
class EndOfApplicationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final int CALLERS = 8;

	private final Logger root = logger(org.slf4j.Logger.ROOT_LOGGER_NAME);

	// The other tests switch it off.
	private final Logger netty = logger("io.netty.util.concurrent.DefaultPromise.rejectedExecution");

	private final Level nettyLevel = this.netty.getLevel();

	private final ListAppender<ILoggingEvent> log = new ListAppender<>();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	private final Queue<Object> failures = new ConcurrentLinkedQueue<>();

	private final Queue<String> received = new ConcurrentLinkedQueue<>();

	private static Logger logger(String name) {
		return (Logger) LoggerFactory.getLogger(name);
	}

	@BeforeEach
	void listen() {
		this.log.list = new CopyOnWriteArrayList<>();
		this.log.start();
		this.root.addAppender(this.log);
		this.netty.setLevel(Level.WARN);
	}

	@AfterEach
	void listenNoMore() {
		this.root.detachAppender(this.log);
		this.netty.setLevel(this.nettyLevel);
		this.threads.shutdownNow();
	}

	@ParameterizedTest
	@EnumSource(Topology.class)
	void callersThatBlockAndSubscribersEndQuietly(Topology topology) {
		topology.application().withPropertyValues("lettuce.pool.max-size=" + 4 * CALLERS).run((context) -> {
			if (topology != Topology.MASTER_AND_REPLICAS) {
				subscribe(context);
			}
			IntStream.range(0, CALLERS).forEach((number) -> {
				this.threads.execute(() -> block(context, "blocking-" + number));
				blockReactively(context, "reactive-" + number);
			});
			await().atMost(PATIENCE)
				.until(() -> context.getBean(RedisPool.class).snapshot().exclusive().active() == 2 * CALLERS);
		});
		await().atMost(PATIENCE).until(() -> this.failures.size() == 2 * CALLERS);
		assertThat(this.failures).allMatch(DataAccessException.class::isInstance);
		assertQuiet();
	}

	private void subscribe(ApplicationContext context) {
		context.getBean(RedisMessageListenerContainer.class)
			.addMessageListener((MessageListener) (message, pattern) -> this.received.add("container"),
					new ChannelTopic("end"));
		reactive(context).listenToChannel("end").subscribe((message) -> this.received.add("reactive"), (ex) -> {
			// The end.
		});
		await().atMost(PATIENCE).until(() -> {
			context.getBean(StringRedisTemplate.class).convertAndSend("end", "message");
			return this.received.containsAll(List.of("container", "reactive"));
		});
	}

	private void block(ApplicationContext context, String key) {
		try {
			context.getBean(StringRedisTemplate.class).opsForList().leftPop(key, PATIENCE);
		}
		catch (RuntimeException ex) {
			this.failures.add(ex);
		}
	}

	private Disposable blockReactively(ApplicationContext context, String key) {
		return reactive(context).opsForList().leftPop(key, PATIENCE).subscribe(this.received::add, this.failures::add);
	}

	private static ReactiveStringRedisTemplate reactive(ApplicationContext context) {
		return new ReactiveStringRedisTemplate(context.getBean(PooledLettuceConnectionFactory.class));
	}

	@ParameterizedTest
	@EnumSource(Topology.class)
	void subscribersThatCancelJustBeforeEndQuietly(Topology topology) {
		IntStream.range(0, 3).forEach((round) -> topology.application().run((context) -> {
			reactive(context).opsForValue().set("end", "value").block();
			List<Disposable> subscriptions = IntStream.range(0, 300)
				.mapToObj((number) -> blockReactively(context, "reactive-" + number))
				.toList();
			subscriptions.forEach(Disposable::dispose);
		}));
		assertQuiet();
	}

	private void assertQuiet() {
		assertThat(this.log.list).filteredOn((event) -> event.getLevel().isGreaterOrEqual(Level.WARN))
			// It says to an operator what the test does.
			.filteredOn((event) -> !event.getLoggerName().endsWith(".SaturationLog"))
			.isEmpty();
	}

}
