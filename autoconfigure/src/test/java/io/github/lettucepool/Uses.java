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

package io.github.lettucepool;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.ReactiveRedisClusterConnection;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.core.Cursor;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.RedisCallback;
import org.springframework.data.redis.core.RedisOperations;
import org.springframework.data.redis.core.ScanOptions;
import org.springframework.data.redis.core.SessionCallback;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * Ways to use a connection factory, whatever the lane and the style, and what each of
 * them fails with.
 */
public final class Uses {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final RedisScript<String> SCRIPT = RedisScript.of("return redis.call('get', KEYS[1])", String.class);

	private final PooledLettuceConnectionFactory factory;

	private final StringRedisTemplate template;

	private final ReactiveStringRedisTemplate reactive;

	private final Map<String, Runnable> uses = new TreeMap<>();

	/**
	 * Makes the uses of a factory.
	 * @param factory the factory, which is started
	 */
	public Uses(PooledLettuceConnectionFactory factory) {
		this.factory = factory;
		this.template = new StringRedisTemplate(factory);
		this.reactive = new ReactiveStringRedisTemplate(factory);
		addBlocking();
		addReactive();
		if (factory.isClusterAware()) {
			addCluster();
		}
	}

	private void addBlocking() {
		this.uses.put("read", () -> this.template.opsForValue().get("key"));
		this.uses.put("write", () -> this.template.opsForValue().set("key", "value"));
		this.uses.put("several keys", () -> this.template.opsForValue().multiGet(List.of("key", "other", "third")));
		this.uses.put("no key", () -> use(RedisConnection::ping));
		this.uses.put("all nodes", () -> use((connection) -> connection.serverCommands().dbSize()));
		this.uses.put("raw command", () -> use((connection) -> connection.execute("GET", bytes("key"))));
		this.uses.put("script", () -> this.template.execute(SCRIPT, List.of("key")));
		this.uses.put("blocking", () -> this.template.opsForList().leftPop("list", Duration.ofMillis(10)));
		this.uses.put("pipeline", () -> this.template.executePipelined((RedisCallback<Object>) (connection) -> {
			connection.stringCommands().get(bytes("key"));
			return null;
		}));
		this.uses.put("scan", () -> {
			try (Cursor<String> cursor = this.template.scan(ScanOptions.scanOptions().count(1).build())) {
				cursor.forEachRemaining((key) -> {
				});
			}
		});
		this.uses.put("scan of a hash", () -> {
			try (Cursor<Map.Entry<Object, Object>> cursor = this.template.opsForHash().scan("hash", ScanOptions.NONE)) {
				cursor.forEachRemaining((entry) -> {
				});
			}
		});
		this.uses.put("subscription", () -> use((connection) -> {
			connection.subscribe(new Unsubscriptions(), bytes("channel"));
			return null;
		}));
		this.uses.put("connection", () -> this.factory.getConnection().close());
		this.uses.put("shared connections validated", this.factory::validateConnection);
		if (!this.factory.isClusterAware()) {
			// Lettuce fails with a NullPointerException on a cluster connection that
			// is closed while somebody uses it.
			this.uses.put("shared connections anew", this.factory::initConnection);
			this.uses.put("transaction", () -> this.template.execute(transaction()));
		}
	}

	private void addReactive() {
		this.uses.put("reactive read", () -> await(this.reactive.opsForValue().get("key")));
		this.uses.put("reactive write", () -> await(this.reactive.opsForValue().set("key", "value")));
		this.uses.put("reactive several keys",
				() -> await(this.reactive.opsForValue().multiGet(List.of("key", "other", "third"))));
		this.uses.put("reactive no key", () -> await(this.reactive.execute((connection) -> connection.ping())));
		this.uses.put("reactive all nodes",
				() -> await(this.reactive.execute((connection) -> connection.serverCommands().dbSize())));
		this.uses.put("reactive script", () -> await(this.reactive.execute(SCRIPT, List.of("key"))));
		this.uses.put("reactive blocking",
				() -> await(this.reactive.opsForList().leftPop("list", Duration.ofSeconds(1))));
		this.uses.put("reactive session", () -> await(
				this.reactive.executeInSession((operations) -> operations.opsForValue().get("key").then())));
		this.uses.put("reactive scan", () -> await(this.reactive.scan(ScanOptions.scanOptions().count(1).build())));
		this.uses.put("reactive subscription", () -> await(this.reactive.listenToChannelLater("channel")
			.flatMapMany((messages) -> messages.take(Duration.ofMillis(1)))));
	}

	private void addCluster() {
		this.uses.put("each node", () -> {
			try (var connection = this.factory.getClusterConnection()) {
				connection.clusterGetNodes().forEach(connection::ping);
			}
		});
		this.uses.put("reactive each node", () -> {
			ReactiveRedisClusterConnection connection = this.factory.getReactiveClusterConnection();
			await(connection.clusterGetNodes().flatMap((node) -> connection.ping(node)));
		});
	}

	void leaveOut(String use) {
		this.uses.remove(use);
	}

	/**
	 * Goes through all uses.
	 * @param times how often
	 * @return the name of each use that failed, with what it failed with
	 */
	public Map<String, Throwable> failures(int times) {
		Map<String, Throwable> failures = new ConcurrentHashMap<>();
		Flux.fromIterable(this.uses.entrySet())
			.parallel(8)
			.runOn(Schedulers.newBoundedElastic(8, 100, "uses"))
			.doOnNext((use) -> {
				for (int i = 0; i < times; i++) {
					Throwable failure = failure(use.getValue());
					if (failure != null) {
						failures.merge(use.getKey(), failure, Uses::worse);
					}
				}
			})
			.sequential()
			.then()
			.block();
		return failures;
	}

	private static Throwable worse(Throwable one, Throwable other) {
		return (one instanceof DataAccessException) ? other : one;
	}

	private static @Nullable Throwable failure(Runnable use) {
		try {
			use.run();
			return null;
		}
		catch (RuntimeException | Error ex) {
			return ex;
		}
	}

	private void use(RedisCallback<?> callback) {
		this.template.execute(callback);
	}

	private static void await(Publisher<?> publisher) {
		Flux.from(publisher).then().block(PATIENCE);
	}

	private static SessionCallback<Object> transaction() {
		return new SessionCallback<>() {

			@Override
			@SuppressWarnings("unchecked")
			public <K, V> Object execute(RedisOperations<K, V> operations) {
				operations.watch((K) "key");
				operations.multi();
				operations.opsForValue().get("key");
				return operations.exec();
			}

		};
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
