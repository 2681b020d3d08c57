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

package io.github.lettucepool.embedded.junit;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RedisServerBuilder;
import io.github.lettucepool.embedded.TestCertificates;

/**
 * What a test asks for.
 *
 * @param type the type of the field or parameter
 * @param name the name, if there is more than one of the kind
 * @param password the password, or an empty string
 * @param config lines of the configuration
 * @param hosts what its certificate is for; empty if it does not speak TLS
 * @param masters the masters of a cluster
 * @param replicas the replicas of each master
 */
record Asked(Class<?> type, String name, String password, List<String> config, List<String> hosts, int masters,
		int replicas) {

	private static final Map<List<Object>, TestCertificates> certificates = new HashMap<>();

	/**
	 * What a test asks for that says nothing else but lines of the configuration.
	 */
	static Asked anyOf(Class<?> type, String... config) {
		return new Asked(type, "", "", List.of(config), List.of(), 3, 1);
	}

	static Asked of(Class<?> type, Redis redis) {
		return new Asked(type, redis.value(), redis.password(), List.of(redis.config()),
				redis.tls() ? List.of(redis.hosts()) : List.of(), redis.masters(), redis.replicas());
	}

	Started start() {
		if (this.type == RedisCluster.class) {
			RedisCluster cluster = RedisCluster.start(this.masters, this.replicas, this::configure);
			return new Started(cluster, cluster.nodes(), cluster::awaitHealth, cluster::close);
		}
		if (this.type == RedisSentinelSet.class) {
			RedisSentinelSet set = RedisSentinelSet.start(this::configure);
			return new Started(set, set.servers(), set::awaitHealth, set::close);
		}
		if (this.type == RedisServer.class) {
			RedisServer server = configure(RedisServer.builder()).start();
			return new Started(server, List.of(server), server::start, server::close);
		}
		throw new IllegalArgumentException(
				"%s is none of RedisServer, RedisCluster and RedisSentinelSet".formatted(this.type));
	}

	private RedisServerBuilder configure(RedisServerBuilder builder) {
		if (!this.password.isEmpty()) {
			builder.password(this.password);
		}
		if (!this.hosts.isEmpty()) {
			builder.tls(certificates(this.name, this.hosts));
		}
		for (String line : this.config) {
			String[] words = line.split(" ");
			builder.config(words[0], List.of(words).subList(1, words.length).toArray(String[]::new));
		}
		return builder;
	}

	private static synchronized TestCertificates certificates(String name, List<String> hosts) {
		return certificates.computeIfAbsent(List.of(name, hosts),
				(key) -> TestCertificates.forHosts(hosts.toArray(String[]::new)));
	}

}
