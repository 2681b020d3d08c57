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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.BaseRedisAsyncCommands;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import org.jspecify.annotations.Nullable;

/**
 * A connection that a test has borrowed, whatever its codec.
 */
public final class Borrowed {

	private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(10);

	private final StatefulConnection<?, ?> connection;

	private final Runnable giveBack;

	Borrowed(StatefulConnection<?, ?> connection, Runnable giveBack) {
		this.connection = connection;
		this.giveBack = giveBack;
	}

	StatefulConnection<?, ?> connection() {
		return this.connection;
	}

	/**
	 * Lettuce's commands on the connection to one server.
	 * @return the commands
	 */
	RedisAsyncCommands<?, ?> commands() {
		return ((StatefulRedisConnection<?, ?>) this.connection).async();
	}

	/**
	 * Sends a command and waits for the reply.
	 * @param command the command
	 * @param arguments its arguments
	 * @return the reply as text
	 */
	String call(String command, String... arguments) {
		return reply(send(command, arguments));
	}

	/**
	 * Sends a command.
	 * @param command the command
	 * @param arguments its arguments
	 * @return the reply as text
	 */
	CompletableFuture<String> send(String command, String... arguments) {
		return dispatch(command, null, arguments);
	}

	/**
	 * Sends a command whose first argument is a key, which tells its node in a cluster.
	 * @param command the command
	 * @param key the key
	 * @param arguments its further arguments
	 * @return the reply as text
	 */
	CompletableFuture<String> sendWithKey(String command, String key, String... arguments) {
		return dispatch(command, key, arguments);
	}

	private CompletableFuture<String> dispatch(String command, @Nullable String key, String... arguments) {
		if (this.connection instanceof StatefulRedisClusterConnection<?, ?> cluster) {
			return dispatch(cluster.async(), command, key, arguments);
		}
		return dispatch(commands(), command, key, arguments);
	}

	@SuppressWarnings("unchecked")
	private static <K, V> CompletableFuture<String> dispatch(BaseRedisAsyncCommands<K, V> commands, String command,
			@Nullable String key, String... arguments) {
		// The arguments are strings and the reply is not decoded: any codec does.
		RedisCodec<K, V> codec = (RedisCodec<K, V>) ByteArrayCodec.INSTANCE;
		CommandArgs<K, V> args = new CommandArgs<>(codec);
		if (key != null) {
			args.addKey((K) key.getBytes(StandardCharsets.UTF_8));
		}
		for (String argument : arguments) {
			args.add(argument);
		}
		return commands.dispatch(new Keyword(command), new TextOutput<>(codec), args).toCompletableFuture();
	}

	/**
	 * The server's number for the connection.
	 * @return the number
	 */
	long id() {
		return Long.parseLong(call("CLIENT", "ID"));
	}

	public void giveBack() {
		this.giveBack.run();
	}

	/**
	 * Waits for a reply.
	 * @param reply the reply to come
	 * @return the reply
	 */
	public static <T> T reply(CompletableFuture<T> reply) {
		try {
			return reply.get(REPLY_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (ExecutionException ex) {
			throw (ex.getCause() instanceof RuntimeException cause) ? cause : new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
		catch (TimeoutException ex) {
			throw new AssertionError("No reply within " + REPLY_TIMEOUT, ex);
		}
	}

	private record Keyword(String text) implements ProtocolKeyword {

		@Override
		public byte[] getBytes() {
			return this.text.getBytes(StandardCharsets.US_ASCII);
		}

		@Override
		public String toString() {
			return this.text;
		}

	}

}
