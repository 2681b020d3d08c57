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
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.util.StringUtils;

/**
 * The place of Redis, from the keys of a pool. They mean what they mean to Spring Boot; a
 * value that cannot work is refused by its key, and never shown if it may hold a
 * password.
 * <p>
 * Follows the package-private {@code PropertiesDataRedisConnectionDetails} and
 * {@code DataRedisUrl} of Spring Boot 4.1.2.
 */
final class KeyedConnectionDetails implements DataRedisConnectionDetails {

	private static final int DEFAULT_PORT = 6379;

	private static final Pattern NODE = Pattern.compile("(?<host>[^\\s@/]+):(?<port>\\d{1,5})");

	private static final String NODES_ALLOWED = "'host:port', each with a port from 1 to 65535 and without a password, "
			+ "which has a key of its own";

	private static final String URL_ALLOWED = "redis://user:password@host:port/database, or rediss:// for TLS; all but "
			+ "the host may be left out, and special characters of the password stand as %40 and so on";

	private static final Set<String> SCHEMES = Set.of("redis", "rediss");

	private final RedisKeys keys;

	private final DataRedisProperties properties;

	private final @Nullable SslBundles sslBundles;

	/**
	 * Creates the details.
	 * @param keys the pool's keys
	 * @param sslBundles the application's SSL bundles
	 */
	KeyedConnectionDetails(RedisKeys keys, @Nullable SslBundles sslBundles) {
		this.keys = keys;
		this.properties = keys.properties();
		this.sslBundles = sslBundles;
	}

	@Override
	public @Nullable String getUsername() {
		URI url = url();
		if (url == null) {
			return this.properties.getUsername();
		}
		String userInfo = url.getUserInfo();
		int colon = (userInfo != null) ? userInfo.indexOf(':') : -1;
		return (userInfo != null && colon >= 0) ? userInfo.substring(0, colon) : null;
	}

	@Override
	public @Nullable String getPassword() {
		URI url = url();
		if (url == null) {
			return this.properties.getPassword();
		}
		String userInfo = url.getUserInfo();
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
		try {
			if (this.sslBundles != null) {
				return this.sslBundles.getBundle(ssl.getBundle());
			}
		}
		catch (NoSuchSslBundleException ex) {
			// As if there were no bundles at all.
		}
		throw this.keys.invalid("ssl.bundle", ssl.getBundle(), "the name of a bundle under 'spring.ssl.bundle'");
	}

	@Override
	public Standalone getStandalone() {
		URI url = url();
		if (url == null) {
			return Standalone.of(this.keys.host(), this.keys.port(), this.keys.database());
		}
		int port = (url.getPort() >= 0) ? url.getPort() : DEFAULT_PORT;
		return Standalone.of(url.getHost(), port, database(url));
	}

	@Override
	public @Nullable Sentinel getSentinel() {
		DataRedisProperties.Sentinel sentinel = this.properties.getSentinel();
		if (sentinel == null) {
			return null;
		}
		String master = sentinel.getMaster();
		if (!StringUtils.hasText(master)) {
			throw this.keys.invalid("sentinel.master", "", "the name by which the sentinels know the master");
		}
		URI url = url();
		int database = (url != null) ? database(url) : this.keys.database();
		List<Node> nodes = nodes("sentinel.nodes", sentinel.getNodes());
		return new Sentinel() {

			@Override
			public int getDatabase() {
				return database;
			}

			@Override
			public String getMaster() {
				return master;
			}

			@Override
			public List<Node> getNodes() {
				return nodes;
			}

			@Override
			public @Nullable String getUsername() {
				return sentinel.getUsername();
			}

			@Override
			public @Nullable String getPassword() {
				return sentinel.getPassword();
			}

		};
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
			throw this.keys.invalid(key, "", "a list of " + NODES_ALLOWED);
		}
		return nodes.stream().map((node) -> node(key, node)).toList();
	}

	private Node node(String key, String node) {
		Matcher matcher = NODE.matcher(node.trim());
		if (!matcher.matches() || !RedisKeys.isPort(Integer.parseInt(matcher.group("port")))) {
			throw this.keys.invalid(key, RedisKeys.masked(node), "a list of " + NODES_ALLOWED);
		}
		return new Node(matcher.group("host"), Integer.parseInt(matcher.group("port")));
	}

	private @Nullable URI url() {
		String url = this.properties.getUrl();
		if (url == null) {
			return null;
		}
		try {
			URI uri = new URI(url);
			if (uri.getScheme() != null && SCHEMES.contains(uri.getScheme()) && StringUtils.hasText(uri.getHost())
					&& (uri.getPort() == -1 || RedisKeys.isPort(uri.getPort())) && database(uri) >= 0) {
				return uri;
			}
		}
		catch (URISyntaxException | NumberFormatException ex) {
			// The message of either shows a part of the URL.
		}
		throw this.keys.invalid("url", RedisKeys.maskedUrl(url), URL_ALLOWED);
	}

	private static int database(URI url) {
		String path = url.getPath();
		return (path != null && path.length() > 1) ? Integer.parseInt(path.substring(1)) : 0;
	}

}
