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

package io.github.lettucepool.autoconfigure;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.pubsub.PubSubCommandHandler;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Finds a silent peer of a subscription. Nobody sends anything on such a connection, so a
 * quiet one is PINGed; when that is not answered either, it is closed, and Lettuce opens
 * it anew and subscribes again.
 */
final class SubscriptionWatch extends IdleStateHandler {

	private static final Log logger = LogFactory.getLog(SubscriptionWatch.class);

	private SubscriptionWatch(Duration quiet) {
		super(quiet.toMillis(), 0, 0, TimeUnit.MILLISECONDS);
	}

	/**
	 * Watches a connection, if it is a subscription's.
	 * @param channel the connection
	 * @param quiet how long it may be quiet until it is PINGed, and how long that may
	 * take
	 */
	static void addTo(Channel channel, Duration quiet) {
		if (channel.pipeline().get(PubSubCommandHandler.class) != null) {
			channel.pipeline().addFirst(new SubscriptionWatch(quiet));
		}
	}

	@Override
	protected void channelIdle(ChannelHandlerContext context, IdleStateEvent event) {
		if (event.isFirst()) {
			context.channel().writeAndFlush(new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8)));
			return;
		}
		logger.warn("%s has not answered a PING; the subscription is opened anew"
			.formatted(context.channel().remoteAddress()));
		context.close();
	}

}
