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

import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.ConnectionEvents;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisURI;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.resource.ClientResources;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import io.github.lettucepool.internal.driven.IdleDriver;
import io.github.lettucepool.internal.transport.ConnectTimeout;
import io.github.lettucepool.internal.transport.MasterPing;
import io.github.lettucepool.internal.transport.PooledRedisClient;
import io.github.lettucepool.internal.transport.Sentinels;

/**
 * The client of the exclusive lane: its connections track their commands, and are not
 * reconnected. A broken one is replaced, so that nobody's commands are sent again by
 * somebody else's connection.
 */
public final class ExclusiveRedisClient extends PooledRedisClient {

	private final int database;

	private final @Nullable IdleDriver idleDriver;

	private volatile long masterNanos = System.nanoTime();

	/**
	 * Creates the client.
	 * @param resources the resources to share
	 * @param uri where to connect to, or an empty URI if each connection names its own
	 * @param options the application's options; auto-reconnect is switched off
	 * @param connectTimeout how long connecting may take
	 * @param sentinels asks the sentinels, or {@code null} if there are none
	 * @param idleDriver drives the connections while their users do not; {@code null} if
	 * connections are to use the event loops of the resources
	 */
	public ExclusiveRedisClient(ClientResources resources, RedisURI uri, ClientOptions options,
			ConnectTimeout connectTimeout, @Nullable Sentinels sentinels, @Nullable IdleDriver idleDriver) {
		super(resources, uri, connectTimeout, sentinels);
		this.idleDriver = idleDriver;
		this.database = uri.getDatabase();
		setOptions(options.mutate()
			.autoReconnect(false)
			// What waited for a reconnect would wait for ever.
			.disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
			.build());
	}

	/**
	 * Makes a connection that this client has opened track its commands, if it does not
	 * yet.
	 * @param connection the connection
	 * @return completes with the connection to use instead, which is connected
	 */
	public CompletionStage<StatefulConnection<?, ?>> track(StatefulConnection<?, ?> connection) {
		if (!(connection instanceof StatefulRedisMasterReplicaConnection<?, ?> masterReplica)) {
			return CompletableFuture.completedFuture(connection);
		}
		return track(masterReplica);
	}

	private <K, V> CompletionStage<StatefulConnection<?, ?>> track(
			StatefulRedisMasterReplicaConnection<K, V> connection) {
		var tracked = new TrackedMasterReplicaConnection<>(connection, this, this.database);
		// Otherwise the first borrower would learn that the master is not there.
		return MasterPing.send(tracked, tracked.getCodec()).thenApply((master) -> {
			if (!master) {
				tracked.openedWithoutMaster();
			}
			else {
				this.masterNanos = System.nanoTime();
			}
			return tracked;
		});
	}

	boolean hasFoundMasterSince(long nanos) {
		return this.masterNanos - nanos > 0;
	}

	@Override
	protected void connectionBuilder(Mono<SocketAddress> addresses, ConnectionBuilder builder, ConnectionEvents events,
			RedisURI uri) {
		super.connectionBuilder(addresses, builder, events, uri);
		if (this.idleDriver != null && builder.connection() instanceof TrackedRedisConnection) {
			// One connection is opened with each builder, since there is no reconnect.
			builder.bootstrap(builder.bootstrap().clone(this.idleDriver.newEventLoop()));
		}
	}

	@Override
	protected DefaultEndpoint createEndpoint() {
		return new ExclusiveEndpoint(getOptions(), getResources());
	}

	@Override
	protected <K, V> StatefulRedisConnectionImpl<K, V> newStatefulRedisConnection(RedisChannelWriter channelWriter,
			PushHandler pushHandler, RedisCodec<K, V> codec, Duration timeout) {
		RedisChannelWriter writer = DeadlineWriter.insteadOf(channelWriter, getOptions(), getResources());
		CompositeConnection owner = Routing.current(codec, this);
		if (owner != null) {
			return new NodeConnection<>(writer, pushHandler, codec, timeout, getOptions().getJsonParser(), owner, null);
		}
		return new TrackedRedisConnection<>(writer, pushHandler, codec, timeout, getOptions().getJsonParser(),
				this.database);
	}

}
