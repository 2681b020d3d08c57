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
import java.util.Collection;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.protocol.CommandExpiryWriter;
import io.lettuce.core.protocol.MaintenanceAwareExpiryWriter;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;

/**
 * Stands where Lettuce starts a timer for each command, and leaves that to the
 * {@link SharedEndpoint}. What is set on the connection, and what the server says of its
 * maintenance, goes there too.
 */
final class SharedExpiryWriter extends MaintenanceAwareExpiryWriter {

	private final SharedEndpoint endpoint;

	SharedExpiryWriter(SharedEndpoint endpoint, ClientOptions options, ClientResources resources) {
		super(endpoint, options, resources);
		this.endpoint = endpoint;
		endpoint.timeouts().takeOver();
	}

	/**
	 * Returns whether the endpoint can take over what a writer does: one timeout for all
	 * commands, that of the connection.
	 * @param writer the writer that Lettuce made
	 * @param options the client's options
	 * @return whether it can
	 */
	static boolean canReplace(Object writer, ClientOptions options) {
		return writer instanceof CommandExpiryWriter && options.getTimeoutOptions().isApplyConnectionTimeout();
	}

	@Override
	public void setTimeout(Duration timeout) {
		super.setTimeout(timeout);
		this.endpoint.setCommandTimeout(timeout);
	}

	@Override
	public <K, V, T> RedisCommand<K, V, T> write(RedisCommand<K, V, T> command) {
		return this.endpoint.write(command);
	}

	@Override
	public <K, V> Collection<RedisCommand<K, V, ?>> write(Collection<? extends RedisCommand<K, V, ?>> commands) {
		return this.endpoint.write(commands);
	}

	@Override
	public void onRebindStarted(Duration time, SocketAddress address) {
		super.onRebindStarted(time, address);
		this.endpoint.timeouts().maintenanceStarted();
	}

	@Override
	public void onRebindCompleted() {
		super.onRebindCompleted();
		this.endpoint.timeouts().maintenanceCompleted();
	}

	@Override
	public void onMigrateStarted(String shards) {
		super.onMigrateStarted(shards);
		this.endpoint.timeouts().maintenanceStarted();
	}

	@Override
	public void onMigrateCompleted(String shards) {
		super.onMigrateCompleted(shards);
		this.endpoint.timeouts().maintenanceCompleted();
	}

	@Override
	public void onFailoverStarted(String shards) {
		super.onFailoverStarted(shards);
		this.endpoint.timeouts().maintenanceStarted();
	}

	@Override
	public void onFailoverCompleted(String shards) {
		super.onFailoverCompleted(shards);
		this.endpoint.timeouts().maintenanceCompleted();
	}

}
