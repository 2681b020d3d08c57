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

package io.github.lettucepool.shared;

import java.time.Duration;
import java.util.function.Supplier;

import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.json.JsonParser;

/**
 * A connection of the shared lane that can tell how busy it is.
 */
final class SharedRedisConnection<K, V> extends StatefulRedisConnectionImpl<K, V> {

	private final SharedEndpoint endpoint;

	SharedRedisConnection(RedisChannelWriter writer, SharedEndpoint endpoint, RedisCodec<K, V> codec, Duration timeout,
			Supplier<JsonParser> jsonParser) {
		super(writer, endpoint, codec, timeout, jsonParser);
		this.endpoint = endpoint;
	}

	int inFlight() {
		return this.endpoint.inFlight();
	}

}
