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

package io.github.lettucepool.internal.engine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import org.jspecify.annotations.Nullable;

/**
 * The clients of the exclusive lane.
 *
 * @param ordinary for connections that event loops serve
 * @param driven for connections that callers drive, or {@code null} if there are none
 */
public record ExclusiveClients(AbstractRedisClient ordinary, @Nullable AbstractRedisClient driven) {

	/**
	 * Lettuce waits for connections that are being opened, which may take long.
	 */
	private static final Duration SHUTDOWN_GRACE = Duration.ofSeconds(1);

	public void addListener(RedisConnectionStateListener listener) {
		this.ordinary.addListener(listener);
		if (this.driven != null) {
			this.driven.addListener(listener);
		}
	}

	/**
	 * Closes what is open.
	 * @param timeout how long to wait
	 */
	void shutdown(Duration timeout) {
		CompletableFuture<Void> end = shutdown(this.ordinary, timeout);
		if (this.driven != null) {
			end = CompletableFuture.allOf(end, shutdown(this.driven, timeout));
		}
		end.join();
	}

	private static CompletableFuture<Void> shutdown(AbstractRedisClient client, Duration timeout) {
		long millis = Math.max(1, timeout.toMillis());
		return client.shutdownAsync(0, millis, TimeUnit.MILLISECONDS)
			.completeOnTimeout(null, millis + SHUTDOWN_GRACE.toMillis(), TimeUnit.MILLISECONDS);
	}

}
