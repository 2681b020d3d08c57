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

import java.util.List;
import java.util.stream.Collectors;

import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.SharedRedis;

/**
 * The kinds of set-ups that a test goes through, on the servers that all tests share.
 */
enum Topology {

	/**
	 * One server.
	 */
	STANDALONE {

		@Override
		ApplicationContextRunner application() {
			return of("spring.data.redis.host=" + SharedRedis.sentinels().master().host(),
					"spring.data.redis.port=" + SharedRedis.sentinels().master().port());
		}

	},

	/**
	 * A master that sentinels know.
	 */
	SENTINELS {

		@Override
		ApplicationContextRunner application() {
			RedisSentinelSet set = SharedRedis.sentinels();
			return of("spring.data.redis.sentinel.master=" + set.masterName(),
					"spring.data.redis.sentinel.nodes=" + addresses(set.sentinels()));
		}

	},

	/**
	 * A cluster.
	 */
	CLUSTER {

		@Override
		ApplicationContextRunner application() {
			return ClusterApplication.of(SharedRedis.cluster());
		}

		@Override
		List<RedisServer> servers() {
			return SharedRedis.cluster().nodes();
		}

	},

	/**
	 * A master and replicas whose addresses are given.
	 */
	MASTER_AND_REPLICAS {

		@Override
		ApplicationContextRunner application() {
			return of("spring.data.redis.masterreplica.nodes=" + addresses(SharedRedis.sentinels().servers()));
		}

	};

	/**
	 * An application that uses the servers.
	 * @return the application, with no settings but where they are
	 */
	abstract ApplicationContextRunner application();

	/**
	 * The servers that connections may lead to.
	 * @return the servers
	 */
	List<RedisServer> servers() {
		return SharedRedis.sentinels().servers();
	}

	static String addresses(List<RedisServer> servers) {
		return servers.stream().map((server) -> server.host() + ":" + server.port()).collect(Collectors.joining(","));
	}

	static ApplicationContextRunner of(String... properties) {
		return PooledApplication.runner().withPropertyValues(properties);
	}

}
