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

package io.github.lettucepool;

import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisAsyncCommandsImpl;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.api.push.PushListener;
import io.lettuce.core.api.reactive.RedisReactiveCommands;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import org.springframework.data.redis.connection.lettuce.LettuceConnection;

import io.github.lettucepool.exclusive.LowLatencyConnections;

/**
 * The shared lane with the low-latency connections in front of it, for the ordinary
 * commands of a {@link LettuceConnection}, which waits for each of them. A command is
 * sent on a low-latency connection if there is one for it, and else on the shared
 * connection that is the less busy one at that moment. Everything but
 * {@linkplain #async() the asynchronous commands} is that of a shared connection.
 * <p>
 * Thread-safe.
 */
final class FrontConnection<K, V> implements StatefulRedisConnection<K, V> {

	private final Supplier<StatefulRedisConnection<K, V>> shared;

	private final FrontCommands<K, V> commands;

	/**
	 * Puts low-latency connections in front of the shared lane.
	 * @param shared chooses a shared connection
	 * @param lowLatency what is in front of it
	 * @param codec the codec of both
	 */
	FrontConnection(Supplier<StatefulRedisConnection<K, V>> shared, LowLatencyConnections lowLatency,
			RedisCodec<K, V> codec) {
		this.shared = shared;
		this.commands = new FrontCommands<>(this, lowLatency, codec);
	}

	@Override
	public RedisAsyncCommands<K, V> async() {
		return this.commands;
	}

	@Override
	public RedisCommands<K, V> sync() {
		return this.shared.get().sync();
	}

	@Override
	public RedisReactiveCommands<K, V> reactive() {
		return this.shared.get().reactive();
	}

	@Override
	public <T> RedisCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
		return this.shared.get().dispatch(command);
	}

	@Override
	public Collection<RedisCommand<K, V, ?>> dispatch(Collection<? extends RedisCommand<K, V, ?>> commands) {
		return this.shared.get().dispatch(commands);
	}

	@Override
	public boolean isMulti() {
		return false;
	}

	@Override
	public void addListener(PushListener listener) {
		this.shared.get().addListener(listener);
	}

	@Override
	public void removeListener(PushListener listener) {
		this.shared.get().removeListener(listener);
	}

	@Override
	public void addListener(RedisConnectionStateListener listener) {
		this.shared.get().addListener(listener);
	}

	@Override
	public void removeListener(RedisConnectionStateListener listener) {
		this.shared.get().removeListener(listener);
	}

	@Override
	public void setTimeout(Duration timeout) {
		this.shared.get().setTimeout(timeout);
	}

	@Override
	public Duration getTimeout() {
		return this.shared.get().getTimeout();
	}

	@Override
	public RedisCodec<K, V> getCodec() {
		return this.shared.get().getCodec();
	}

	@Override
	public boolean isOpen() {
		return true;
	}

	@Override
	public ClientOptions getOptions() {
		return this.shared.get().getOptions();
	}

	@Override
	public ClientResources getResources() {
		return this.shared.get().getResources();
	}

	@Override
	public void setAutoFlushCommands(boolean autoFlush) {
		this.shared.get().setAutoFlushCommands(autoFlush);
	}

	@Override
	public void flushCommands() {
		this.shared.get().flushCommands();
	}

	/**
	 * Closes nothing: the lanes belong to the pool.
	 */
	@Override
	public void close() {
		// Nothing here is open.
	}

	/**
	 * Closes nothing: the lanes belong to the pool.
	 */
	@Override
	public CompletableFuture<Void> closeAsync() {
		return CompletableFuture.completedFuture(null);
	}

	/**
	 * Commands whose callers wait for them.
	 */
	static final class FrontCommands<K, V> extends RedisAsyncCommandsImpl<K, V> {

		private final FrontConnection<K, V> connection;

		private final LowLatencyConnections lowLatency;

		private FrontCommands(FrontConnection<K, V> connection, LowLatencyConnections lowLatency,
				RedisCodec<K, V> codec) {
			super(connection, codec);
			this.connection = connection;
			this.lowLatency = lowLatency;
		}

		@Override
		public <T> AsyncCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
			AsyncCommand<K, V, T> sent = this.lowLatency.dispatch(command);
			if (sent != null) {
				return sent;
			}
			return ((RedisAsyncCommandsImpl<K, V>) shared()).dispatch(command);
		}

		/**
		 * Commands for callers who may not wait.
		 * @return the asynchronous commands of a shared connection
		 */
		RedisAsyncCommands<K, V> shared() {
			return this.connection.shared.get().async();
		}

	}

}
