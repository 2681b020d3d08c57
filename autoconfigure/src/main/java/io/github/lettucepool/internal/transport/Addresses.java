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

package io.github.lettucepool.internal.transport;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;

/**
 * Writes addresses for people, each in one way only: host and port, an IPv6 address in
 * brackets and as short as possible.
 */
public final class Addresses {

	private static final Pattern OF_JAVA = Pattern
		.compile("(\\[[0-9A-Fa-f:.%]+]|[^\\s/\\[\\]'\",;()]+)/<unresolved>:(\\d{1,5})"
				+ "|(?<![\\w.>\\]/])/(\\[[0-9A-Fa-f:.]+(?:%\\w+)?]|\\d+\\.\\d+\\.\\d+\\.\\d+):(\\d{1,5})");

	private Addresses() {
	}

	/**
	 * An address.
	 * @param host a name or a literal; an IPv6 address with brackets or without
	 * @param port the port
	 * @return host and port
	 */
	public static String of(@Nullable String host, int port) {
		if (host == null || host.indexOf(':') < 0) {
			return host + ":" + port;
		}
		String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
		Inet6Address address = NetUtil.getByName(bare, false);
		return "[" + ((address != null) ? NetUtil.toAddressString(address) : bare) + "]:" + port;
	}

	/**
	 * The address of a socket.
	 * @param address the address
	 * @return host and port, or the path of a Unix domain socket
	 */
	public static String of(@Nullable SocketAddress address) {
		return (address instanceof InetSocketAddress inet) ? of(inet.getHostString(), inet.getPort())
				: String.valueOf(address);
	}

	/**
	 * A text of Java's or of a library's.
	 * @param text the text
	 * @return the same, with the addresses in it as all others are
	 */
	public static String in(String text) {
		return OF_JAVA.matcher(text)
			.replaceAll((found) -> Matcher
				.quoteReplacement((found.group(1) != null) ? of(found.group(1), Integer.parseInt(found.group(2)))
						: of(found.group(3), Integer.parseInt(found.group(4)))));
	}

}
