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
import java.util.List;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

/**
 * The server to which the connections of a pool lead. Thread-safe; no method waits for
 * the server.
 */
public interface PoolServer {

	/**
	 * The place of Redis: a host with its port, or the nodes, or the master's name with
	 * its sentinels.
	 * @return a text for people; no password
	 */
	String describe();

	/**
	 * Returns how long a command may take ({@code spring.data.redis.timeout}).
	 * @return the command timeout
	 */
	Duration getTimeout();

	/**
	 * Asks the server for INFO, over a shared connection, or, where there is none, over
	 * one that is opened for it. No connection is borrowed.
	 * @return completes with the answer, in a cluster with that to CLUSTER INFO behind it
	 * if this user may ask, or with what connecting or asking failed with
	 */
	CompletionStage<String> info();

	/**
	 * Asks the server how many clients it has and may have, by INFO. No connection is
	 * borrowed for that.
	 * @return completes with the answer, with {@code null} if nothing is connected or the
	 * server does not tell, or with what asking failed with
	 */
	CompletionStage<@Nullable Clients> askForClients();

	/**
	 * The nodes of a cluster, as the pool's connections saw them last.
	 * @return the nodes in the order of their addresses; empty if this is no cluster, or
	 * the shared lane is off or not connected
	 */
	List<Node> nodes();

	/**
	 * A node of a cluster.
	 *
	 * @param address host and port
	 * @param master whether it is a master, not a replica
	 * @param failed whether the cluster thinks that it has failed
	 */
	record Node(String address, boolean master, boolean failed) {

	}

	/**
	 * The clients of a server.
	 *
	 * @param server what tells this server from others: its run id, or else where it is
	 * @param connected how many are connected, those of other applications included
	 * @param max how many may be connected ({@code maxclients})
	 */
	record Clients(String server, int connected, int max) {

	}

}
