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

package io.github.lettucepool.exclusive;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;

/**
 * Asks a connection's server whether it is there.
 */
final class Ping {

	private Ping() {
	}

	/**
	 * Sends a PING.
	 * @param connection a connection that nobody else uses
	 * @param timeout how long the answer may take
	 * @return completes, never exceptionally, with whether it was answered in time
	 */
	static CompletableFuture<Boolean> send(StatefulConnection<?, ?> connection, Duration timeout) {
		CompletableFuture<Boolean> answered = new CompletableFuture<>();
		try {
			ping(connection).whenComplete((pong, ex) -> answered.complete(ex == null));
		}
		catch (RuntimeException ex) {
			answered.complete(false);
		}
		return answered.completeOnTimeout(false, timeout.toMillis(), TimeUnit.MILLISECONDS);
	}

	private static CompletionStage<String> ping(StatefulConnection<?, ?> connection) {
		if (connection instanceof StatefulRedisConnection<?, ?> redis) {
			return redis.async().ping();
		}
		if (connection instanceof StatefulRedisClusterConnection<?, ?> cluster) {
			return cluster.async().ping();
		}
		throw new IllegalStateException("Cannot PING " + connection.getClass().getName());
	}

}
