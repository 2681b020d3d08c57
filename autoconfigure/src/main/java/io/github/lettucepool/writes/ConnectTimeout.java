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

package io.github.lettucepool.writes;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.netty.channel.ConnectTimeoutException;

/**
 * How long opening a connection may take.
 *
 * @param servers where Redis is, for messages
 * @param duration how long, handshake included
 */
public record ConnectTimeout(String servers, Duration duration) {

	/**
	 * Bounds the time in which a connection is opened.
	 * @param <T> the type of the connection
	 * @param opened completes when it is open
	 * @return the same, or {@link #tooLate()}
	 */
	public <T> CompletableFuture<T> bound(CompletableFuture<T> opened) {
		return opened.orTimeout(this.duration.toMillis(), TimeUnit.MILLISECONDS)
			.exceptionallyCompose((ex) -> CompletableFuture.failedFuture(isTooLate(ex) ? tooLate() : ex));
	}

	/**
	 * Netty has the same limit for a part of opening, and either may be found first.
	 */
	private static boolean isTooLate(Throwable error) {
		Throwable root = error;
		while (root.getCause() != null) {
			root = root.getCause();
		}
		return root instanceof ConnectTimeoutException
				|| (error instanceof TimeoutException && error.getMessage() == null);
	}

	/**
	 * What opening fails with that took too long.
	 * @return a new exception
	 */
	public TimeoutException tooLate() {
		return new TimeoutException("no connection to %s within the connect timeout (%d ms)".formatted(this.servers,
				this.duration.toMillis()));
	}

}
