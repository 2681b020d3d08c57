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

	private final int database;

	TrackedRedisConnection(RedisChannelWriter writer, PushHandler pushHandler, RedisCodec<K, V> codec, Duration timeout,
			Supplier<JsonParser> jsonParser, int database) {
		super(writer, pushHandler, codec, timeout, jsonParser);
		this.endpoint = (pushHandler instanceof ExclusiveEndpoint exclusive) ? exclusive : null;
		this.database = database;
	}

	/**
	 * The database that the connection was opened with.
	 * @return the number
	 */
	int database() {
		return this.database;
	}

	/**
	 * The asynchronous commands, which the imperative ones wait for, as Spring Data does.
	 */
	@Override
	protected RedisAsyncCommandsImpl<K, V> newRedisAsyncCommandsImpl() {
		// The options are there by the time that there is JSON.
		return new RedisAsyncCommandsImpl<>(this, this.codec, () -> getOptions().getJsonParser().get()) {

			@Override
			public <T> AsyncCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
				PatientCommand<K, V, T> patient = new PatientCommand<>(command, TrackedRedisConnection.this);
				RedisCommand<K, V, T> dispatched = TrackedRedisConnection.this
					.dispatch((RedisCommand<K, V, T>) patient);
				return (dispatched instanceof AsyncCommand<K, V, T> async) ? async : patient;
			}

		};
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

}
