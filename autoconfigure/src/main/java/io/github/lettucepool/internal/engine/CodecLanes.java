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

package io.github.lettucepool.internal.engine;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.codec.RedisCodec;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.lowlatency.LowLatencyConnections;
import io.github.lettucepool.internal.shared.SharedLane;
import io.github.lettucepool.internal.springdata.FrontConnection;
import io.github.lettucepool.internal.springdata.PooledConnectionProvider;
import io.github.lettucepool.internal.springdata.SharedFront;

/**
 * The lanes of one codec: Spring Data has one codec for blocking and one for reactive
 * use.
 *
 * @param provider lends exclusive connections
 * @param shared the shared lane
 * @param lowLatency the connections in front of it, or {@code null}
 * @param front the ways for ordinary commands
 * @param sharedConnection stands for a shared connection, for a sender without an
 * exclusive one
 */
record CodecLanes(PooledConnectionProvider provider, SharedLane shared, @Nullable LowLatencyConnections lowLatency,
		SharedFront<?, ?> front, StatefulConnection<?, ?> sharedConnection) {

	static <K, V> CodecLanes of(RedisCodec<K, V> codec, AbstractRedisClient client, boolean cluster,
			PooledConnectionProvider provider, SharedLane shared, @Nullable LowLatencyConnections lowLatency) {
		SharedFront<K, V> front = new SharedFront<>(client, codec, shared, lowLatency);
		return new CodecLanes(provider, shared, lowLatency, front, FrontConnection.of(front, null, cluster));
	}

}
