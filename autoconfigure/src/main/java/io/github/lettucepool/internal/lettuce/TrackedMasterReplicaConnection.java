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
import java.util.Collection;
import java.util.function.Supplier;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ReadFrom;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a master and its replicas that tracks its commands. Lettuce makes such
 * connections where nobody can reach; this one takes the place of one of them, and sends
 * its commands the same way.
 */
final class TrackedMasterReplicaConnection<K, V> extends TrackedRedisConnection<K, V>
		implements StatefulRedisMasterReplicaConnection<K, V>, CompositeConnection {

	private final StatefulRedisMasterReplicaConnection<K, V> replaced;

	private final ExclusiveRedisClient client;

	private final long openedNanos = System.nanoTime();

	private volatile boolean lost;

	private volatile boolean withoutMaster;

	TrackedMasterReplicaConnection(StatefulRedisMasterReplicaConnection<K, V> replaced, ExclusiveRedisClient client,
			int database) {
		// Lettuce has no messages of the server on such connections: nobody calls the
		// listeners that this endpoint takes.
		super(((RedisChannelHandler<?, ?>) replaced).getChannelWriter(),
				new DefaultEndpoint(ClientOptions.create(), client.getResources()), replaced.getCodec(),
				replaced.getTimeout(), client.getOptions().getJsonParser(), database);
		this.replaced = replaced;
		this.client = client;
		setOptions(replaced.getOptions());
	}

	@Override
	public <T> RedisCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
		return dispatch(() -> super.dispatch(command), 1);
	}

	@Override
	public Collection<RedisCommand<K, V, ?>> dispatch(Collection<? extends RedisCommand<K, V, ?>> commands) {
		return dispatch(() -> super.dispatch(commands), commands.size());
	}

	/**
	 * Lettuce throws where it knows no node for a command.
	 */
	private <T> T dispatch(Supplier<T> sending, int commands) {
		try {
			return routed(sending);
		}
		catch (RuntimeException ex) {
			tracker().notSent(commands);
			if (tracker().isChanged()) {
				// It cannot be put in order either.
				nodeLost(null);
			}
			throw ex;
		}
	}

	/**
	 * Opened without its master, it is used until a connection with one can be had.
	 */
	@Override
	public boolean isOpen() {
		return !this.lost && super.isOpen()
				&& !(this.withoutMaster && this.client.hasFoundMasterSince(this.openedNanos));
	}

	void openedWithoutMaster() {
		this.withoutMaster = true;
	}

	@Override
	public boolean isComplete() {
		return !this.withoutMaster;
	}

	@Override
	public void setReadFrom(ReadFrom readFrom) {
		this.replaced.setReadFrom(readFrom);
	}

	@Override
	public ReadFrom getReadFrom() {
		return this.replaced.getReadFrom();
	}

	@Override
	public ExclusiveRedisClient client() {
		return this.client;
	}

	@Override
	public void nodeLost(@Nullable SocketAddress address) {
		this.lost = true;
	}

	/**
	 * Notices what no part reports: where Lettuce finds out by itself who the master is,
	 * it has opened the connection to it before there was anybody to report to.
	 */
	@Override
	public void unanswered(Throwable cause) {
		if (cause instanceof RedisConnectionException || TrackedCommand.isLoss(cause)) {
			nodeLost(null);
		}
	}

}
