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

package io.github.lettucepool.sample.lab.experiments;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

import org.springframework.core.annotation.Order;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisClusterNode;
import org.springframework.stereotype.Component;

import io.github.lettucepool.PoolSnapshot;
import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;

@Component
@Order(14)
class ClusterSockets implements Experiment {

	private static final String SOCKETS = "Sockets to all nodes";

	private static final String MOST = "Sockets to one node, at most";

	private static final int CALLERS = 8;

	private static final int NODES = 3;

	private static final int SMALL = 2;

	private static final int LARGE = 8;

	@Override
	public About about() {
		return new About("cluster", "Sockets of a cluster",
				"A connection to a cluster is one to each node it talks to. What does max-size mean for three nodes?",
				List.of("max-size: 2", "max-size: 8"), "lettuce.pool.max-size",
				"docs/topologies.md#the-parts-of-a-connection");
	}

	@Override
	public Findings run(Stage stage) throws Exception {
		RedisCluster cluster = stage.use(RedisCluster.start(NODES, 0));
		Counted small = measure(stage, 0, cluster, SMALL);
		Counted large = measure(stage, 1, cluster, LARGE);
		return Findings.of(List.of(small.measured, large.measured), Findings.remember(
				large.measured.get(SOCKETS) > large.connections,
				"In a cluster, max-size counts connections, not sockets. Multiply it by the sockets that each has, "
						+ "and by your instances, before you compare it with maxclients."),
				sentence(SMALL, small), sentence(LARGE, large));
	}

	private static String sentence(int maxSize, Counted counted) {
		double sockets = counted.measured.get(SOCKETS);
		return Findings.text(
				"With max-size %d, the pool had %,.0f sockets to the three nodes (%s) for %d connections, the shared ones "
						+ "among them: %.1f each. It made %,.0f calls a second.",
				maxSize, sockets, counted.nodes, counted.connections, sockets / counted.connections,
				counted.measured.get(Measured.CALLS));
	}

	private static Counted measure(Stage stage, int side, RedisCluster cluster, int maxSize) throws Exception {
		RedisClusterConfiguration nodes = new RedisClusterConfiguration();
		for (RedisServer node : cluster.nodes()) {
			nodes.addClusterNode(new RedisClusterNode(node.host(), node.port()));
		}
		Bench bench = stage.pool(nodes, (settings) -> settings.maxSize(maxSize).maxWait(Duration.ofSeconds(5)));
		Measured measured = stage.measure(side, bench.calls(), CALLERS, Duration.ZERO, () -> {
			String queue = Work.key();
			bench.redis().opsForList().rightPush(queue, Work.VALUE);
			bench.redis().opsForList().leftPop(queue, Duration.ofSeconds(1));
		});
		PoolSnapshot snapshot = bench.pool().snapshot();
		Collection<Integer> counts = snapshot.connectionsByNode().values();
		measured = measured.with(SOCKETS, counts.stream().mapToInt(Integer::intValue).sum(), "")
			.with(MOST, counts.stream().mapToInt(Integer::intValue).max().orElse(0), "");
		stage.putAway(bench);
		return new Counted(measured, snapshot.shared().connected() + snapshot.exclusive().total(),
				counts.stream().map(String::valueOf).collect(Collectors.joining(", ")));
	}

	/**
	 * What was counted.
	 *
	 * @param measured the figures
	 * @param connections the pool's connections, of both lanes
	 * @param nodes the sockets to each node
	 */
	private record Counted(Measured measured, int connections, String nodes) {

	}

}
