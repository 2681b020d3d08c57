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
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.bootstrap.Bootstrap;
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
final class SubscriptionWatch implements NettyCustomizer {

	private static final Log logger = LogFactory.getLog(SubscriptionWatch.class);

	/**
	 * Twice as long is less than half a minute.
	 */
	private static final Duration QUIET = Duration.ofSeconds(10);

	private final NettyCustomizer delegate;

	private final Duration quiet;

	/**
	 * Creates the customizer.
	 * @param delegate the application's own customizer, which is called first
	 */
	SubscriptionWatch(NettyCustomizer delegate) {
		this(delegate, QUIET);
	}

	/**
	 * Creates the customizer.
	 * @param delegate the customizer to call first
	 * @param quiet how long a subscription may be quiet until it is PINGed, and how long
	 * that may take
	 */
	SubscriptionWatch(NettyCustomizer delegate, Duration quiet) {
		this.delegate = delegate;
		this.quiet = quiet;
	}

	@Override
	public void afterBootstrapInitialized(Bootstrap bootstrap) {
		this.delegate.afterBootstrapInitialized(bootstrap);
	}

	@Override
	public void afterChannelInitialized(Channel channel) {
		this.delegate.afterChannelInitialized(channel);
		if (channel.pipeline().get(PubSubCommandHandler.class) != null) {
			channel.pipeline().addFirst(new Quiet(this.quiet));
		}
	}

	private static final class Quiet extends IdleStateHandler {

		private Quiet(Duration quiet) {
			super(quiet.toMillis(), 0, 0, TimeUnit.MILLISECONDS);
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

}
