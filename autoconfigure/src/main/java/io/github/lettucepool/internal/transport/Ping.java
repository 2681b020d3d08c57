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

package io.github.lettucepool.internal.transport;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import org.jspecify.annotations.Nullable;

/**
 * Asks a connection's server whether it is there. A server that answers is there, and an
 * error is an answer: one that loads its data, runs a script or does not allow PING
 * ({@code LOADING}, {@code BUSY}, {@code NOPERM}) would answer the same on any other
 * connection.
 */
public final class Ping {

	private Ping() {
	}

	/**
	 * Sends a PING.
	 * @param connection a connection to one server, to a master and its replicas, or to a
	 * cluster
	 * @param timeout how long the answer may take
	 * @return completes, never exceptionally, with what became of the PING
	 */
	public static CompletableFuture<Result> send(StatefulConnection<?, ?> connection, Duration timeout) {
		return send(connection).completeOnTimeout(Result.SILENT, timeout.toMillis(), TimeUnit.MILLISECONDS);
	}

	/**
	 * Sends a PING.
	 * @param connection a connection to one server, to a master and its replicas, or to a
	 * cluster
	 * @return completes, never exceptionally, with what became of the PING
	 */
	public static CompletableFuture<Result> send(StatefulConnection<?, ?> connection) {
		return Attempts.begin(() -> ping(connection)).handle((pong, ex) -> result(connection, ex));
	}

	private static Result result(StatefulConnection<?, ?> connection, @Nullable Throwable error) {
		Result result = Result.of(error);
		return (result == Result.SILENT && !connection.isOpen()) ? Result.LOST : result;
	}

	private static CompletionStage<String> ping(StatefulConnection<?, ?> connection) {
		if (connection instanceof StatefulRedisConnection<?, ?> redis) {
			return redis.async().ping();
		}
		return ((StatefulRedisClusterConnection<?, ?>) connection).async().ping();
	}

	/**
	 * The outcome of a PING.
	 */
	public enum Result {

		/**
		 * The server answered.
		 */
		ALIVE,

		/**
		 * The server answered NOAUTH, as it would any command: nobody can use the
		 * connection.
		 */
		UNAUTHENTICATED,

		/**
		 * The connection was lost before an answer came.
		 */
		LOST,

		/**
		 * Nothing came in time, or nothing that is an answer.
		 */
		SILENT;

		/**
		 * Returns whether the server answered, if only to refuse.
		 * @return whether it did
		 */
		public boolean isAnswered() {
			return this == ALIVE || this == UNAUTHENTICATED;
		}

		/**
		 * Judges the end of a PING.
		 * @param error what it failed with, or {@code null} if it did not
		 * @return what became of it
		 */
		public static Result of(@Nullable Throwable error) {
			Throwable cause = (error != null) ? FailedCommands.unwrap(error) : null;
			if (cause instanceof RedisCommandExecutionException) {
				return String.valueOf(cause.getMessage()).startsWith("NOAUTH") ? UNAUTHENTICATED : ALIVE;
			}
			if (cause != null) {
				return (cause instanceof RedisConnectionException) ? LOST : SILENT;
			}
			return ALIVE;
		}

	}

}
