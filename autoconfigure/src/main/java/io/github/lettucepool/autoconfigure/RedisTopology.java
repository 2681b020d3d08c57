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

package io.github.lettucepool.autoconfigure;

import java.util.List;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Cluster;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.MasterReplica;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Node;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Sentinel;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Standalone;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration.WithAuthentication;
import org.springframework.data.redis.connection.RedisNode;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.RedisStaticMasterReplicaConfiguration;
import org.springframework.util.Assert;

/**
 * Finds out where Redis is. As with Spring Boot, the first kind of which there is
 * something wins: sentinels, a cluster, a master with replicas, one server. For each kind
 * a configuration bean of the application wins over the connection details.
 * <p>
 * Follows the package-private {@code DataRedisConnectionConfiguration} of Spring Boot
 * 4.1.2.
 *
 * @param sentinel the application's own sentinel configuration
 * @param cluster the application's own cluster configuration
 * @param masterReplica the application's own configuration of a master with replicas
 * @param standalone the application's own configuration of one server
 */
record RedisTopology(@Nullable RedisSentinelConfiguration sentinel, @Nullable RedisClusterConfiguration cluster,
		@Nullable RedisStaticMasterReplicaConfiguration masterReplica,
		@Nullable RedisStandaloneConfiguration standalone) {

	/**
	 * Says where Redis is.
	 * @param details where it is, unless the application has a configuration of its own
	 * @param keys have the greatest number of redirects in a cluster
	 * @return a configuration of one of the four kinds
	 */
	RedisConfiguration resolve(DataRedisConnectionDetails details, RedisKeys keys) {
		RedisConfiguration configuration = (this.sentinel != null) ? this.sentinel : sentinel(details);
		if (configuration == null) {
			configuration = (this.cluster != null) ? this.cluster : cluster(details, keys);
		}
		if (configuration == null) {
			configuration = (this.masterReplica != null) ? this.masterReplica : masterReplica(details);
		}
		if (configuration == null) {
			configuration = (this.standalone != null) ? this.standalone : standalone(details);
		}
		return configuration;
	}

	private static @Nullable RedisSentinelConfiguration sentinel(DataRedisConnectionDetails details) {
		Sentinel sentinel = details.getSentinel();
		if (sentinel == null) {
			return null;
		}
		RedisSentinelConfiguration configuration = new RedisSentinelConfiguration();
		configuration.setMaster(sentinel.getMaster());
		configuration.setSentinels(redisNodes(sentinel.getNodes()));
		configuration.setSentinelUsername(sentinel.getUsername());
		configuration.setSentinelPassword(RedisPassword.of(sentinel.getPassword()));
		configuration.setDatabase(sentinel.getDatabase());
		return authenticated(configuration, details);
	}

	private static @Nullable RedisClusterConfiguration cluster(DataRedisConnectionDetails details, RedisKeys keys) {
		Cluster cluster = details.getCluster();
		if (cluster == null) {
			return null;
		}
		RedisClusterConfiguration configuration = new RedisClusterConfiguration();
		configuration.setClusterNodes(redisNodes(cluster.getNodes()));
		Integer maxRedirects = keys.maxRedirects();
		if (maxRedirects != null) {
			configuration.setMaxRedirects(maxRedirects);
		}
		return authenticated(configuration, details);
	}

	private static @Nullable RedisStaticMasterReplicaConfiguration masterReplica(DataRedisConnectionDetails details) {
		MasterReplica masterReplica = details.getMasterReplica();
		if (masterReplica == null) {
			return null;
		}
		List<Node> nodes = masterReplica.getNodes();
		Assert.state(!nodes.isEmpty(), "At least one node is required for master-replica configuration");
		Node first = nodes.get(0);
		RedisStaticMasterReplicaConfiguration configuration = new RedisStaticMasterReplicaConfiguration(first.host(),
				first.port());
		nodes.subList(1, nodes.size()).forEach((node) -> configuration.addNode(node.host(), node.port()));
		return authenticated(configuration, details);
	}

	private static RedisStandaloneConfiguration standalone(DataRedisConnectionDetails details) {
		Standalone standalone = details.getStandalone();
		Assert.state(standalone != null, "The Redis connection details name no server");
		RedisStandaloneConfiguration configuration = new RedisStandaloneConfiguration();
		configuration.setHostName(standalone.getHost());
		configuration.setPort(standalone.getPort());
		configuration.setDatabase(standalone.getDatabase());
		return authenticated(configuration, details);
	}

	private static <T extends WithAuthentication> T authenticated(T configuration, DataRedisConnectionDetails details) {
		configuration.setUsername(details.getUsername());
		configuration.setPassword(RedisPassword.of(details.getPassword()));
		return configuration;
	}

	private static List<RedisNode> redisNodes(List<Node> nodes) {
		return nodes.stream().map((node) -> new RedisNode(node.host(), node.port())).toList();
	}

}
