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

import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionFuture;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.sentinel.api.StatefulRedisSentinelConnection;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The part that the clients of both lanes have in common where there is no cluster: the
 * opening of a connection, and the sentinels that know the master.
 */
public abstract class PooledRedisClient extends RedisClient {

	private final ConnectTimeout connectTimeout;

	private final @Nullable Sentinels sentinels;

	/**
	 * Creates the client.
	 * @param resources the resources to share
	 * @param uri where to connect to, or an empty URI if each connection names its own
	 * @param connectTimeout how long connecting may take
	 * @param sentinels asks the sentinels, or {@code null} if there are none
	 */
	protected PooledRedisClient(ClientResources resources, RedisURI uri, ConnectTimeout connectTimeout,
			@Nullable Sentinels sentinels) {
		super(resources, uri);
		this.connectTimeout = connectTimeout;
		this.sentinels = sentinels;
	}

	@Override
	protected <K, V, T extends RedisChannelHandler<K, V>> ConnectionFuture<T> initializeChannelAsync(
			ConnectionBuilder builder) {
		return Activation.await(builder, this.connectTimeout, super::initializeChannelAsync);
	}

	@Override
	protected Mono<SocketAddress> getSocketAddress(RedisURI uri) {
		Sentinels sentinels = this.sentinels;
		Mono<SocketAddress> own = super.getSocketAddress(uri);
		return (sentinels != null && Sentinels.name(uri)) ? sentinels.resolve(this, uri, own) : own;
	}

	/**
	 * Lettuce asks a sentinel with this codec for a master and its replicas. All of them
	 * are asked instead, and one that is known to be silent is not waited for.
	 */
	@Override
	@SuppressWarnings("unchecked")
	public <K, V> CompletableFuture<StatefulRedisSentinelConnection<K, V>> connectSentinelAsync(RedisCodec<K, V> codec,
			RedisURI uri) {
		Sentinels sentinels = this.sentinels;
		if (sentinels == null || codec != StringCodec.UTF8) {
			return super.connectSentinelAsync(codec, uri);
		}
		return Sentinels.name(uri)
				? sentinels.ask(this, uri)
					.thenApply((answer) -> (StatefulRedisSentinelConnection<K, V>) AnsweredSentinel.connection(answer))
				: sentinels.silentNodes()
					.connect(uri, () -> ConnectionFuture.from(null, super.connectSentinelAsync(codec, uri)))
					.toCompletableFuture();
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

	/**
	 * With replicas, Lettuce listens to all sentinels, and waits for each.
	 */
	@Override
	public <K, V> ConnectionFuture<StatefulRedisPubSubConnection<K, V>> connectPubSubAsync(RedisCodec<K, V> codec,
			RedisURI uri) {
		Sentinels sentinels = this.sentinels;
		return (sentinels != null && !Sentinels.name(uri))
				? sentinels.silentNodes().connect(uri, () -> super.connectPubSubAsync(codec, uri))
				: super.connectPubSubAsync(codec, uri);
	}

}
