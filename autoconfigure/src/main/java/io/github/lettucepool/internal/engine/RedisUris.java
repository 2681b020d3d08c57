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

package io.github.lettucepool.internal.engine;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisNode;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConverters;
import org.springframework.util.StringUtils;

import io.github.lettucepool.internal.transport.Addresses;

/**
 * Makes Lettuce's address of a server from Spring Data's configurations, with everything
 * that they say about connecting.
 */
final class RedisUris {

	private RedisUris() {
	}

	/**
	 * The address of what a client without a cluster connects to.
	 * @param configuration where Redis is
	 * @param client how to connect
	 * @return the address; one without a host for a static master with replicas, whose
	 * nodes each have their own
	 */
	static RedisURI of(RedisConfiguration configuration, LettuceClientConfiguration client) {
		if (configuration instanceof RedisSentinelConfiguration sentinel) {
			return ofSentinel(sentinel, client);
		}
		if (configuration instanceof RedisConfiguration.DomainSocketConfiguration socket) {
			return ofServer(RedisURI.Builder.socket(socket.getSocket()), configuration, client);
		}
		if (configuration instanceof RedisConfiguration.WithHostAndPort host) {
			return ofServer(host.getHostName(), host.getPort(), configuration, client);
		}
		RedisURI uri = new RedisURI();
		uri.setDatabase(database(configuration));
		return uri;
	}

	/**
	 * The addresses of the nodes that a client for a cluster asks first.
	 * @param configuration where Redis is: a cluster
	 * @param client how to connect
	 * @return an address for each node
	 */
	static List<RedisURI> ofCluster(RedisConfiguration configuration, LettuceClientConfiguration client) {
		return ((RedisConfiguration.ClusterConfiguration) configuration).getClusterNodes()
			.stream()
			.map((node) -> ofServer(node.getRequiredHost(), node.getRequiredPort(), configuration, client))
			.toList();
	}

	/**
	 * The addresses of a static master and its replicas.
	 * @param configuration where Redis is
	 * @param client how to connect
	 * @return an address for each node; none if this is something else
	 */
	static List<RedisURI> ofMasterReplica(RedisConfiguration configuration, LettuceClientConfiguration client) {
		return (configuration instanceof RedisConfiguration.StaticMasterReplicaConfiguration masterReplica)
				? masterReplica.getNodes()
					.stream()
					.map((node) -> ofServer(node.getHostName(), node.getPort(), configuration, client))
					.toList()
				: List.of();
	}

	private static RedisURI ofServer(String host, int port, RedisConfiguration configuration,
			LettuceClientConfiguration client) {
		RedisURI.Builder builder = RedisURI.Builder.redis(host, port)
			.withSsl(client.isUseSsl())
			.withVerifyPeer(client.getVerifyMode())
			.withStartTls(client.isStartTls());
		return ofServer(builder, configuration, client);
	}

	private static RedisURI ofServer(RedisURI.Builder builder, RedisConfiguration configuration,
			LettuceClientConfiguration client) {
		String username = RedisConfiguration.getUsernameOrElse(configuration, () -> null);
		RedisPassword password = RedisConfiguration.getPasswordOrElse(configuration, RedisPassword::none);
		if (StringUtils.hasText(username)) {
			builder.withAuthentication(username, password.toOptional().orElseGet(() -> new char[0]));
		}
		else {
			password.toOptional().ifPresent(builder::withPassword);
		}
		client.getRedisCredentialsProviderFactory()
			.ifPresent((factory) -> builder.withAuthentication(factory.createCredentialsProvider(configuration)));
		client.getClientName().ifPresent(builder::withClientName);
		RedisURI uri = builder.withTimeout(client.getCommandTimeout()).build();
		uri.setDatabase(database(configuration));
		return uri;
	}

	private static RedisURI ofSentinel(RedisSentinelConfiguration configuration, LettuceClientConfiguration client) {
		RedisURI uri = LettuceConverters.sentinelConfigurationToRedisURI(configuration);
		applyTo(uri, client);
		uri.getSentinels().forEach((sentinel) -> applyTo(sentinel, client));
		uri.setDatabase(configuration.getDatabase());
		client.getRedisCredentialsProviderFactory().ifPresent((factory) -> {
			uri.setCredentialsProvider(factory.createCredentialsProvider(configuration));
			RedisCredentialsProvider forSentinels = factory.createSentinelCredentialsProvider(configuration);
			uri.getSentinels().forEach((sentinel) -> sentinel.setCredentialsProvider(forSentinels));
		});
		return uri;
	}

	private static void applyTo(RedisURI uri, LettuceClientConfiguration client) {
		client.getClientName().ifPresent(uri::setClientName);
		uri.setSsl(client.isUseSsl());
		uri.setVerifyPeer(client.getVerifyMode());
		uri.setStartTls(client.isStartTls());
		uri.setTimeout(client.getCommandTimeout());
	}

	/**
	 * Says where Redis is, for a log line.
	 * @param configuration where Redis is
	 * @return hosts and ports, nothing secret
	 */
	static String describe(RedisConfiguration configuration) {
		if (configuration instanceof RedisConfiguration.SentinelConfiguration sentinel) {
			return "master '%s' of the sentinels %s".formatted(
					(sentinel.getMaster() != null) ? sentinel.getMaster().getName() : null,
					describe(sentinel.getSentinels()));
		}
		if (configuration instanceof RedisConfiguration.ClusterConfiguration cluster) {
			return "the cluster of " + describe(cluster.getClusterNodes());
		}
		if (configuration instanceof RedisConfiguration.StaticMasterReplicaConfiguration masterReplica) {
			return masterReplica.getNodes()
				.stream()
				.map((node) -> Addresses.of(node.getHostName(), node.getPort()))
				.collect(Collectors.joining(", ", "master and replicas ", ""));
		}
		if (configuration instanceof RedisConfiguration.DomainSocketConfiguration socket) {
			return socket.getSocket();
		}
		return Addresses.of(RedisConfiguration.getHostOrElse(configuration, () -> "localhost"),
				RedisConfiguration.getPortOrElse(configuration, () -> RedisURI.DEFAULT_REDIS_PORT));
	}

	private static List<String> describe(Collection<? extends RedisNode> nodes) {
		return nodes.stream().map((node) -> Addresses.of(node.getRequiredHost(), node.getRequiredPort())).toList();
	}

	/**
	 * The database that a configuration asks for.
	 * @param configuration where Redis is
	 * @return the number, 0 where there are no databases
	 */
	static int database(RedisConfiguration configuration) {
		return RedisConfiguration.getDatabaseOrElse(configuration, () -> 0);
	}

}
