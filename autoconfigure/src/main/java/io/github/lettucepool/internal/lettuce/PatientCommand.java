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

import java.util.concurrent.TimeUnit;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

import io.github.lettucepool.CommandTimeouts;
import io.github.lettucepool.internal.driven.DrivenCommand;
import io.github.lettucepool.internal.driven.DrivenEventLoop;

/**
 * A command whose caller waits for as long as the command itself may block, where
 * {@link CommandTimeouts} are in force. Spring Data waits for each command with the one
 * timeout that it knows.
 */
public final class PatientCommand<K, V, T> extends DrivenCommand<K, V, T> {

	private static final long FOREVER = TimeUnit.DAYS.toNanos(36_500);

	private final RedisChannelHandler<?, ?> connection;

	public PatientCommand(RedisCommand<K, V, T> command, RedisChannelHandler<?, ?> connection) {
		super(command);
		this.connection = connection;
	}

	@Override
	public boolean await(long timeout, TimeUnit unit) {
		CommandTimeouts timeouts = CommandTimeouts.of(this.connection.getOptions());
		if (timeouts == null || !timeouts.isBlocking(this)) {
			boolean done = super.await(timeout, unit);
			if (!done && this.connection instanceof TrackedConnection tracked) {
				tracked.tracker().router().timedOut();
			}
			return done;
		}
		long nanos = timeouts.getTimeout(this);
		return super.await((nanos > 0) ? Math.max(nanos, unit.toNanos(timeout)) : FOREVER, TimeUnit.NANOSECONDS);
	}

	@Override
	protected @Nullable DrivenEventLoop eventLoop() {
		return (this.connection instanceof TrackedConnection tracked) ? tracked.eventLoop() : null;
	}

}
