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
package io.github.lettucepool.benchmarks;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.proxy.FaultProxy;

/**
 * Measures how soon Redis is used again after a fault, and prints the tables of
 * {@code docs/faults.md}.
 */
public final class RecoveryTimes {

	private static final int THREADS = 32;

	private static final int SAMPLES = 3;

	private static final Duration HANGS = Duration.ofMinutes(1);

	/** The example of the tuning guide. */
	private static final Map<String, Object> TUNED = Map.of("spring.data.redis.timeout", "500ms",
			"spring.data.redis.connect-timeout", "1s", "lettuce.pool.keepalive-interval", "1s");

	private final int samples;

	private final PrintStream out;

	RecoveryTimes(int samples, PrintStream out) {
		this.samples = samples;
		this.out = out;
	}

	/**
	 * Entry point.
	 * @param args how often masters are killed, {@value #SAMPLES} times if it is left
	 * out, and {@code sentinels} for nothing but these
	 */
	public static void main(String[] args) {
		RecoveryTimes times = new RecoveryTimes((args.length > 0) ? Integer.parseInt(args[0]) : SAMPLES, System.out);
		boolean sentinelsOnly = args.length > 1 && args[1].equals("sentinels");
		times.head("", "sentinels name it", "shared lane", "exclusive lane", "longest call");
		if (!sentinelsOnly) {
			times.cluster();
		}
		times.sentinels("");
		times.sentinels("replica-preferred");
		if (!sentinelsOnly) {
			times.out.println();
			times.head("", "keys", "ms");
			times.singleServers();
		}
		// A client's threads are none of this program's business.
		System.exit(0);
	}

	void cluster() {
		try (RedisCluster cluster = RedisCluster.start(3, 1)) {
			List<Integer> slots = cluster.slotsOf(cluster.masters().get(0));
			// All of one master: the callers of the others notice nothing.
			List<String> keys = IntStream.iterate(0, (number) -> number + 1)
				.mapToObj((number) -> "failover-" + number)
				.filter((key) -> slots.contains(cluster.slotOf(key)))
				.limit(THREADS)
				.toList();
			Map<String, Object> properties = Map.of("spring.data.redis.cluster.nodes",
					addresses(cluster.nodes().subList(0, 3)));
			Function<Consumer<RedisServer>, BooleanSupplier> failOver = (cause) -> {
				RedisServer master = cluster.masterOf(keys.get(0));
				List<RedisServer> replicas = cluster.replicasOf(master);
				cause.accept(master);
				cluster.awaitPromotion(replicas);
				// No sentinel names anybody: the promoted node says so itself.
				return () -> true;
			};
			failOver("cluster, failover by command", properties, keys, this.samples,
					() -> failOver.apply((master) -> cluster.failOverTo(cluster.replicasOf(master).get(0))),
					cluster::awaitHealth);
			failOver("cluster, master silent", properties, keys, 1, () -> failOver.apply(RedisServer::pause),
					cluster::awaitHealth);
			failOver("cluster, master killed", properties, keys, this.samples, () -> failOver.apply(RedisServer::kill),
					cluster::awaitHealth);
		}
	}

	void sentinels(String readFrom) {
		try (RedisSentinelSet set = RedisSentinelSet.start()) {
			Map<String, Object> properties = new HashMap<>(Map.of("spring.data.redis.sentinel.master", set.masterName(),
					"spring.data.redis.sentinel.nodes", addresses(set.sentinels())));
			String what = "sentinels, ";
			if (!readFrom.isEmpty()) {
				properties.put("spring.data.redis.lettuce.read-from", readFrom);
				what += "`read-from: %s`, ".formatted(readFrom);
			}
			List<String> keys = IntStream.range(0, THREADS).mapToObj((number) -> "failover-" + number).toList();
			Function<Consumer<RedisServer>, BooleanSupplier> failOver = (cause) -> {
				List<RedisServer> replicas = set.replicas();
				cause.accept(set.master());
				set.awaitPromotion(replicas);
				return () -> set.isNamed(replicas);
			};
			failOver(what + "master silent", properties, keys, this.samples, () -> failOver.apply(RedisServer::pause),
					set::awaitHealth);
			failOver(what + "master killed", properties, keys, this.samples, () -> failOver.apply(RedisServer::kill),
					set::awaitHealth);
		}
	}

	/**
	 * Measures from the moment at which a replica is a master to the first good write of
	 * each thread; half of them write through each lane. The first sentinel names the new
	 * master later.
	 */
	private void failOver(String what, Map<String, Object> properties, List<String> keys, int times,
			Supplier<BooleanSupplier> failOver, Runnable heal) {
		List<Duration> named = new ArrayList<>();
		List<Duration> shared = new ArrayList<>();
		List<Duration> exclusive = new ArrayList<>();
		try (ConfigurableApplicationContext application = application(properties, Map.of())) {
			StringRedisTemplate template = application.getBean(StringRedisTemplate.class);
			try (Load load = new Load((number) -> write(template, number, keys.get(number)))) {
				for (int i = 0; i < times; i++) {
					load.awaitSuccesses();
					BooleanSupplier isNamed = failOver.get();
					long promoted = System.nanoTime();
					CompletableFuture<Duration> naming = CompletableFuture.supplyAsync(() -> {
						await(isNamed);
						return Duration.ofNanos(System.nanoTime() - promoted);
					});
					List<Duration> recovered = load.awaitSuccesses();
					named.add(naming.join());
					for (int j = 0; j < THREADS; j++) {
						((j % 2 == 0) ? shared : exclusive).add(recovered.get(j));
					}
					heal.run();
				}
				load.awaitSuccesses();
				row(what, median(named), median(shared), median(exclusive), load.longest());
			}
		}
	}

	private static Runnable write(StringRedisTemplate template, int number, String key) {
		if (number % 2 == 0) {
			return () -> template.opsForValue().increment(key);
		}
		byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
		return () -> pipelined(template, bytes);
	}

	@SuppressWarnings("NullAway") // A callback of a pipeline has to return null.
	private static void pipelined(StringRedisTemplate template, byte[] key) {
		template.executePipelined((RedisCallback<@Nullable Object>) (connection) -> {
			connection.stringCommands().incr(key);
			return null;
		});
	}

	void singleServers() {
		serverRestarted();
		serverStopped();
		nodeStopped(TUNED);
		nodeStopped(Map.of());
		connectionsSilent(TUNED);
		connectionsSilent(Map.of());
	}

	private void serverRestarted() {
		List<Duration> samples = new ArrayList<>();
		Random random = new Random(this.samples);
		try (RedisServer server = RedisServer.builder().start();
				ConfigurableApplicationContext application = application(server.port(), Map.of())) {
			Runnable borrow = pipeline(application);
			for (int i = 0; i < 3 * this.samples; i++) {
				await(() -> succeeds(borrow));
				server.kill();
				await(() -> !succeeds(borrow));
				// The return falls on any moment between two attempts to connect.
				LockSupport.parkNanos(Duration.ofMillis(random.nextInt(1000)).toNanos());
				CompletableFuture<Long> borrowed = CompletableFuture.supplyAsync(() -> {
					await(() -> succeeds(borrow));
					return System.nanoTime();
				});
				server.start();
				long back = System.nanoTime();
				samples.add(Duration.ofNanos(Math.max(0, borrowed.join() - back)));
			}
		}
		row("server killed and started again, until the first borrow", "defaults", median(samples));
	}

	private void serverStopped() {
		try (RedisServer server = RedisServer.builder().start();
				ConfigurableApplicationContext application = application(server.port(), TUNED)) {
			Runnable get = get(application);
			await(() -> succeeds(get));
			server.pause();
			RedisPool pool = application.getBean(RedisPool.class);
			await(() -> !succeeds(get) && pool.snapshot().shared().connected() == 0);
			server.resume();
			row("server stopped, from SIGCONT to a GET", "tuned", timeUntilSuccess(System.nanoTime(), get));
		}
	}

	private void nodeStopped(Map<String, Object> settings) {
		String keys = settings.isEmpty() ? "defaults" : "tuned";
		try (RedisCluster cluster = RedisCluster.start(1, 0);
				ConfigurableApplicationContext application = application(
						Map.of("spring.data.redis.cluster.nodes", addresses(cluster.nodes())), settings)) {
			RedisServer node = cluster.nodes().get(0);
			Runnable get = get(application);
			await(() -> succeeds(get));
			ListAppender<ILoggingEvent> log = log();
			node.pause();
			long silent = System.nanoTime();
			await(() -> !succeeds(get) && log.list.stream()
				.anyMatch((event) -> event.getFormattedMessage().contains("owes replies and has been silent")));
			row("node of a cluster silent, until it is found", keys, Duration.ofNanos(System.nanoTime() - silent));
			node.resume();
			row("node of a cluster stopped, from SIGCONT to a GET", keys, timeUntilSuccess(System.nanoTime(), get));
		}
	}

	private void connectionsSilent(Map<String, Object> settings) {
		String keys = settings.isEmpty() ? "defaults" : "tuned";
		try (RedisServer server = RedisServer.builder().start();
				FaultProxy proxy = new FaultProxy(server.port());
				ConfigurableApplicationContext application = application(proxy.port(), settings)) {
			Runnable get = get(application);
			Runnable pipeline = pipeline(application);
			await(() -> succeeds(get) && succeeds(pipeline));
			proxy.silenceAll();
			long silent = System.nanoTime();
			row("all connections silent, a pipeline", keys, timeUntilSuccess(silent, pipeline));
			row("all connections silent, a GET after that pipeline", keys, timeUntilSuccess(silent, get));
		}
	}

	/**
	 * The pool says in its log when it has found a silent node, and nowhere else.
	 */
	private static ListAppender<ILoggingEvent> log() {
		ListAppender<ILoggingEvent> appender = new ListAppender<>();
		appender.list = new CopyOnWriteArrayList<>();
		appender.start();
		((Logger) LoggerFactory.getLogger(RedisPool.class.getPackageName())).addAppender(appender);
		return appender;
	}

	private static Runnable get(ConfigurableApplicationContext application) {
		StringRedisTemplate template = application.getBean(StringRedisTemplate.class);
		return () -> template.opsForValue().get("key");
	}

	private static Runnable pipeline(ConfigurableApplicationContext application) {
		return write(application.getBean(StringRedisTemplate.class), 1, "pipeline");
	}

	private static ConfigurableApplicationContext application(int port, Map<String, Object> settings) {
		return application(Map.of("spring.data.redis.host", "127.0.0.1", "spring.data.redis.port", port,
				"lettuce.pool.shared-connections", 1), settings);
	}

	private static ConfigurableApplicationContext application(Map<String, Object> servers,
			Map<String, Object> settings) {
		return new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.properties(Map.of("spring.main.banner-mode", "off", "spring.main.log-startup-info", false,
					"spring.data.redis.repositories.enabled", false))
			.properties(servers)
			.properties(settings)
			.run();
	}

	private static String addresses(List<RedisServer> servers) {
		return servers.stream().map((server) -> server.host() + ":" + server.port()).collect(Collectors.joining(","));
	}

	private static Duration timeUntilSuccess(long since, Runnable operation) {
		await(() -> succeeds(operation));
		return Duration.ofNanos(System.nanoTime() - since);
	}

	private static boolean succeeds(Runnable operation) {
		try {
			operation.run();
			return true;
		}
		catch (RuntimeException ex) {
			return false;
		}
	}

	private static void await(BooleanSupplier condition) {
		long end = System.nanoTime() + HANGS.toNanos();
		while (!condition.getAsBoolean()) {
			if (System.nanoTime() - end > 0) {
				throw new IllegalStateException("Not recovered after " + HANGS);
			}
			LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
		}
	}

	private static Duration median(List<Duration> times) {
		List<Duration> sorted = new ArrayList<>(times);
		Collections.sort(sorted);
		return sorted.get(sorted.size() / 2);
	}

	private void head(String... columns) {
		row((Object[]) columns);
		this.out.println("|---".repeat(columns.length) + "|");
	}

	private void row(Object... cells) {
		this.out.println(Arrays.stream(cells)
			.map((cell) -> (cell instanceof Duration time) ? String.valueOf(time.toMillis()) : String.valueOf(cell))
			.collect(Collectors.joining(" | ", "| ", " |")));
	}

	/**
	 * Threads that do something over and over.
	 */
	private static final class Load implements AutoCloseable {

		private final List<Caller> callers = new ArrayList<>();

		private volatile boolean running = true;

		private Load(IntFunction<Runnable> operations) {
			for (int i = 0; i < THREADS; i++) {
				Caller caller = new Caller(operations.apply(i), () -> this.running);
				this.callers.add(caller);
				caller.setDaemon(true);
				caller.start();
			}
		}

		/**
		 * Waits until each thread has had a success from now on.
		 * @return for each thread how long that took
		 */
		private List<Duration> awaitSuccesses() {
			long since = System.nanoTime();
			this.callers.forEach((caller) -> caller.since(since));
			await(() -> this.callers.stream().allMatch((caller) -> caller.firstSuccess != 0));
			return this.callers.stream().map((caller) -> Duration.ofNanos(caller.firstSuccess - since)).toList();
		}

		private Duration longest() {
			return Duration.ofNanos(this.callers.stream().mapToLong((caller) -> caller.longest).max().orElse(0));
		}

		@Override
		public void close() {
			this.running = false;
			await(() -> this.callers.stream().noneMatch(Thread::isAlive));
		}

	}

	private static final class Caller extends Thread {

		private final Runnable operation;

		private final BooleanSupplier running;

		private volatile long since;

		private volatile long firstSuccess;

		private volatile long longest;

		private Caller(Runnable operation, BooleanSupplier running) {
			this.operation = operation;
			this.running = running;
		}

		private void since(long since) {
			this.since = since;
			this.firstSuccess = 0;
		}

		@Override
		public void run() {
			while (this.running.getAsBoolean()) {
				long start = System.nanoTime();
				boolean success = succeeds(this.operation);
				long end = System.nanoTime();
				this.longest = Math.max(this.longest, end - start);
				if (success && this.firstSuccess == 0 && start - this.since > 0) {
					this.firstSuccess = end;
				}
				// Nobody hammers a server from 32 threads without a pause.
				LockSupport.parkNanos(Duration.ofMillis(success ? 1 : 5).toNanos());
			}
		}

	}

	/**
	 * An application on the defaults.
	 */
	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
