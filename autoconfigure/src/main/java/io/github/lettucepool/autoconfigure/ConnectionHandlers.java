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

import io.lettuce.core.resource.NettyCustomizer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslHandler;

import io.github.lettucepool.internal.driven.DrivenEventLoop;

/**
 * Adds the pool's handlers to the connections that Lettuce opens: a
 * {@link SubscriptionWatch} to subscriptions, and to each that an event loop's thread
 * serves one that lets writes which queue up while the event loop is busy leave in one
 * flush.
 * <p>
 * The latter sits as close to the network as it can, but behind TLS: there a flush is
 * what makes a TLS record, so joining flushes before TLS joins records too.
 *
 * @param delegate the application's own customizer, which is called first
 */
record ConnectionHandlers(NettyCustomizer delegate) implements NettyCustomizer {

	private static final int FLUSHES_AT_MOST = 256;

	/**
	 * PINGed after this, closed after as long again: within the 30 s that docs/tuning.md
	 * promises.
	 */
	private static final Duration QUIET = Duration.ofSeconds(10);

	@Override
	public void afterBootstrapInitialized(Bootstrap bootstrap) {
		this.delegate.afterBootstrapInitialized(bootstrap);
	}

	@Override
	public void afterChannelInitialized(Channel channel) {
		this.delegate.afterChannelInitialized(channel);
		SubscriptionWatch.addTo(channel, QUIET);
		ChannelPipeline pipeline = channel.pipeline();
		if (pipeline.get(FlushConsolidationHandler.class) != null || channel.eventLoop() instanceof DrivenEventLoop) {
			// A caller who drives a connection has nobody else's writes to wait for.
			return;
		}
		FlushConsolidationHandler handler = new FlushConsolidationHandler(FLUSHES_AT_MOST, true);
		ChannelHandlerContext tls = pipeline.context(SslHandler.class);
		if (tls != null) {
			pipeline.addAfter(tls.name(), null, handler);
		}
		else {
			pipeline.addFirst(handler);
		}
	}

}
