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

import java.time.Duration;
import java.util.Locale;

import io.lettuce.core.ReadFrom;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.data.redis.autoconfigure.DataRedisProperties;
import org.springframework.util.StringUtils;

import io.github.lettucepool.InvalidPoolSettingException;

/**
 * The keys that say where Redis is and how to connect. A value that cannot work is
 * refused by its key when it is read, and not later by Lettuce, which knows no keys.
 *
 * @param prefix what the keys start with
 * @param properties their values
 */
record RedisKeys(String prefix, DataRedisProperties properties) {

	static final String PREFIX = "spring.data.redis";

	/**
	 * Times are counted in nanoseconds, which go a little further than this.
	 */
	private static final Duration LONGEST = Duration.ofDays(36_500);

	/**
	 * Netty counts the milliseconds of connecting in an {@code int}, to which 0 is no
	 * limit.
	 */
	private static final Duration LONGEST_CONNECT = Duration.ofDays(24);

	/**
	 * Each look at the topology connects to the nodes.
	 */
	private static final Duration SHORTEST_REFRESH = Duration.ofMillis(100);

	String key(String name) {
		return this.prefix + "." + name;
	}

	/**
	 * Returns how long a command may take; 0 for ever.
	 * @return the time, or {@code null} if the key is not set
	 */
	@Nullable Duration timeout() {
		return between("timeout", this.properties.getTimeout(), Duration.ZERO, LONGEST, "0 to 36500d");
	}

	@Nullable Duration connectTimeout() {
		return between("connect-timeout", this.properties.getConnectTimeout(), Duration.ofMillis(1), LONGEST_CONNECT,
				"1ms to 24d");
	}

	/**
	 * Returns how long stopping may take.
	 * @return the time, or {@code null} if it is 0, which means Lettuce's own
	 */
	@Nullable Duration shutdownTimeout() {
		Duration timeout = between("lettuce.shutdown-timeout", this.properties.getLettuce().getShutdownTimeout(),
				Duration.ZERO, LONGEST, "0 to 36500d");
		return (timeout != null && !timeout.isZero()) ? timeout : null;
	}

	@Nullable Duration refreshPeriod() {
		return between("lettuce.cluster.refresh.period",
				this.properties.getLettuce().getCluster().getRefresh().getPeriod(), SHORTEST_REFRESH, LONGEST,
				"100ms to 36500d, since each look at the topology connects to the nodes");
	}

	/**
	 * Reads {@code lettuce.read-from}: a name in which case, hyphens and underscores do
	 * not count, and for some names a pattern or subnets behind a colon, which do.
	 * @return the nodes to read from, or {@code null} if the key is not set
	 */
	@Nullable ReadFrom readFrom() {
		String value = this.properties.getLettuce().getReadFrom();
		if (value == null) {
			return null;
		}
		int colon = value.indexOf(':');
		String name = (colon >= 0) ? value.substring(0, colon) : value;
		String argument = (colon >= 0) ? value.substring(colon) : "";
		try {
			return ReadFrom.valueOf(name.replaceAll("[^\\p{L}\\p{N}]", "").toLowerCase(Locale.ROOT) + argument);
		}
		catch (IllegalArgumentException ex) {
			throw invalid("lettuce.read-from", value,
					"one of any, any-replica, lowest-latency, replica, replica-preferred, upstream, upstream-preferred, "
							+ "or regex: with a pattern, or subnet: with subnets such as 192.0.2.0/24");
		}
	}

	@Nullable String clientName() {
		String name = this.properties.getClientName();
		if (!StringUtils.hasText(name)) {
			return null;
		}
		if (!name.chars().allMatch((character) -> character > ' ' && character <= '~')) {
			throw invalid("client-name", name, "a name of printable ASCII characters without spaces");
		}
		return name;
	}

	@Nullable Integer maxRedirects() {
		DataRedisProperties.Cluster cluster = this.properties.getCluster();
		Integer maxRedirects = (cluster != null) ? cluster.getMaxRedirects() : null;
		if (maxRedirects != null && maxRedirects < 0) {
			throw invalid("cluster.max-redirects", maxRedirects.toString(), "a number of at least 0");
		}
		return maxRedirects;
	}

	String host() {
		String host = this.properties.getHost();
		if (!host.matches("[^\\s@/]+")) {
			throw invalid("host", masked(host), "the name or the address of a host");
		}
		return host;
	}

	int port() {
		if (!isPort(this.properties.getPort())) {
			throw invalid("port", String.valueOf(this.properties.getPort()), "a number from 1 to 65535");
		}
		return this.properties.getPort();
	}

	int database() {
		if (this.properties.getDatabase() < 0) {
			throw invalid("database", String.valueOf(this.properties.getDatabase()), "a number of at least 0");
		}
		return this.properties.getDatabase();
	}

	static boolean isPort(int port) {
		return port > 0 && port < 65_536;
	}

	/**
	 * A text to show instead of an address that may hold a password.
	 * @param address the address, possibly a URL
	 * @return the address, or no more than its scheme
	 */
	static String masked(String address) {
		return (address.contains("@") || address.contains("://")) ? maskedUrl(address) : address;
	}

	static String maskedUrl(String url) {
		String scheme = url.substring(0, Math.max(0, url.indexOf("://")));
		return url.isBlank() ? "" : scheme.matches("[a-z][a-z-]*") ? scheme + "://***" : "***";
	}

	private @Nullable Duration between(String name, @Nullable Duration value, Duration min, Duration max,
			String allowed) {
		if (value != null && (value.compareTo(min) < 0 || value.compareTo(max) > 0)) {
			// Not `invalid()`: a duration holds no secret, so it may be shown as it was
			// written.
			throw new InvalidPoolPropertyException(key(name), key(name),
					new InvalidPoolSettingException(name, value, "a duration from " + allowed));
		}
		return value;
	}

	InvalidPoolPropertyException invalid(String name, String value, String allowed) {
		return new InvalidPoolPropertyException(key(name), value, allowed);
	}

}
