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

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.util.StringUtils;

/**
 * Where Redis is, from the keys of a named pool. They mean what their namesakes under
 * {@code spring.data.redis} mean, except that nothing is taken for granted: a pool
 * without an address does not connect to {@code localhost}.
 */
final class NamedPoolConnectionDetails implements DataRedisConnectionDetails {

	private static final int DEFAULT_PORT = 6379;

	private static final Pattern NODE = Pattern.compile("(?<host>.+):(?<port>\\d{1,5})");

	private static final Set<String> SCHEMES = Set.of("redis", "rediss");

	private final NamedPool pool;

	private final DataRedisProperties properties;

	private final @Nullable SslBundles sslBundles;

	private final @Nullable URI url;

	/**
	 * Creates the details.
	 * @param pool the pool
	 * @param sslBundles the application's SSL bundles
	 * @throws InvalidPoolDeclarationException if the URL is none
	 */
	NamedPoolConnectionDetails(NamedPool pool, @Nullable SslBundles sslBundles) {
		this.pool = pool;
		this.properties = pool.properties().getRedis();
		this.sslBundles = sslBundles;
		this.url = StringUtils.hasText(this.properties.getUrl()) ? parse(this.properties.getUrl()) : null;
	}

	@Override
	public @Nullable String getUsername() {
		if (this.url == null) {
			return this.properties.getUsername();
		}
		String userInfo = this.url.getUserInfo();
		int colon = (userInfo != null) ? userInfo.indexOf(':') : -1;
		return (userInfo != null && colon >= 0) ? userInfo.substring(0, colon) : null;
	}

	@Override
	public @Nullable String getPassword() {
		if (this.url == null) {
			return this.properties.getPassword();
		}
		String userInfo = this.url.getUserInfo();
		return (userInfo != null) ? userInfo.substring(userInfo.indexOf(':') + 1) : null;
	}

	@Override
	public @Nullable SslBundle getSslBundle() {
		DataRedisProperties.Ssl ssl = this.properties.getSsl();
		if (!ssl.isEnabled()) {
			return null;
		}
		if (!StringUtils.hasLength(ssl.getBundle())) {
			return SslBundle.systemDefault();
		}
		if (this.sslBundles == null) {
			throw invalid("ssl.bundle", "names an SSL bundle, but there are none",
					"Declare the bundle under 'spring.ssl.bundle'.");
		}
		return this.sslBundles.getBundle(ssl.getBundle());
	}

	@Override
	public Standalone getStandalone() {
		if (this.url == null) {
			return Standalone.of(this.properties.getHost(), this.properties.getPort(), this.properties.getDatabase());
		}
		int port = (this.url.getPort() >= 0) ? this.url.getPort() : DEFAULT_PORT;
		return Standalone.of(this.url.getHost(), port, database(this.url));
	}

	@Override
	public @Nullable Sentinel getSentinel() {
		DataRedisProperties.Sentinel sentinel = this.properties.getSentinel();
		if (sentinel == null) {
			return null;
		}
		String master = sentinel.getMaster();
		if (!StringUtils.hasText(master)) {
			throw invalid("sentinel.master", "is not set",
					"Set it to the name by which the sentinels know the master.");
		}
		return new SentinelOfKeys(getStandalone().getDatabase(), master, nodes("sentinel.nodes", sentinel.getNodes()),
				sentinel.getUsername(), sentinel.getPassword());
	}

	@Override
	public @Nullable Cluster getCluster() {
		DataRedisProperties.Cluster cluster = this.properties.getCluster();
		if (cluster == null) {
			return null;
		}
		List<Node> nodes = nodes("cluster.nodes", cluster.getNodes());
		return () -> nodes;
	}

	@Override
	public @Nullable MasterReplica getMasterReplica() {
		DataRedisProperties.Masterreplica masterReplica = this.properties.getMasterreplica();
		if (masterReplica == null) {
			return null;
		}
		List<Node> nodes = nodes("masterreplica.nodes", masterReplica.getNodes());
		return () -> nodes;
	}

	private List<Node> nodes(String key, @Nullable List<String> nodes) {
		if (nodes == null || nodes.isEmpty()) {
			throw invalid(key, "is not set", "Set it to a list of 'host:port'.");
		}
		return nodes.stream().map((node) -> node(key, node)).toList();
	}

	private Node node(String key, String node) {
		if (node.contains("@")) {
			// It stays out of the message, for what stands before that may be a password.
			throw invalid(key, "has a node with an '@'",
					"Write each node as 'host:port', and the password as a key of its own.");
		}
		Matcher matcher = NODE.matcher(node.trim());
		if (!matcher.matches()) {
			throw invalid(key, "has the node '%s'".formatted(node), "Write each node as 'host:port'.");
		}
		return new Node(matcher.group("host"), Integer.parseInt(matcher.group("port")));
	}

	private URI parse(String url) {
		String action = "Write it as 'redis://user:password@host:port/database', or with 'rediss' for TLS; all but the "
				+ "host may be left out.";
		// The URL stays out of the messages: it may hold a password.
		try {
			URI uri = new URI(url);
			if (uri.getScheme() == null || !SCHEMES.contains(uri.getScheme())) {
				throw invalid("url", "does not begin with redis:// or rediss://", action);
			}
			if (!StringUtils.hasText(uri.getHost())) {
				throw invalid("url", "names no host", action);
			}
			database(uri);
			return uri;
		}
		catch (URISyntaxException ex) {
			throw invalid("url", "is not a URL", action);
		}
		catch (NumberFormatException ex) {
			throw invalid("url", "has a path that is not the number of a database", action);
		}
	}

	private static int database(URI url) {
		String path = url.getPath();
		return (path != null && path.length() > 1) ? Integer.parseInt(path.substring(1)) : 0;
	}

	private InvalidPoolDeclarationException invalid(String key, String description, String action) {
		return new InvalidPoolDeclarationException("'%s' %s.".formatted(this.pool.redisKey(key), description), action);
	}

	/**
	 * Sentinels, and the master that they look after.
	 */
	private static final class SentinelOfKeys implements Sentinel {

		private final int database;

		private final String master;

		private final List<Node> nodes;

		private final @Nullable String username;

		private final @Nullable String password;

		private SentinelOfKeys(int database, String master, List<Node> nodes, @Nullable String username,
				@Nullable String password) {
			this.database = database;
			this.master = master;
			this.nodes = nodes;
			this.username = username;
			this.password = password;
		}

		@Override
		public int getDatabase() {
			return this.database;
		}

		@Override
		public String getMaster() {
			return this.master;
		}

		@Override
		public List<Node> getNodes() {
			return this.nodes;
		}

		@Override
		public @Nullable String getUsername() {
			return this.username;
		}

		@Override
		public @Nullable String getPassword() {
			return this.password;
		}

	}

}
