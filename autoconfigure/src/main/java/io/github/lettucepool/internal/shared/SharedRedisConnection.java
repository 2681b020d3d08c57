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
import java.util.function.Supplier;

import io.lettuce.core.RedisAsyncCommandsImpl;
import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.json.JsonParser;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.CompleteableCommand;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.internal.transport.InFlight;

/**
 * A connection of the shared lane that can tell how busy it is.
 */
final class SharedRedisConnection<K, V> extends StatefulRedisConnectionImpl<K, V> implements InFlight {

	private final SharedEndpoint endpoint;

	SharedRedisConnection(RedisChannelWriter writer, SharedEndpoint endpoint, RedisCodec<K, V> codec, Duration timeout,
			Supplier<JsonParser> jsonParser) {
		super(writer, endpoint, codec, timeout, jsonParser);
		this.endpoint = endpoint;
	}

	@Override
	public int inFlight() {
		return this.endpoint.inFlight();
	}

	/**
	 * The error that connecting again fails with.
	 * @return the error, or {@code null} if it is connected or was not tried yet
	 */
	@Nullable Throwable reconnectError() {
		return this.endpoint.reconnectError();
	}

	/**
	 * Reactive commands do not come through the asynchronous ones.
	 */
	@Override
	@SuppressWarnings("unchecked")
	protected <T> RedisCommand<K, V, T> preProcessCommand(RedisCommand<K, V, T> command) {
		if (!(command instanceof SharedCommand) && command instanceof CompleteableCommand<?> reactive) {
			((CompleteableCommand<T>) reactive).onComplete((ignored, ex) -> {
				CommandOutput<K, V, T> output = command.getOutput();
				if (output != null && output.hasError()) {
					this.endpoint.answered(output.getError());
				}
			});
		}
		return super.preProcessCommand(command);
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
				SharedCommand<K, V, T> shared = new SharedCommand<>(command, SharedRedisConnection.this.endpoint);
				RedisCommand<K, V, T> dispatched = SharedRedisConnection.this.dispatch((RedisCommand<K, V, T>) shared);
				return (dispatched instanceof AsyncCommand<K, V, T> async) ? async : shared;
			}

		};
	}

}
