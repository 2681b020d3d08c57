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

package io.github.lettucepool.exclusive;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import io.lettuce.core.RedisChannelWriter;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.json.JsonParser;
import io.lettuce.core.protocol.PushHandler;
import io.lettuce.core.protocol.RedisCommand;

/**
 * A connection to one server that tracks its commands.
 */
final class TrackedRedisConnection<K, V> extends StatefulRedisConnectionImpl<K, V> implements TrackedConnection {

	private final ConnectionTracker tracker = new ConnectionTracker();

	private final int database;

	private volatile GiveBack giveBack = () -> false;

	TrackedRedisConnection(RedisChannelWriter writer, PushHandler pushHandler, RedisCodec<K, V> codec, Duration timeout,
			Supplier<JsonParser> jsonParser, int database) {
		super(writer, pushHandler, codec, timeout, jsonParser);
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
	protected <T> RedisCommand<K, V, T> preProcessCommand(RedisCommand<K, V, T> command) {
		return this.tracker.track(super.preProcessCommand(command));
	}

	@Override
	protected <T> RedisCommand<K, V, T> postProcessCommand(RedisCommand<K, V, T> command) {
		return super.postProcessCommand(unwrap(command));
	}

	@Override
	protected Collection<RedisCommand<K, V, ?>> postProcessCommands(Collection<RedisCommand<K, V, ?>> commands) {
		List<RedisCommand<K, V, ?>> unwrapped = new ArrayList<>(commands.size());
		commands.forEach((command) -> unwrapped.add(unwrap(command)));
		return super.postProcessCommands(unwrapped);
	}

	/**
	 * Callers look for Lettuce's own future in what they get back.
	 */
	private static <K, V, T> RedisCommand<K, V, T> unwrap(RedisCommand<K, V, T> command) {
		return (command instanceof TrackedCommand<K, V, T> tracked) ? tracked.getDelegate() : command;
	}

	@Override
	public void setAutoFlushCommands(boolean autoFlush) {
		this.tracker.autoFlush(autoFlush);
		super.setAutoFlushCommands(autoFlush);
	}

	@Override
	public CompletableFuture<Void> closeAsync() {
		return this.giveBack.giveBackIfLent() ? CompletableFuture.completedFuture(null) : super.closeAsync();
	}

	@Override
	public ConnectionTracker tracker() {
		return this.tracker;
	}

	@Override
	public void onCloseByBorrower(GiveBack giveBack) {
		this.giveBack = giveBack;
	}

	@Override
	public CompletableFuture<Void> closeForGood() {
		return super.closeAsync();
	}

}
