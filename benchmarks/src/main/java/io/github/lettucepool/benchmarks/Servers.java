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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

import io.github.lettucepool.benchmarks.client.Target;
import io.github.lettucepool.embedded.RedisServer;

/**
 * The servers of a run, each kind started when it is first needed.
 */
final class Servers implements AutoCloseable {

	private static final int MASTERS = 3;

	private static final int SLOTS = 16384;

	private static final Duration CLUSTER_TIMEOUT = Duration.ofSeconds(20);

	private static final Duration POLL_INTERVAL = Duration.ofMillis(20);

	private final List<RedisServer> standalone = new ArrayList<>();

	private final List<RedisServer> cluster = new ArrayList<>();

	Target target(Workload workload) {
		List<RedisServer> servers = switch (workload.topology()) {
			case STANDALONE -> standalone();
			case CLUSTER -> cluster();
		};
		return new Target(workload.topology(), servers.stream().map(RedisServer::port).toList(), workload.poolSize());
	}

	private List<RedisServer> standalone() {
		if (this.standalone.isEmpty()) {
			this.standalone.add(RedisServer.builder().start());
		}
		return this.standalone;
	}

	private List<RedisServer> cluster() {
		if (this.cluster.isEmpty()) {
			for (int i = 0; i < MASTERS; i++) {
				this.cluster.add(RedisServer.builder().config("cluster-enabled", "yes").start());
			}
			formCluster();
		}
		return this.cluster;
	}

	private void formCluster() {
		RedisServer first = this.cluster.get(0);
		for (int i = 0; i < MASTERS; i++) {
			RedisServer node = this.cluster.get(i);
			node.execute("CLUSTER", "ADDSLOTSRANGE", String.valueOf(SLOTS * i / MASTERS),
					String.valueOf(SLOTS * (i + 1) / MASTERS - 1));
			node.execute("CLUSTER", "MEET", first.host(), String.valueOf(first.port()));
		}
		long deadline = System.nanoTime() + CLUSTER_TIMEOUT.toNanos();
		while (!this.cluster.stream().allMatch(Servers::knowsAllSlots)) {
			if (System.nanoTime() > deadline) {
				throw new IllegalStateException("The cluster is not complete after " + CLUSTER_TIMEOUT);
			}
			LockSupport.parkNanos(POLL_INTERVAL.toNanos());
		}
	}

	private static boolean knowsAllSlots(RedisServer node) {
		return String.valueOf(node.execute("CLUSTER", "INFO")).contains("cluster_state:ok");
	}

	@Override
	public void close() {
		this.standalone.forEach(RedisServer::close);
		this.cluster.forEach(RedisServer::close);
	}

}
