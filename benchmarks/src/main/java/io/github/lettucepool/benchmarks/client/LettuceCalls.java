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

package io.github.lettucepool.benchmarks.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.KeyValue;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import org.jspecify.annotations.Nullable;

/**
 * Lettuce's asynchronous API on one connection, each reply awaited by its caller.
 */
final class LettuceCalls implements Client {

	private static final long TIMEOUT_SECONDS = 10;

	private final Connector connector;

	private final Connection connection;

	private final Map<Integer, Client> ofCallers = new ConcurrentHashMap<>();

	private LettuceCalls(Connector connector) {
		this.connector = connector;
		this.connection = connector.connect();
	}

	static Client open(Target target) {
		List<RedisURI> uris = target.ports().stream().map((port) -> RedisURI.create(Target.HOST, port)).toList();
		return new LettuceCalls(switch (target.topology()) {
			case STANDALONE -> new StandaloneConnector(RedisClient.create(uris.get(0)));
			case CLUSTER -> new ClusterConnector(RedisClusterClient.create(uris));
		});
	}

	@Override
	public @Nullable String get(String key) {
		return await(this.connection.commands().get(key));
	}

	@Override
	public void set(String key, String value) {
		await(this.connection.commands().set(key, value));
	}

	@Override
	public long increment(String key) {
		return await(this.connection.commands().incr(key));
	}

	// The reply to EXEC holds all of theirs.
	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public List<?> transaction(String key, String value, String counter) {
		RedisAsyncCommands<String, String> commands = (RedisAsyncCommands<String, String>) this.connection.commands();
		commands.multi();
		commands.set(key, value);
		commands.incr(counter);
		commands.get(key);
		TransactionResult result = await(commands.exec());
		return List.of(result.get(1), result.get(2));
	}

	@Override
	public List<?> pipeline(List<String> keys, List<@Nullable String> values) {
		StatefulConnection<String, String> stateful = this.connection.stateful();
		stateful.setAutoFlushCommands(false);
		List<RedisFuture<String>> futures = new ArrayList<>(keys.size());
		for (int i = 0; i < keys.size(); i++) {
			String value = values.get(i);
			futures.add((value != null) ? this.connection.commands().set(keys.get(i), value)
					: this.connection.commands().get(keys.get(i)));
		}
		stateful.flushCommands();
		stateful.setAutoFlushCommands(true);
		List<@Nullable String> replies = new ArrayList<>(futures.size());
		for (RedisFuture<String> future : futures) {
			replies.add(await(future));
		}
		return replies;
	}

	@Override
	public void push(String list, String element) {
		await(this.connection.commands().rpush(list, element));
	}

	@Override
	public @Nullable String blockingPop(String list, Duration timeout) {
		KeyValue<String, String> popped = await(this.connection.commands().blpop(timeout.toSeconds(), list));
		return (popped != null) ? popped.getValue() : null;
	}

	@Override
	public Client forCaller(int caller) {
		return this.ofCallers.computeIfAbsent(caller, (number) -> new LettuceCalls(this.connector));
	}

	@Override
	public void close() {
		this.connector.close();
	}

	private static <T> T await(RedisFuture<T> future) {
		return LettuceFutures.awaitOrCancel(future, TIMEOUT_SECONDS, TimeUnit.SECONDS);
	}

	private record Connection(StatefulConnection<String, String> stateful,
			RedisClusterAsyncCommands<String, String> commands) {

	}

	private interface Connector {

		Connection connect();

		/**
		 * Closes all connections.
		 */
		void close();

	}

	private record StandaloneConnector(RedisClient client) implements Connector {

		@Override
		public Connection connect() {
			StatefulRedisConnection<String, String> connection = this.client.connect();
			return new Connection(connection, connection.async());
		}

		@Override
		public void close() {
			this.client.shutdown();
		}

	}

	private record ClusterConnector(RedisClusterClient client) implements Connector {

		@Override
		public Connection connect() {
			StatefulRedisClusterConnection<String, String> connection = this.client.connect();
			return new Connection(connection, connection.async());
		}

		@Override
		public void close() {
			this.client.shutdown();
		}

	}

}
