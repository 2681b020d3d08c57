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

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Finds out that a peer has fallen silent: it owes replies and sends nothing, not even
 * the end of the connection. A host that was cut off does so, and a process that was
 * stopped; TCP alone would notice the first after a quarter of an hour, the second never.
 * <p>
 * To be used on the event loop of its channel only.
 */
final class Silence extends ChannelInboundHandlerAdapter {

	/**
	 * A server may well be busy for a part of a second, whatever the timeout is.
	 */
	static final Duration MIN_DURATION = Duration.ofSeconds(1);

	private boolean owing;

	private long owingSince;

	private long lastRead = System.nanoTime();

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		this.lastRead = System.nanoTime();
		context.fireChannelRead(message);
	}

	/**
	 * Returns whether the peer has been silent for too long. To be asked regularly.
	 * @param owing whether replies are outstanding and would be read
	 * @param now the time in nanoseconds
	 * @param timeout how long a reply may take
	 * @return {@code true} if nothing has come for the timeout, and for
	 * {@link #MIN_DURATION}, during which something was owed all the time
	 */
	boolean isTooLong(boolean owing, long now, Duration timeout) {
		if (owing && !this.owing) {
			this.owingSince = now;
		}
		this.owing = owing;
		long since = (this.owingSince - this.lastRead > 0) ? this.owingSince : this.lastRead;
		return owing && now - since > Math.max(timeout.toNanos(), MIN_DURATION.toNanos());
	}

}
