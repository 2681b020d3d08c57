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

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.resource.ClientResources;

/**
 * The client of the exclusive lane: its connections track their commands, and are not
 * reconnected. A broken one is replaced, so that nobody's commands are sent again by
 * somebody else's connection.
 */
public final class ExclusiveRedisClient extends RedisClient {

	private final int database;

	/**
	 * Creates the client.
	 * @param resources the resources to share
	 * @param uri where to connect to, or an empty URI if each connection names its own
	 * @param options the application's options; auto-reconnect is switched off
	 */
	public ExclusiveRedisClient(ClientResources resources, RedisURI uri, ClientOptions options) {
		super(resources, uri);
		this.database = uri.getDatabase();
		setOptions(options.mutate().autoReconnect(false).build());
	}

	@Override
	protected <K, V> StatefulRedisConnectionImpl<K, V> newStatefulRedisConnection(RedisChannelWriter channelWriter,
			PushHandler pushHandler, RedisCodec<K, V> codec, Duration timeout) {
		return new TrackedRedisConnection<>(channelWriter, pushHandler, codec, timeout, getOptions().getJsonParser(),
				this.database);
	}

}
