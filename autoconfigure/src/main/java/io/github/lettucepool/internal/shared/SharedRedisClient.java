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

import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import io.github.lettucepool.internal.transport.Activation;
import io.github.lettucepool.internal.transport.ConnectTimeout;
import io.github.lettucepool.internal.transport.Sentinels;

/**
 * The client of the shared lane: its connections are reconnected, send again only what
 * may be sent twice, and know how busy they are.
 */
public final class SharedRedisClient extends RedisClient {

	private final ReplayFilter replay;

	private final ConnectTimeout connectTimeout;

	private final @Nullable Sentinels sentinels;

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
		super(resources, uri);
		setOptions(options);
		this.replay = replay;
		this.connectTimeout = connectTimeout;
		this.sentinels = sentinels;
	}

	@Override
	protected <K, V, T extends RedisChannelHandler<K, V>> ConnectionFuture<T> initializeChannelAsync(
			ConnectionBuilder builder) {
		if (builder.endpoint() instanceof SharedEndpoint endpoint) {
			builder.socketAddressSupplier(builder.socketAddress().doOnNext(endpoint::connecting));
		}
		return Activation.await(builder, this.connectTimeout, super::initializeChannelAsync);
	}

	@Override
	protected Mono<SocketAddress> getSocketAddress(RedisURI uri) {
		Sentinels sentinels = this.sentinels;
		Mono<SocketAddress> own = super.getSocketAddress(uri);
		return (sentinels != null && Sentinels.name(uri)) ? sentinels.resolve(this, uri, own) : own;
	}

	/**
	 * Connects to the sentinel that knows best who the master is.
	 */
	@Override
	public <K, V> CompletableFuture<StatefulRedisSentinelConnection<K, V>> connectSentinelAsync(RedisCodec<K, V> codec,
			RedisURI uri) {
		Sentinels sentinels = this.sentinels;
		if (sentinels == null || !Sentinels.name(uri)) {
			return super.connectSentinelAsync(codec, uri);
		}
		return sentinels.ask(this, uri)
			.handle((answer, ex) -> super.connectSentinelAsync(codec, (answer != null) ? answer.sentinel() : uri))
			.thenCompose(Function.identity());
	}

	/**
	 * Lettuce looks at the nodes of a master and replicas with this codec.
	 */
	@Override
	public <K, V> ConnectionFuture<StatefulRedisConnection<K, V>> connectAsync(RedisCodec<K, V> codec, RedisURI uri) {
		Sentinels sentinels = this.sentinels;
		return (sentinels != null && codec == StringCodec.UTF8 && !Sentinels.name(uri))
				? sentinels.silentNodes().connect(uri, () -> super.connectAsync(codec, uri))
				: super.connectAsync(codec, uri);
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
