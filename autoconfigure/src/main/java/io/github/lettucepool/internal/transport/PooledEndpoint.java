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

import java.util.List;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;

/**
 * The end of a connection that faces its callers, whose commands share buffers and
 * flushes in a {@link WriteQueue} of the subclass. Thread-safe.
 */
public abstract class PooledEndpoint extends DefaultEndpoint {

	private final boolean queueing;

	private volatile boolean autoFlush = true;

	/**
	 * Creates an endpoint.
	 * @param clientOptions the client's options
	 * @param clientResources the client's resources
	 */
	protected PooledEndpoint(ClientOptions clientOptions, ClientResources clientResources) {
		super(clientOptions, clientResources);
		// Lettuce counts what is in its own queues.
		this.queueing = clientOptions.getRequestQueueSize() == Integer.MAX_VALUE;
	}

	/**
	 * Returns whether commands may go through the write queue. Where the application
	 * bounds Lettuce's request queue, they go Lettuce's own way.
	 * @return whether they may
	 */
	protected final boolean hasQueue() {
		return this.queueing;
	}

	/**
	 * Returns whether commands go through the write queue now: it is not closed, and the
	 * application does not hold commands back.
	 * @return whether they do
	 */
	protected final boolean isQueueing() {
		return this.queueing && this.autoFlush && !isClosed();
	}

	@Override
	public void setAutoFlushCommands(boolean autoFlush) {
		this.autoFlush = autoFlush;
		super.setAutoFlushCommands(autoFlush);
	}

	/**
	 * Commands still waiting for a closed connection fail; Lettuce would cancel them.
	 */
	@Override
	protected List<RedisCommand<?, ?, ?>> drainCommands() {
		List<RedisCommand<?, ?, ?>> commands = super.drainCommands();
		return isClosed() ? FailedCommands.closed(commands) : commands;
	}

}
