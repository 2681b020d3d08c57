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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.lettuce.core.RedisAsyncCommandsImpl;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.json.JsonParser;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.driven.DrivenEventLoop;

/**
 * A connection to one server that tracks its commands.
 */
public class TrackedRedisConnection<K, V> extends StatefulRedisConnectionImpl<K, V>
		implements TrackedConnection, ConnectionTracker.Router {

	private final ConnectionTracker tracker = new ConnectionTracker(this);

	private final @Nullable ExclusiveEndpoint endpoint;

	private final @Nullable RedisAsyncCommands<K, V> commands;

	private final RedisCommands<K, V> syncCommands;

	private final int database;

	TrackedRedisConnection(RedisChannelWriter writer, PushHandler pushHandler, RedisCodec<K, V> codec, Duration timeout,
			Supplier<JsonParser> jsonParser, int database) {
		super(writer, pushHandler, codec, timeout, jsonParser);
		this.endpoint = (pushHandler instanceof ExclusiveEndpoint exclusive) ? exclusive : null;
		PatientCommands<K, V> commands = new PatientCommands<>(this, codec, jsonParser);
		this.commands = commands;
		this.syncCommands = syncHandler(commands, RedisCommands.class, RedisClusterCommands.class);
		this.database = database;
	}

	/**
	 * The database that the connection was opened with.
	 * @return the number
	 */
	int database() {
		return this.database;
	}

	@Override
	public RedisAsyncCommands<K, V> async() {
		// The constructor of the superclass asks for them before they are there.
		return (this.commands != null) ? this.commands : super.async();
	}

	/**
	 * Those of the superclass wait for its own asynchronous ones.
	 */
	@Override
	public RedisCommands<K, V> sync() {
		return this.syncCommands;
	}

	@Override
	protected <T> RedisCommand<K, V, T> preProcessCommand(RedisCommand<K, V, T> command) {
		return this.tracker.track(super.preProcessCommand(command));
	}

	@Override
	protected <T> RedisCommand<K, V, T> postProcessCommand(RedisCommand<K, V, T> command) {
		return super.postProcessCommand(TrackedCommand.untracked(command));
	}

	@Override
	protected Collection<RedisCommand<K, V, ?>> postProcessCommands(Collection<RedisCommand<K, V, ?>> commands) {
		List<RedisCommand<K, V, ?>> unwrapped = new ArrayList<>(commands.size());
		commands.forEach((command) -> unwrapped.add(TrackedCommand.untracked(command)));
		return super.postProcessCommands(unwrapped);
	}

	@Override
	public void setAutoFlushCommands(boolean autoFlush) {
		this.tracker.autoFlush(autoFlush);
		super.setAutoFlushCommands(autoFlush);
	}

	@Override
	public CompletableFuture<Void> closeAsync() {
		return this.tracker.endLease() ? CompletableFuture.completedFuture(null) : closeForGood();
	}

	@Override
	public ConnectionTracker tracker() {
		return this.tracker;
	}

	@Override
	public @Nullable DrivenEventLoop eventLoop() {
		ExclusiveEndpoint endpoint = this.endpoint;
		return (endpoint != null) ? endpoint.eventLoop() : null;
	}

	@Override
	public CompletableFuture<Void> closeForGood() {
		// Lettuce would warn of it.
		return isClosed() ? CompletableFuture.completedFuture(null) : super.closeAsync();
	}

	/**
	 * The asynchronous commands, which the imperative ones of Spring Data wait for.
	 *
	 * @param <K> the type of keys
	 * @param <V> the type of values
	 */
	private static final class PatientCommands<K, V> extends RedisAsyncCommandsImpl<K, V> {

		private PatientCommands(TrackedRedisConnection<K, V> connection, RedisCodec<K, V> codec,
				Supplier<JsonParser> jsonParser) {
			super(connection, codec, jsonParser);
		}

		@Override
		public <T> AsyncCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
			TrackedRedisConnection<K, V> connection = (TrackedRedisConnection<K, V>) getStatefulConnection();
			PatientCommand<K, V, T> patient = new PatientCommand<>(command, connection);
			RedisCommand<K, V, T> dispatched = connection.dispatch((RedisCommand<K, V, T>) patient);
			return (dispatched instanceof AsyncCommand<K, V, T> async) ? async : patient;
		}

	}

}
