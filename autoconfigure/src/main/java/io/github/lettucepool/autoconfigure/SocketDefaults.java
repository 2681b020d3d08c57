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

import io.lettuce.core.SocketOptions;
import io.lettuce.core.SocketOptions.KeepAliveOptions;
import io.lettuce.core.SocketOptions.TcpUserTimeoutOptions;
import io.lettuce.core.resource.EpollProvider;
import io.lettuce.core.resource.ExtendedKeepAliveSupport;
import io.lettuce.core.resource.IOUringProvider;

/**
 * The options of sockets unless the application says otherwise: a peer that is silent
 * without having closed the connection is found by the system within half a minute, where
 * Linux alone takes two hours for an idle connection and a quarter of an hour for one
 * with data under way.
 */
final class SocketDefaults {

	private static final Duration KEEPALIVE_IDLE = Duration.ofSeconds(10);

	private static final Duration KEEPALIVE_INTERVAL = Duration.ofSeconds(5);

	private static final int KEEPALIVE_COUNT = 3;

	/**
	 * The time that the keepalive takes. It has to be the same, since the system lets the
	 * timeout overrule the count.
	 */
	private static final Duration TCP_USER_TIMEOUT = KEEPALIVE_IDLE
		.plus(KEEPALIVE_INTERVAL.multipliedBy(KEEPALIVE_COUNT));

	private SocketDefaults() {
	}

	/**
	 * Makes the options.
	 * @param connectTimeout how long connecting may take
	 * @return options that set what this platform and its transport can
	 */
	static SocketOptions create(Duration connectTimeout) {
		SocketOptions.Builder builder = SocketOptions.builder().connectTimeout(connectTimeout);
		if (ExtendedKeepAliveSupport.isSupported()) {
			builder.keepAlive(KeepAliveOptions.builder()
				.enable()
				.idle(KEEPALIVE_IDLE)
				.interval(KEEPALIVE_INTERVAL)
				.count(KEEPALIVE_COUNT)
				.build());
		}
		if (EpollProvider.isAvailable() || IOUringProvider.isAvailable()) {
			builder.tcpUserTimeout(TcpUserTimeoutOptions.builder().enable().tcpUserTimeout(TCP_USER_TIMEOUT).build());
		}
		return builder.build();
	}

}
