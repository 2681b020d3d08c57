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

package io.github.lettucepool.topology;

import java.util.stream.Collectors;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.embedded.RedisCluster;

/**
 * An application that uses a cluster, on defaults but for its address.
 */
final class ClusterApplication {

	private ClusterApplication() {
	}

	static ApplicationContextRunner of(RedisCluster cluster) {
		String nodes = cluster.nodes()
			.stream()
			.limit(3)
			.map((node) -> node.host() + ":" + node.port())
			.collect(Collectors.joining(","));
		return PooledApplication.runner().withPropertyValues("spring.data.redis.cluster.nodes=" + nodes);
	}

}
