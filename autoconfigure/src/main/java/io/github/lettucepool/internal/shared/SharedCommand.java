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

import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.RedisCommandInterruptedException;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.util.concurrent.FastThreadLocalThread;

/**
 * A command on a shared connection. Its caller waits without a time limit of its own
 * where the connection sees to it that the command ends in time: waiting with a limit
 * costs a virtual thread a task of the JDK's one timer thread.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 * @param <T> the type of the result
 */
final class SharedCommand<K, V, T> extends AsyncCommand<K, V, T> {

	private final SharedEndpoint endpoint;

	private volatile boolean awaited;

	SharedCommand(RedisCommand<K, V, T> command, SharedEndpoint endpoint) {
		super(command);
		this.endpoint = endpoint;
	}

	/**
	 * Returns whether somebody waits for the command to end in time.
	 * @return whether somebody does
	 */
	boolean isAwaited() {
		return this.awaited;
	}

	@Override
	protected void completeResult() {
		CommandOutput<K, V, T> output = getOutput();
		if (output != null && output.hasError()) {
			this.endpoint.answered(output.getError());
		}
		super.completeResult();
	}

	@Override
	public boolean await(long timeout, TimeUnit unit) {
		// An event loop that waits for itself would not find out that its time is over.
		if (!this.endpoint.timeouts().endWithin(unit.toNanos(timeout))
				|| Thread.currentThread() instanceof FastThreadLocalThread) {
			return super.await(timeout, unit);
		}
		this.awaited = true;
		try {
			get();
			return true;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new RedisCommandInterruptedException(ex);
		}
		catch (ExecutionException ex) {
			return true;
		}
	}

}
