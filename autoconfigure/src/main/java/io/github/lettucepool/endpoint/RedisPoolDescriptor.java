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

package io.github.lettucepool.endpoint;

import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;

import io.github.lettucepool.PoolServer;
import io.github.lettucepool.PoolSizing;
import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.advice.Advice;
import io.github.lettucepool.advice.PoolAdvisor;

/**
 * One pool, as the {@link RedisPoolsEndpoint} shows it. Durations are ISO-8601 texts such
 * as {@code PT3S}, whatever the application's own JSON settings are. What is {@code null}
 * is left out of the JSON.
 *
 * @param name the pool's name
 * @param server where Redis is
 * @param state whether the pool runs: {@code RUNNING}, {@code SUSPENDED} or
 * {@code STOPPED}
 * @param reachable whether Redis can be reached, or {@code null} if nothing has been
 * connected yet
 * @param connectError what connecting fails with at the moment, or {@code null}; never
 * holds a password
 * @param shared the shared lane
 * @param exclusive the exclusive lane
 * @param subscriptions how many connections are open for subscriptions
 * @param nodes the nodes of a cluster, or {@code null} if it is none or they are not
 * known
 * @param connectionsByNode how many connections are open to each node, of all lanes and
 * subscriptions, by host and port; {@code null} if there is none
 * @param sizing how the pool came to its size, or {@code null} if that is fixed
 * @param leases who has exclusive connections, the longest first
 * @param recommendedMaxSize the {@code max-size} that the observed demand calls for, or
 * {@code null} if too little was seen
 * @param advice what a person should look at
 * @param settings the settings in force, by their name under {@code lettuce.pool}
 */
public record RedisPoolDescriptor(String name, String server, String state, @Nullable Boolean reachable,
		@Nullable String connectError, SharedDescriptor shared, ExclusiveDescriptor exclusive, int subscriptions,
		@Nullable List<NodeDescriptor> nodes, @Nullable Map<String, Integer> connectionsByNode,
		@Nullable SizingDescriptor sizing, List<LeaseDescriptor> leases, @Nullable Integer recommendedMaxSize,
		List<AdviceDescriptor> advice, Map<String, SettingDescriptor> settings) implements OperationResponseBody {

	static RedisPoolDescriptor of(RedisPool pool, PoolAdvisor advisor, Map<String, SettingDescriptor> settings) {
		PoolSnapshot snapshot = pool.snapshot();
		return new RedisPoolDescriptor(pool.getName(), pool.getServer().describe(), snapshot.state().name(),
				snapshot.reachable(), snapshot.connectError(), SharedDescriptor.of(snapshot.shared()),
				ExclusiveDescriptor.of(snapshot.exclusive()), snapshot.subscriptions(),
				NodeDescriptor.of(pool.getServer()),
				snapshot.connectionsByNode().isEmpty() ? null : snapshot.connectionsByNode(),
				SizingDescriptor.of(pool.getSizing()), snapshot.leases().stream().map(LeaseDescriptor::of).toList(),
				advisor.recommendedSize(pool), advisor.advice(pool).stream().map(AdviceDescriptor::of).toList(),
				settings);
	}

	/**
	 * The shared lane.
	 *
	 * @param size how many connections the lane is to have: {@code shared-connections}
	 * for each codec in use; 0 if the lane is off
	 * @param opened how many were opened
	 * @param connected how many of those are connected now
	 * @param inFlight commands that are not answered yet
	 * @param lowLatency how many low-latency connections are open in front of the lane
	 */
	public record SharedDescriptor(int size, int opened, int connected, int inFlight, int lowLatency) {

		static SharedDescriptor of(PoolSnapshot.Shared lane) {
			return new SharedDescriptor(lane.size(), lane.opened(), lane.connected(), lane.inFlight(),
					lane.lowLatency());
		}

	}

	/**
	 * The exclusive lane.
	 *
	 * @param active connections that a borrower has
	 * @param idle connections that are ready to be borrowed
	 * @param total all connections: active, idle, and those being opened, cleaned,
	 * validated or closed
	 * @param max the greatest number of connections
	 * @param min how many are kept idle
	 * @param pending borrowers that wait
	 * @param saturated whether every connection is in use and somebody waits
	 */
	public record ExclusiveDescriptor(int active, int idle, int total, int max, int min, int pending,
			boolean saturated) {

		static ExclusiveDescriptor of(PoolSnapshot.Exclusive lane) {
			return new ExclusiveDescriptor(lane.active(), lane.idle(), lane.total(), lane.maxSize(), lane.minIdle(),
					lane.pending(), lane.saturated());
		}

	}

	/**
	 * How a pool that sizes itself came to its size.
	 *
	 * @param size the size now
	 * @param min the smallest size
	 * @param limit the greatest size
	 * @param mayGrow whether the size can still grow if borrowers wait
	 * @param reason why the size is what it is
	 * @param changes the last changes, the latest first
	 */
	public record SizingDescriptor(int size, int min, int limit, boolean mayGrow, String reason,
			List<ChangeDescriptor> changes) {

		static @Nullable SizingDescriptor of(@Nullable PoolSizing sizing) {
			return (sizing != null) ? new SizingDescriptor(sizing.size(), sizing.min(), sizing.limit(),
					sizing.mayGrow(), sizing.reason(), sizing.changes().stream().map(ChangeDescriptor::of).toList())
					: null;
		}

	}

	/**
	 * A change of the size.
	 *
	 * @param time when it was, in ISO-8601
	 * @param from the size before
	 * @param to the size after
	 * @param reason why
	 */
	public record ChangeDescriptor(String time, int from, int to, String reason) {

		static ChangeDescriptor of(PoolSizing.Change change) {
			return new ChangeDescriptor(change.time().truncatedTo(ChronoUnit.MILLIS).toString(), change.from(),
					change.to(), change.reason());
		}

	}

	/**
	 * A node of a cluster.
	 *
	 * @param address host and port
	 * @param role {@code master} or {@code replica}
	 * @param failed whether the cluster thinks that it has failed
	 */
	public record NodeDescriptor(String address, String role, boolean failed) {

		static @Nullable List<NodeDescriptor> of(PoolServer server) {
			List<PoolServer.Node> nodes = server.nodes();
			return nodes.isEmpty() ? null : nodes.stream()
				.map((node) -> new NodeDescriptor(node.address(), node.master() ? "master" : "replica", node.failed()))
				.toList();
		}

	}

	/**
	 * A borrow under way.
	 *
	 * @param thread the name of the thread that borrowed the connection
	 * @param age how long it has had it, to the millisecond
	 * @param stack where it was borrowed, one line for each frame, or {@code null} unless
	 * {@code leak-detection-threshold} is set
	 */
	public record LeaseDescriptor(String thread, String age, @Nullable List<String> stack) {

		static LeaseDescriptor of(PoolSnapshot.Lease lease) {
			return new LeaseDescriptor(lease.thread(), lease.age().truncatedTo(ChronoUnit.MILLIS).toString(),
					lease.stack().isEmpty() ? null : lease.stack());
		}

	}

	/**
	 * Something that a person should look at.
	 *
	 * @param topic what it is about, for example {@code max-size}
	 * @param text what was seen, and what to do about it
	 * @param recommended the value to give to the key that the topic is named after, or
	 * {@code null} if there is no single right one
	 */
	public record AdviceDescriptor(String topic, String text, @Nullable Object recommended) {

		static AdviceDescriptor of(Advice advice) {
			return new AdviceDescriptor(advice.topic().id(), advice.text(), advice.recommended());
		}

	}

}
