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

package io.github.lettucepool.internal.springdata;

import io.lettuce.core.AbstractRedisAsyncCommands;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.RedisConnectionFailureException;

import io.github.lettucepool.internal.lowlatency.LowLatencyConnections;
import io.github.lettucepool.internal.shared.SharedLane;
import io.github.lettucepool.internal.transport.FailedCommands;

/**
 * The ways for harmless commands of one codec: the shared lane, and the low-latency
 * connections in front of it. A way is looked for when there is a command, so nobody
 * needs a lane that is lost. Thread-safe.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 * @param client knows options and resources
 * @param codec the codec
 * @param lane the shared lane
 * @param lowLatency what is in front of it, or {@code null}
 */
public record SharedFront<K, V>(AbstractRedisClient client, RedisCodec<K, V> codec, SharedLane lane,
		@Nullable LowLatencyConnections lowLatency) {

	StatefulConnection<?, ?> connection() {
		return this.lane.connection();
	}

	/**
	 * Sends a command that its sender is going to wait for: over a low-latency connection
	 * if there is one for it, unless commands are under way that it would overtake.
	 * @param command the command
	 * @return what the sender waits for
	 * @throws RedisConnectionFailureException if there is no way
	 */
	<T> AsyncCommand<K, V, T> send(RedisCommand<K, V, T> command) {
		LowLatencyConnections lowLatency = this.lowLatency;
		if (lowLatency == null || this.lane.order().connection(Thread.currentThread()) != null) {
			return send(command, this.lane.connection());
		}
		AsyncCommand<K, V, T> sent = lowLatency.dispatch(command);
		if (sent != null) {
			return sent;
		}
		try {
			return send(command, this.lane.connection());
		}
		catch (RedisConnectionFailureException ex) {
			sent = lowLatency.dispatchInCrowd(command);
			if (sent == null) {
				throw ex;
			}
			return sent;
		}
	}

	/**
	 * Sends a command that its sender may not wait for, behind those that it sent before.
	 * @param command the command
	 * @return its future
	 * @throws RedisConnectionFailureException if the shared lane is lost
	 */
	<T> AsyncCommand<K, V, T> sendAsync(RedisCommand<K, V, T> command) {
		StatefulConnection<?, ?> connection = this.lane.connection();
		AsyncCommand<K, V, T> sent = send(command, connection);
		this.lane.order().underWay(Thread.currentThread(), connection, sent);
		return sent;
	}

	@SuppressWarnings("unchecked") // The lane's connections have the codec.
	private <T> AsyncCommand<K, V, T> send(RedisCommand<K, V, T> command, StatefulConnection<?, ?> connection) {
		Object commands = (connection instanceof StatefulRedisClusterConnection<?, ?> cluster) ? cluster.async()
				: ((StatefulRedisConnection<?, ?>) connection).async();
		try {
			return ((AbstractRedisAsyncCommands<K, V>) commands).dispatch(command);
		}
		catch (RuntimeException ex) {
			throw failure(command, connection, ex);
		}
	}

	/**
	 * Lettuce does not expect a connection to a master and replicas to be closed in
	 * between, and Spring Data does not translate the error of that.
	 */
	private static RuntimeException failure(RedisCommand<?, ?, ?> command, StatefulConnection<?, ?> connection,
			RuntimeException error) {
		return (error instanceof RedisException || connection.isOpen()) ? error : new RedisConnectionException(
				"The connection was closed before %s was sent".formatted(command.getType()), error);
	}

	/**
	 * Sends a command of a subscriber, behind those that the thread sent before. Never
	 * blocks: a subscriber may be on the event loop that opens the connections.
	 * @param command the command; it fails if the shared lane is lost
	 */
	void sendReactive(RedisCommand<K, V, ?> command) {
		Thread subscriber = Thread.currentThread();
		this.lane.whenConnected((connection) -> sendReactive(subscriber, command, connection),
				(ex) -> FailedCommands.fail(command, ex));
	}

	@SuppressWarnings("unchecked") // The lane's connections have the codec.
	private void sendReactive(Thread subscriber, RedisCommand<K, V, ?> command, StatefulConnection<?, ?> connection) {
		this.lane.order().underWay(subscriber, connection, command);
		try {
			((StatefulRedisConnection<K, V>) connection).dispatch(command);
		}
		catch (RuntimeException ex) {
			FailedCommands.fail(command, failure(command, connection, ex));
		}
	}

}
