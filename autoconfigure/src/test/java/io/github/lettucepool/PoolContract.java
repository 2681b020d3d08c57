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
package io.github.lettucepool;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

import io.lettuce.core.RedisURI;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration.LettuceClientConfigurationBuilder;

import io.github.lettucepool.embedded.RedisServer;

/**
 * What each part of the contract is tested with.
 */
interface PoolContract {

	/**
	 * A PING takes as long as this machine is busy.
	 */
	Duration PATIENT = Duration.ofSeconds(30);

	/**
	 * The server that the exclusive connections go to.
	 * @return the server
	 */
	RedisServer server();

	/**
	 * How the tests borrow.
	 * @return the codec
	 */
	Codec codec();

	/**
	 * Loses bytes that connections receive.
	 * @return belongs to all pools of the test
	 */
	LostBytes lostBytes();

	/**
	 * Makes a pool that does not run yet and is closed after the test.
	 * @param settings changes the settings that a test starts from: no shared lane,
	 * borrowers that wait for longer than any test, and connections that are PINGed late
	 * and may answer late
	 * @param client changes how Lettuce connects
	 * @return the pool
	 */
	TestedPool create(UnaryOperator<PoolSettings.Builder> settings,
			UnaryOperator<LettuceClientConfigurationBuilder> client);

	default TestedPool create(UnaryOperator<PoolSettings.Builder> settings) {
		return create(settings, UnaryOperator.identity());
	}

	default TestedPool start(UnaryOperator<PoolSettings.Builder> settings,
			UnaryOperator<LettuceClientConfigurationBuilder> client) {
		TestedPool pool = create(settings, client);
		pool.factory().start();
		return pool;
	}

	default TestedPool start(UnaryOperator<PoolSettings.Builder> settings) {
		return start(settings, UnaryOperator.identity());
	}

	/**
	 * The server's address.
	 * @return the address
	 */
	default RedisURI node() {
		return RedisURI.create(server().host(), server().port());
	}

	/**
	 * How many connections a pool should have to the server.
	 * @param snapshot the pool's figures
	 * @return the number
	 */
	default int connections(PoolSnapshot snapshot) {
		return snapshot.exclusive().total() + snapshot.shared().opened() + snapshot.shared().lowLatency();
	}

	/**
	 * How many connections the server has.
	 * @return the number
	 */
	default int connections() {
		return server().clients().size();
	}

	/**
	 * How many sockets are opened for the first connections, when these are opened
	 * together.
	 * @param connections how many are opened
	 * @return the number
	 */
	default int firstSockets(int connections) {
		return connections;
	}

	/**
	 * Closes all connections on the server's side.
	 */
	default void killConnections() {
		server().execute("CLIENT", "KILL", "TYPE", "normal");
	}

	/**
	 * Forgets which commands were called.
	 */
	default void resetCalls() {
		server().execute("CONFIG", "RESETSTAT");
	}

	/**
	 * How often each command was called, but for those that the tests look at the server
	 * with.
	 * @return the number of calls for each command
	 */
	default Map<String, Integer> calls() {
		Map<String, Integer> calls = new TreeMap<>();
		// Servers before 7.0 do not tell what of CONFIG it is.
		List<String> own = List.of("info", "config", "config|resetstat", "client|id", "client|list", "client|kill");
		for (String line : new ArrayList<>(String.valueOf(server().execute("INFO", "commandstats")).lines().toList())) {
			if (line.startsWith("cmdstat_")) {
				String command = line.substring("cmdstat_".length(), line.indexOf(':'));
				int count = Integer.parseInt(line.substring(line.indexOf("calls=") + 6, line.indexOf(',')));
				if (!own.contains(command)) {
					calls.put(command, count);
				}
			}
		}
		return calls;
	}

	default int calls(String command) {
		return calls().getOrDefault(command, 0);
	}

}
