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
import java.util.List;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.NettyCustomizer;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.boot.data.redis.autoconfigure.ClientResourcesBuilderCustomizer;

import io.github.lettucepool.internal.pool.RetryDelay;

/**
 * The client resources of an application that brings none: Lettuce's own, with what the
 * pool adds to them.
 * <ul>
 * <li>A lost connection is opened again within a second of the server's return
 * ({@link RetryDelay}). Lettuce by itself waits longer and longer, up to 30 seconds. A
 * customizer may set another delay.</li>
 * <li>{@link ConnectionHandlers}. A {@link NettyCustomizer} that a customizer sets goes
 * on working.</li>
 * </ul>
 */
final class PooledClientResources extends DefaultClientResources {

	private static final Log logger = LogFactory.getLog(PooledClientResources.class);

	private static final Delay RECONNECT_DELAY = new Delay() {

		@Override
		public Duration createDelay(long attempt) {
			return RetryDelay.afterLoss(attempt);
		}

	};

	private final NettyCustomizer nettyCustomizer;

	private PooledClientResources(Builder builder) {
		super(builder);
		this.nettyCustomizer = new ConnectionHandlers(super.nettyCustomizer());
	}

	@Override
	public NettyCustomizer nettyCustomizer() {
		return this.nettyCustomizer;
	}

	/**
	 * Makes the client resources.
	 * @param customizers the application's customizers, in the order to call them
	 * @return new client resources; whoever asked for them shuts them down
	 */
	static DefaultClientResources create(List<ClientResourcesBuilderCustomizer> customizers) {
		Builder builder = DefaultClientResources.builder();
		builder.reconnectDelay(RECONNECT_DELAY);
		customizers.forEach((customizer) -> customizer.customize(builder));
		return new PooledClientResources(builder);
	}

	/**
	 * Says what is missing from client resources that the application brought.
	 * @param clientResources the client resources that are used
	 */
	static void reportMissing(ClientResources clientResources) {
		if (clientResources instanceof PooledClientResources) {
			return;
		}
		logger.info("Using the application's own ClientResources bean: "
				+ "flush consolidation is not installed, silent peers of subscriptions are not found, and its reconnect delay decides how soon a lost connection is back");
	}

}
