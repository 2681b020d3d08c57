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

package io.github.lettucepool.internal.shared;

import java.time.Duration;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisURI;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.resource.ClientResources;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.transport.ConnectTimeout;
import io.github.lettucepool.internal.transport.PooledRedisClient;
import io.github.lettucepool.internal.transport.Sentinels;

/**
 * The client of the shared lane: its connections are reconnected, send again only what
 * may be sent twice, and know how busy they are.
 */
public final class SharedRedisClient extends PooledRedisClient {

	private final ReplayFilter replay;

	/**
	 * Creates the client.
	 * @param resources the resources to share
	 * @param uri where to connect to, or an empty URI if each connection names its own
	 * @param options the application's options
	 * @param replay knows what is sent again after a reconnect
	 * @param connectTimeout how long connecting may take
	 * @param sentinels asks the sentinels, or {@code null} if there are none
	 */
	public SharedRedisClient(ClientResources resources, RedisURI uri, ClientOptions options, ReplayFilter replay,
			ConnectTimeout connectTimeout, @Nullable Sentinels sentinels) {
		super(resources, uri, connectTimeout, sentinels);
		setOptions(options);
		this.replay = replay;
	}

	@Override
	protected <K, V, T extends RedisChannelHandler<K, V>> ConnectionFuture<T> initializeChannelAsync(
			ConnectionBuilder builder) {
		if (builder.endpoint() instanceof SharedEndpoint endpoint) {
			builder.socketAddressSupplier(builder.socketAddress().doOnNext(endpoint::connecting));
		}
		return super.initializeChannelAsync(builder);
	}

	@Override
	protected DefaultEndpoint createEndpoint() {
		return new SharedEndpoint(getOptions(), getResources(), this.replay);
	}

	@Override
	protected <K, V> StatefulRedisConnectionImpl<K, V> newStatefulRedisConnection(RedisChannelWriter channelWriter,
			PushHandler pushHandler, RedisCodec<K, V> codec, Duration timeout) {
		SharedEndpoint endpoint = (SharedEndpoint) pushHandler;
		RedisChannelWriter writer = SharedExpiryWriter.canReplace(channelWriter, getOptions())
				? new SharedExpiryWriter(endpoint, getOptions(), getResources()) : channelWriter;
		return new SharedRedisConnection<>(writer, endpoint, codec, timeout, getOptions().getJsonParser());
	}

}
