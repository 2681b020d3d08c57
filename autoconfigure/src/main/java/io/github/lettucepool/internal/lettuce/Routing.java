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

package io.github.lettucepool.internal.lettuce;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.codec.RedisCodec;
import org.jspecify.annotations.Nullable;

/**
 * Knows for whom the current thread opens a connection to a node.
 * <p>
 * A connection to a cluster, or to a master with its replicas, consists of connections to
 * nodes. Lettuce opens one when the first command goes there, on the thread that routes
 * the command, and does not say for whom: so whoever routes leaves its name here.
 */
public final class Routing {

	private static final ThreadLocal<@Nullable CompositeConnection> CURRENT = new ThreadLocal<>();

	private Routing() {
	}

	/**
	 * From now on, the thread routes commands of a connection.
	 * @param connection the connection
	 * @return the connection whose commands it was routing; a reply may have its receiver
	 * send a command of another connection
	 */
	public static @Nullable CompositeConnection begin(CompositeConnection connection) {
		CompositeConnection before = CURRENT.get();
		CURRENT.set(connection);
		return before;
	}

	/**
	 * From now on, the thread routes what it did before.
	 * @param before what {@link #begin} returned
	 */
	public static void end(@Nullable CompositeConnection before) {
		if (before != null) {
			CURRENT.set(before);
		}
		else {
			CURRENT.remove();
		}
	}

	/**
	 * For whom a connection to a node is being opened.
	 * @param codec the codec of the new connection; that of a connection which Lettuce
	 * opens to look at the topology is another one
	 * @param client who opens it: a receiver of replies may use another pool
	 * @return the connection that it becomes a part of, or {@code null} if it is opened
	 * for nobody
	 */
	public static @Nullable CompositeConnection current(RedisCodec<?, ?> codec, AbstractRedisClient client) {
		CompositeConnection connection = CURRENT.get();
		return (connection != null && connection.client() == client && connection.getCodec() == codec) ? connection
				: null;
	}

}
