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

import java.util.ArrayList;
import java.util.List;

import javax.net.ssl.SSLContext;

import io.lettuce.core.resource.NettyCustomizer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslHandler;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ConnectionHandlers}.
 */
@Tag("unit")
class ConnectionHandlersTests {

	private static final NettyCustomizer NONE = new NettyCustomizer() {
	};

	private final ChannelHandler lettuce = new ChannelInboundHandlerAdapter();

	private final EmbeddedChannel connection = new EmbeddedChannel();

	@Test
	void theHandlerSitsBetweenTheNetworkAndLettuce() {
		this.connection.pipeline().addLast(this.lettuce);
		new ConnectionHandlers(NONE).afterChannelInitialized(this.connection);
		List<ChannelHandler> handlers = handlers();
		assertThat(handlers.get(0)).isInstanceOf(FlushConsolidationHandler.class);
		assertThat(handlers.get(1)).isSameAs(this.lettuce);
	}

	@Test
	void theHandlerSitsBetweenTlsAndLettuce() throws Exception {
		SslHandler tls = tls();
		this.connection.pipeline().addLast(tls, this.lettuce);
		new ConnectionHandlers(NONE).afterChannelInitialized(this.connection);
		List<ChannelHandler> handlers = handlers();
		assertThat(handlers.get(0)).isSameAs(tls);
		assertThat(handlers.get(1)).isInstanceOf(FlushConsolidationHandler.class);
		assertThat(handlers.get(2)).isSameAs(this.lettuce);
	}

	@Test
	void theHandlerSitsBehindTlsThatTheApplicationAdds() throws Exception {
		SslHandler tls = tls();
		this.connection.pipeline().addLast(this.lettuce);
		new ConnectionHandlers(new NettyCustomizer() {

			@Override
			public void afterChannelInitialized(Channel channel) {
				channel.pipeline().addFirst(tls);
			}

		}).afterChannelInitialized(this.connection);
		List<ChannelHandler> handlers = handlers();
		assertThat(handlers.get(0)).isSameAs(tls);
		assertThat(handlers.get(1)).isInstanceOf(FlushConsolidationHandler.class);
		assertThat(handlers.get(2)).isSameAs(this.lettuce);
	}

	@Test
	void aHandlerThatTheApplicationAddsIsLeftAlone() {
		FlushConsolidationHandler own = new FlushConsolidationHandler();
		this.connection.pipeline().addLast(own);
		new ConnectionHandlers(NONE).afterChannelInitialized(this.connection);
		assertThat(handlers()).filteredOn(FlushConsolidationHandler.class::isInstance).containsExactly(own);
	}

	@Test
	void eachConnectionHasItsOwnHandler() {
		ConnectionHandlers customizer = new ConnectionHandlers(NONE);
		customizer.afterChannelInitialized(this.connection);
		EmbeddedChannel other = new EmbeddedChannel();
		customizer.afterChannelInitialized(other);
		assertThat(other.pipeline().get(FlushConsolidationHandler.class)).isNotNull()
			.isNotSameAs(this.connection.pipeline().get(FlushConsolidationHandler.class));
	}

	@Test
	void theApplicationsCustomizerSeesTheBootstrap() {
		List<Bootstrap> seen = new ArrayList<>();
		Bootstrap bootstrap = new Bootstrap();
		new ConnectionHandlers(new NettyCustomizer() {

			@Override
			public void afterBootstrapInitialized(Bootstrap bootstrap) {
				seen.add(bootstrap);
			}

		}).afterBootstrapInitialized(bootstrap);
		assertThat(seen).containsExactly(bootstrap);
	}

	private List<ChannelHandler> handlers() {
		return new ArrayList<>(this.connection.pipeline().toMap().values());
	}

	private SslHandler tls() throws Exception {
		return new SslHandler(SSLContext.getDefault().createSSLEngine());
	}

}
