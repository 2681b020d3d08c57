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
import java.util.function.Supplier;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.json.JsonParser;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.driven.DrivenEventLoop;
import io.github.lettucepool.internal.transport.Rerouting;

/**
 * A connection to one node that is a part of a composite one, and tells it when it is
 * lost.
 */
public final class NodeConnection<K, V> extends StatefulRedisConnectionImpl<K, V> implements Rerouting {

	private final CompositeConnection owner;

	private final @Nullable ConnectionTracker tracker;

	private volatile @Nullable SocketAddress address;

	private volatile boolean closing;

	private volatile boolean lost;

	/**
	 * Creates a connection.
	 * @param writer where commands go
	 * @param pushHandler takes messages of the server
	 * @param codec the codec
	 * @param timeout how long commands may take
	 * @param jsonParser reads JSON
	 * @param owner what it is a part of
	 * @param tracker tracks what is sent on this very connection; {@code null} if all of
	 * it comes from the owner, who has tracked it
	 */
	public NodeConnection(RedisChannelWriter writer, PushHandler pushHandler, RedisCodec<K, V> codec, Duration timeout,
			Supplier<JsonParser> jsonParser, CompositeConnection owner, @Nullable ConnectionTracker tracker) {
		super(writer, pushHandler, codec, timeout, jsonParser);
		this.owner = owner;
		this.tracker = tracker;
		addListener(new RedisConnectionStateListener() {

			@Override
			public void onRedisConnected(RedisChannelHandler<?, ?> handler, SocketAddress address) {
				NodeConnection.this.address = address;
				owner.nodeOpened(NodeConnection.this);
			}

			@Override
			public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
				owner.nodeClosed(NodeConnection.this);
			}

		});
	}

	@Override
	public @Nullable Object beginReplies() {
		return this.owner.beginReplies();
	}

	@Override
	public void endReplies(@Nullable Object before) {
		this.owner.endReplies(before);
	}

	/**
	 * The event loop that the owner's user drives, and that this connection has to use.
	 * @return the event loop, or {@code null} if any will do
	 */
	public @Nullable DrivenEventLoop eventLoop() {
		return this.owner.eventLoop();
	}

	public @Nullable SocketAddress address() {
		return this.address;
	}

	/**
	 * Says that the node does not answer any more.
	 */
	public void lost() {
		this.lost = true;
		this.owner.nodeLost(this.address);
	}

	/**
	 * Commands that the owner has processed are not processed again: in a transaction, a
	 * reply would be waited for twice.
	 */
	@Override
	public <T> RedisCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
		if (!isLettucesOwn(command) && !this.owner.isSendable(command)) {
			return command;
		}
		return (this.tracker != null) ? super.dispatch(command) : getChannelWriter().write(command);
	}

	@Override
	protected <T> RedisCommand<K, V, T> preProcessCommand(RedisCommand<K, V, T> command) {
		RedisCommand<K, V, T> preprocessed = super.preProcessCommand(command);
		ConnectionTracker tracker = this.tracker;
		return (tracker != null && !isLettucesOwn(command)) ? tracker.track(preprocessed) : preprocessed;
	}

	/**
	 * Lettuce sends READONLY itself, to read from a replica of a cluster.
	 */
	private static boolean isLettucesOwn(RedisCommand<?, ?, ?> command) {
		return command.getType() == CommandType.READONLY;
	}

	@Override
	protected <T> RedisCommand<K, V, T> postProcessCommand(RedisCommand<K, V, T> command) {
		return super.postProcessCommand(TrackedCommand.untracked(command));
	}

	@Override
	public void deactivated() {
		super.deactivated();
		// Lettuce closes connections to nodes that have left the cluster.
		if (!this.closing || this.tracker == null) {
			this.owner.nodeLost(this.address);
		}
	}

	/**
	 * Lettuce closes the connection to a node that has left the cluster as soon as it
	 * learns that. Commands may be under way there, sent a moment before: each is
	 * answered, if only by a redirection, so it is closed a while later. Lettuce also
	 * closes what has not been connected at all.
	 */
	@Override
	public CompletableFuture<Void> closeAsync() {
		this.closing = true;
		if (isClosed()) {
			// Lettuce would warn of it.
			return CompletableFuture.completedFuture(null);
		}
		if (this.tracker == null || this.lost || this.address == null || !isOpen() || !this.owner.nodeLeft(this)) {
			return end();
		}
		return CompletableFuture.completedFuture(null);
	}

	/**
	 * Closes it at once, unless that has been done.
	 */
	public void closeNow() {
		this.closing = true;
		if (!isClosed()) {
			end();
		}
	}

	/**
	 * Lettuce routes again what was not sent.
	 */
	private CompletableFuture<Void> end() {
		return this.owner.routed(super::closeAsync);
	}

}
