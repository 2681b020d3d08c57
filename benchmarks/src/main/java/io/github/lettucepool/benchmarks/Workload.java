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

package io.github.lettucepool.benchmarks;

import java.util.Arrays;
import java.util.List;

import io.github.lettucepool.benchmarks.client.Client;
import io.github.lettucepool.benchmarks.client.Contestant;
import io.github.lettucepool.benchmarks.client.Target.Topology;

/**
 * What the callers do.
 */
public enum Workload {

	/**
	 * Seven reads for one write, small values.
	 */
	GET_SET("get-set", "GET/SET 7:1, 100 B"),

	/**
	 * Seven reads for one write, large values.
	 */
	LARGE_VALUES("large-values", "GET/SET 7:1, 10 KB"),

	/**
	 * A counter for each caller.
	 */
	INCREMENT("incr", "INCR"),

	/**
	 * A transaction of three commands.
	 */
	TRANSACTION("multi-exec", "MULTI, SET, INCR, GET, EXEC"),

	/**
	 * A hundred commands at once.
	 */
	PIPELINE("pipeline", "a pipeline of 100 GET/SET 7:1, 100 B"),

	/**
	 * Callers in pairs hand an element to and fro. No more callers than a pool has
	 * connections: each pair may block one and use another.
	 */
	HAND_OFF("blpop", "RPUSH to a caller in BLPOP, which hands it back", 16),

	/**
	 * Eight callers for each connection of a pool that every command borrows from.
	 */
	SATURATED("saturated", "GET/SET 7:1, 100 B, every command borrows one of 8 connections", 64),

	/**
	 * Small values on a cluster.
	 */
	CLUSTER("cluster", "GET/SET 7:1, 100 B, cluster of three masters");

	/**
	 * The default of lettuce.pool.max-size.
	 */
	private static final int POOL_SIZE = 16;

	private static final int SMALL = 100;

	private static final int LARGE = 10_000;

	private final String id;

	private final String description;

	private final int fixedCallers;

	Workload(String id, String description) {
		this(id, description, 0);
	}

	Workload(String id, String description, int fixedCallers) {
		this.id = id;
		this.description = description;
		this.fixedCallers = fixedCallers;
	}

	/**
	 * The name in options and reports.
	 * @return the name
	 */
	public String id() {
		return this.id;
	}

	/**
	 * What one operation is.
	 * @return a line for the report
	 */
	public String description() {
		return this.description;
	}

	Topology topology() {
		return (this == CLUSTER) ? Topology.CLUSTER : Topology.STANDALONE;
	}

	int poolSize() {
		return (this == SATURATED) ? 8 : POOL_SIZE;
	}

	boolean admits(Contestant contestant) {
		return this != SATURATED || contestant.pooled();
	}

	/**
	 * The callers that this workload runs with.
	 * @param wanted the callers asked for
	 * @return these, or where the workload fixes the number, that number of each kind
	 */
	List<Callers> callers(List<Callers> wanted) {
		if (this.fixedCallers == 0) {
			return wanted;
		}
		return wanted.stream().map((callers) -> new Callers(this.fixedCallers, callers.virtual())).distinct().toList();
	}

	/**
	 * A prefix for keys. What a hand-off left in its lists must not be the next round's.
	 * @param contestant who uses the keys
	 * @param round the number of the round
	 * @return the prefix, to be followed by a caller's number
	 */
	String keys(Contestant contestant, int round) {
		return contestant.id() + ":" + this.id + ":" + ((this == HAND_OFF) ? round + ":" : "");
	}

	/**
	 * Makes what one caller does, and writes the values that it will read.
	 * @param client the contestant
	 * @param caller the caller's number, from 0
	 * @param keys a prefix for keys
	 * @return the operation
	 */
	Operation prepare(Client client, int caller, String keys) {
		return switch (this) {
			case GET_SET, SATURATED, CLUSTER -> new ReadsAndWrites(client, new Values(keys, SMALL));
			case LARGE_VALUES -> new ReadsAndWrites(client, new Values(keys, LARGE));
			case INCREMENT -> new Increments(client, keys);
			case TRANSACTION -> new Transactions(client.forCaller(caller), new Values(keys, SMALL), keys);
			case PIPELINE -> new Pipelines(client.forCaller(caller), new Values(keys, SMALL));
			case HAND_OFF -> HandOff.of(client.forCaller(caller), caller, keys);
		};
	}

	static List<String> ids() {
		return Arrays.stream(values()).map(Workload::id).toList();
	}

}
