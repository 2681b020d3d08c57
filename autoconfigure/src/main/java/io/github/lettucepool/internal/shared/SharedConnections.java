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

package io.github.lettucepool.internal.shared;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

import io.lettuce.core.api.StatefulConnection;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ObjectUtils;

import io.github.lettucepool.internal.transport.InFlight;

/**
 * The open connections of the shared lane, and the choice among them.
 * <p>
 * A caller gets the less busy of two connections picked at random, which spreads the load
 * nearly as well as asking all of them, at a constant price (M. Mitzenmacher, "The Power
 * of Two Choices in Randomized Load Balancing"). The connections stand in an array that
 * is replaced, never changed, so a choice takes one volatile read and no lock. Any thread
 * may ask; the lane makes one change at a time.
 */
final class SharedConnections {

	private static final StatefulConnection<?, ?>[] NONE = {};

	private volatile StatefulConnection<?, ?>[] connections = NONE;

	private volatile StatefulConnection<?, ?>[] lastResort = NONE;

	/**
	 * Chooses a connection for the next command.
	 * @return a connected one, or {@code null} if there is none
	 */
	@Nullable StatefulConnection<?, ?> choose() {
		StatefulConnection<?, ?> chosen = chooseGood();
		return (chosen != null) ? chosen : anyConnected(this.lastResort, 0);
	}

	private @Nullable StatefulConnection<?, ?> chooseGood() {
		StatefulConnection<?, ?>[] connections = this.connections;
		int count = connections.length;
		if (count == 1) {
			return connections[0].isOpen() ? connections[0] : null;
		}
		if (count == 0) {
			return null;
		}
		ThreadLocalRandom random = ThreadLocalRandom.current();
		int first = random.nextInt(count);
		int second = random.nextInt(count - 1);
		StatefulConnection<?, ?> one = connections[first];
		StatefulConnection<?, ?> other = connections[(second >= first) ? second + 1 : second];
		if (!one.isOpen() || !other.isOpen()) {
			return anyConnected(connections, first);
		}
		return (inFlight(one) <= inFlight(other)) ? one : other;
	}

	private static @Nullable StatefulConnection<?, ?> anyConnected(StatefulConnection<?, ?>[] connections, int start) {
		for (int i = 0; i < connections.length; i++) {
			StatefulConnection<?, ?> connection = connections[(start + i) % connections.length];
			if (connection.isOpen()) {
				return connection;
			}
		}
		return null;
	}

	void add(StatefulConnection<?, ?> connection) {
		this.connections = ObjectUtils.addObjectToArray(this.connections, connection);
	}

	boolean contains(StatefulConnection<?, ?> connection) {
		return List.of(this.connections).contains(connection);
	}

	void remove(StatefulConnection<?, ?> connection) {
		this.connections = without(connection, this.connections);
	}

	private static StatefulConnection<?, ?>[] without(StatefulConnection<?, ?> connection,
			StatefulConnection<?, ?>[] connections) {
		return Arrays.stream(connections)
			.filter((other) -> other != connection)
			.toArray(StatefulConnection<?, ?>[]::new);
	}

	/**
	 * Keeps a connection that was taken out, to be chosen while nothing else is
	 * connected. One to a cluster may have lost a single node.
	 * @param connection the connection
	 */
	void keepAsLastResort(StatefulConnection<?, ?> connection) {
		this.lastResort = ObjectUtils.addObjectToArray(this.lastResort, connection);
	}

	/**
	 * Ends what {@link #keepAsLastResort} began.
	 * @param connection the connection
	 */
	void forget(StatefulConnection<?, ?> connection) {
		this.lastResort = without(connection, this.lastResort);
	}

	/**
	 * Takes all out, those that were kept as a last resort too.
	 * @return those that were among them
	 */
	StatefulConnection<?, ?>[] clear() {
		StatefulConnection<?, ?>[] before = this.connections;
		for (StatefulConnection<?, ?> kept : this.lastResort) {
			before = ObjectUtils.addObjectToArray(before, kept);
		}
		this.connections = NONE;
		this.lastResort = NONE;
		return before;
	}

	/**
	 * The connections now.
	 * @return an array that must not be changed
	 */
	StatefulConnection<?, ?>[] all() {
		return this.connections;
	}

	/**
	 * Returns how many are connected now.
	 * @return the number
	 */
	int connected() {
		return (int) Arrays.stream(this.connections).filter(StatefulConnection::isOpen).count();
	}

	/**
	 * Returns how many commands were sent and are not answered.
	 * @return the number, as far as the connections can tell
	 */
	int inFlight() {
		int inFlight = 0;
		for (StatefulConnection<?, ?> connection : this.connections) {
			inFlight += inFlight(connection);
		}
		return inFlight;
	}

	private static int inFlight(StatefulConnection<?, ?> connection) {
		return (connection instanceof InFlight busy) ? busy.inFlight() : 0;
	}

}
