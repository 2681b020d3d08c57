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
import java.util.function.IntPredicate;

import org.jspecify.annotations.Nullable;

/**
 * Finds ports that nobody listens on now. Somebody else may take one before it is used,
 * so be ready to ask again. They lie below the range that systems take outgoing ports
 * from: a server that is started again finds its port free, however many connections were
 * opened meanwhile. Virtual machines that run side by side choose from different ones, so
 * that none takes the port of another's server that is away for a moment.
 */
public final class FreePort {

	private static final int FIRST = 15_008;

	private static final int LAST = 32_767;

	private static final int BUS_OFFSET = 10_000;

	/** Divides the first port, the bus offset and the number of ports. */
	private static final int SHARES = 16;

	/** How many of them belong to the forks of a build. */
	private static final int FORKS = 4;

	private static final int SHARE = share(System.getProperty("surefire.forkNumber"), ProcessHandle.current().pid());

	private static final int ATTEMPTS = 1_000;

	private FreePort() {
	}

	static int share(@Nullable String fork, long pid) {
		return (fork != null) ? Integer.parseInt(fork) % FORKS : (int) (FORKS + pid % (SHARES - FORKS));
	}

	/**
	 * Any free port on the loopback interface.
	 * @return the port
	 * @throws EmbeddedRedisException if none was found
	 */
	public static int any() {
		return find(LAST, FreePort::isFree);
	}

	/**
	 * A free port for a cluster node, below 22768, whose bus listens 10000 above.
	 * @return the port
	 * @throws EmbeddedRedisException if none was found
	 */
	public static int forClusterNode() {
		return find(LAST - BUS_OFFSET, (port) -> isFree(port) && isFree(port + BUS_OFFSET));
	}

	private static int find(int last, IntPredicate condition) {
		return ThreadLocalRandom.current()
			.ints(ATTEMPTS, FIRST, last + 1)
			.map((port) -> port - port % SHARES + SHARE)
			.filter(condition)
			.findFirst()
			.orElseThrow(() -> new EmbeddedRedisException(
					"No free port on the loopback interface from %d to %d".formatted(FIRST, last), null));
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
