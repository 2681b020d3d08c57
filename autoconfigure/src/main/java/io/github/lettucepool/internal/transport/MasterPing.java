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

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;

/**
 * Asks what a connection to a master and its replicas is good for. Lettuce opens it
 * without connecting to any.
 */
public final class MasterPing {

	private MasterPing() {
	}

	/**
	 * PINGs the master, and, if that fails, reads from where the connection reads from.
	 * Closes the connection if that fails too.
	 * @param connection the connection
	 * @param codec its codec
	 * @param <K> the type of keys
	 * @param <V> the type of values
	 * @return completes with {@code true} if the master answers, with {@code false} if
	 * reads are answered by another node, else with the error of the PING
	 */
	public static <K, V> CompletionStage<Boolean> send(StatefulRedisMasterReplicaConnection<K, V> connection,
			RedisCodec<K, V> codec) {
		return Attempts.begin(() -> connection.async().ping()).<CompletionStage<Boolean>>handle((pong, ex) -> {
			if (Ping.Result.of(ex) == Ping.Result.ALIVE) {
				return CompletableFuture.completedFuture(true);
			}
			return Attempts
				.begin(() -> connection.async()
					.dispatch(CommandType.ECHO, new StatusOutput<>(codec), new CommandArgs<>(codec).add("read")))
				.handle((read, failure) -> (Ping.Result.of(failure) == Ping.Result.ALIVE)
						? CompletableFuture.completedFuture(false) : CompletableFuture.<Boolean>failedFuture(ex))
				.thenCompose(Function.identity());
		}).thenCompose(Function.identity()).whenComplete((master, ex) -> {
			if (ex != null) {
				connection.closeAsync();
			}
		});
	}

}
