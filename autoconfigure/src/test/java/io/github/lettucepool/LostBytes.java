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

import java.util.concurrent.atomic.AtomicBoolean;

import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

/**
 * Loses the next bytes that any connection receives, as if there were no memory for them.
 */
public final class LostBytes implements NettyCustomizer {

	private final AtomicBoolean awaited = new AtomicBoolean();

	/**
	 * From now on, the next bytes are lost.
	 */
	public void loseNext() {
		this.awaited.set(true);
	}

	/**
	 * Whether the bytes have not come yet.
	 * @return whether they are still to be lost
	 */
	public boolean isAwaited() {
		return this.awaited.get();
	}

	@Override
	public void afterChannelInitialized(Channel channel) {
		String reader = channel.pipeline().context(CommandHandler.class).name();
		channel.pipeline().addBefore(reader, null, new ChannelInboundHandlerAdapter() {

			@Override
			public void channelRead(ChannelHandlerContext context, Object message) {
				if (LostBytes.this.awaited.compareAndSet(true, false)) {
					ReferenceCountUtil.release(message);
					throw new OutOfMemoryError("for the test");
				}
				context.fireChannelRead(message);
			}

		});
	}

}
