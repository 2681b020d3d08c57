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

package io.github.lettucepool.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds ports that nobody listens on now. Somebody else may take one before it is used,
 * so be ready to ask again.
 */
public final class FreePort {

	private static final int FIRST_CLUSTER_PORT = 15_000;

	private static final int LAST_CLUSTER_PORT = 22_767;

	private static final int BUS_OFFSET = 10_000;

	private FreePort() {
	}

	/**
	 * Any free port on the loopback interface.
	 * @return the port
	 */
	public static int any() {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("No free port on the loopback interface", ex);
		}
	}

	/**
	 * A free port for a cluster node, whose bus listens 10000 above. It lies below the
	 * range that systems take outgoing ports from.
	 * @return the port
	 */
	public static int forClusterNode() {
		for (int attempt = 0; attempt < 1000; attempt++) {
			int port = ThreadLocalRandom.current().nextInt(FIRST_CLUSTER_PORT, LAST_CLUSTER_PORT + 1);
			if (isFree(port) && isFree(port + BUS_OFFSET)) {
				return port;
			}
		}
		throw new EmbeddedRedisException(
				"No free port for a cluster node from %d to %d".formatted(FIRST_CLUSTER_PORT, LAST_CLUSTER_PORT), null);
	}

	/**
	 * Whether nobody listens on a port of the loopback interface.
	 * @param port the port
	 * @return {@code true} if it is free
	 */
	public static boolean isFree(int port) {
		try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
			return socket.isBound();
		}
		catch (IOException ex) {
			return false;
		}
	}

}
