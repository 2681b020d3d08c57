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

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.data.redis.autoconfigure.DataRedisConnectionDetails.Node;
import org.springframework.boot.ssl.DefaultSslBundleRegistry;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link KeyedConnectionDetails}.
 */
@Tag("unit")
class KeyedConnectionDetailsTests {

	@Test
	void theServerIsThatOfTheKeys() {
		KeyedConnectionDetails details = details(Map.of("host", "orders.example", "port", "7001", "database", "2",
				"username", "clerk", "password", "secret"));
		assertThat(details.getStandalone().getHost()).isEqualTo("orders.example");
		assertThat(details.getStandalone().getPort()).isEqualTo(7001);
		assertThat(details.getStandalone().getDatabase()).isEqualTo(2);
		assertThat(details.getUsername()).isEqualTo("clerk");
		assertThat(details.getPassword()).isEqualTo("secret");
		assertThat(details.getSslBundle()).isNull();
		assertThat(details.getSentinel()).isNull();
		assertThat(details.getCluster()).isNull();
		assertThat(details.getMasterReplica()).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "redis://clerk:secret@a.example:7001/3, clerk, secret, a.example, 7001, 3",
			"rediss://secret@a.example, , secret, a.example, 6379, 0",
			"redis://:se:cret@a.example/, '', se:cret, a.example, 6379, 0",
			"redis://a.example:7001, , , a.example, 7001, 0",
			"redis://se%40cret@[::1]:7001, , se@cret, [::1], 7001, 0" })
	void theUrlWinsOverTheOtherKeys(String url, String username, String password, String host, int port, int database) {
		KeyedConnectionDetails details = details(
				Map.of("url", url, "host", "unused", "username", "unused", "password", "unused", "database", "9"));
		assertThat(details.getUsername()).isEqualTo(username);
		assertThat(details.getPassword()).isEqualTo(password);
		assertThat(details.getStandalone().getHost()).isEqualTo(host);
		assertThat(details.getStandalone().getPort()).isEqualTo(port);
		assertThat(details.getStandalone().getDatabase()).isEqualTo(database);
	}

	@ParameterizedTest
	@CsvSource({ "'http://u:secret@a.example', 'http://***'", "'secret:word@a.example', ***",
			"'redis://:secret@a.example:port', 'redis://***'", "'redis://u:sec ret@a.example', 'redis://***'",
			"'redis://:secret@a.example/first', 'redis://***'", "'redis://:secret@a.example/-1', 'redis://***'",
			"'redis://:secret@a.example:0', 'redis://***'", "'redis://:secret@a.example:70000', 'redis://***'",
			"'redis://us:se@cret@a.example', 'redis://***'", "'other://a.example', 'other://***'",
			"'redis:///1', 'redis://***'" })
	void aUrlThatIsNoneIsRefusedWithoutItsPassword(String url, String shown) {
		KeyedConnectionDetails details = details(Map.of("url", url));
		for (ThrowingCallable call : List.<ThrowingCallable>of(details::getUsername, details::getPassword,
				details::getStandalone)) {
			assertThatExceptionOfType(InvalidPoolPropertyException.class).isThrownBy(call)
				.withMessageStartingWith("lettuce.pools.orders.redis.url is %s but must be redis://", shown)
				.withMessageNotContaining("cret")
				.withStackTraceContaining(shown);
		}
	}

	@Test
	void theSentinelsAreThoseOfTheKeys() {
		KeyedConnectionDetails details = details(Map.of("database", "4", "sentinel.master", "main", "sentinel.nodes",
				"a.example:7001, b.example:7002", "sentinel.username", "guard", "sentinel.password", "other"));
		assertThat(details.getSentinel()).satisfies((sentinel) -> {
			assertThat(sentinel.getMaster()).isEqualTo("main");
			assertThat(sentinel.getDatabase()).isEqualTo(4);
			assertThat(sentinel.getNodes()).containsExactly(new Node("a.example", 7001), new Node("b.example", 7002));
			assertThat(sentinel.getUsername()).isEqualTo("guard");
			assertThat(sentinel.getPassword()).isEqualTo("other");
		});
	}

	@Test
	void sentinelsWithoutAMasterAreRefused() {
		KeyedConnectionDetails details = details(Map.of("sentinel.nodes", "a.example:7001"));
		assertThatExceptionOfType(InvalidPoolPropertyException.class).isThrownBy(details::getSentinel)
			.withMessage(
					"lettuce.pools.orders.redis.sentinel.master is empty but must be the name by which the sentinels know the master");
	}

	@Test
	void aMasterWithoutSentinelsIsRefused() {
		KeyedConnectionDetails details = details(Map.of("sentinel.master", "main"));
		assertThatExceptionOfType(InvalidPoolPropertyException.class).isThrownBy(details::getSentinel)
			.withMessageStartingWith(
					"lettuce.pools.orders.redis.sentinel.nodes is empty but must be a list of 'host:port'");
	}

	@Test
	void theClusterIsThatOfTheKeys() {
		KeyedConnectionDetails details = details(Map.of("cluster.nodes", "a.example:7001,[::1]:7002"));
		assertThat(details.getCluster()).satisfies((cluster) -> assertThat(cluster.getNodes())
			.containsExactly(new Node("a.example", 7001), new Node("[::1]", 7002)));
	}

	@Test
	void theMasterAndItsReplicasAreThoseOfTheKeys() {
		KeyedConnectionDetails details = details(Map.of("masterreplica.nodes", "a.example:7001,b.example:7002"));
		assertThat(details.getMasterReplica()).satisfies((nodes) -> assertThat(nodes.getNodes())
			.containsExactly(new Node("a.example", 7001), new Node("b.example", 7002)));
	}

	@ParameterizedTest
	@CsvSource({ "a.example", "a.example:", "a.example:port", ":7001", "a.example:0", "a.example:65536", "a b:7001" })
	void aNodeThatIsNoAddressIsRefused(String node) {
		KeyedConnectionDetails details = details(Map.of("cluster.nodes", "b.example:7001," + node));
		assertThatExceptionOfType(InvalidPoolPropertyException.class).isThrownBy(details::getCluster)
			.withMessageStartingWith("lettuce.pools.orders.redis.cluster.nodes is %s but must be a list of 'host:port'",
					node);
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "redis://u:secret@a.example", "redis://u:secret@a.example:7001", "u:se@cret@a.example:7001" })
	void aNodeThatIsAUrlIsRefusedWithoutBeingShown(String node) {
		KeyedConnectionDetails details = details(Map.of("cluster.nodes", node));
		assertThatExceptionOfType(InvalidPoolPropertyException.class).isThrownBy(details::getCluster)
			.withMessageContaining("***")
			.withMessageNotContaining("cret");
	}

	@Test
	void theSslBundleIsThatOfTheKey() {
		DefaultSslBundleRegistry bundles = new DefaultSslBundleRegistry();
		SslBundle bundle = SslBundle.systemDefault();
		bundles.registerBundle("orders", bundle);
		NamedPool pool = pool(Map.of("host", "orders.example", "ssl.bundle", "orders"));
		assertThat(new KeyedConnectionDetails(pool.redis(), bundles).getSslBundle()).isSameAs(bundle);
	}

	@Test
	void sslNeedsNoBundle() {
		assertThat(details(Map.of("ssl.enabled", "true")).getSslBundle()).isNotNull();
	}

	@Test
	void aBundleThatDoesNotExistIsRefused() {
		NamedPool pool = pool(Map.of("host", "orders.example", "ssl.bundle", "oders"));
		KeyedConnectionDetails details = new KeyedConnectionDetails(pool.redis(), new DefaultSslBundleRegistry());
		assertThatExceptionOfType(InvalidPoolPropertyException.class).isThrownBy(details::getSslBundle)
			.withMessage("lettuce.pools.orders.redis.ssl.bundle is oders but must be the name of a bundle under "
					+ "'spring.ssl.bundle'");
	}

	@Test
	void aBundleWithoutBundlesIsRefused() {
		KeyedConnectionDetails details = details(Map.of("ssl.bundle", "orders"));
		assertThatExceptionOfType(InvalidPoolPropertyException.class).isThrownBy(details::getSslBundle)
			.withMessageStartingWith(
					"lettuce.pools.orders.redis.ssl.bundle is orders but must be the name of a bundle");
	}

	private static KeyedConnectionDetails details(Map<String, String> keys) {
		return new KeyedConnectionDetails(pool(keys).redis(), null);
	}

	private static NamedPool pool(Map<String, String> keys) {
		StandardEnvironment environment = new StandardEnvironment();
		MapPropertySource source = new MapPropertySource("keys", new HashMap<>());
		keys.forEach((key, value) -> source.getSource().put("lettuce.pools.orders.redis." + key, value));
		environment.getPropertySources().addFirst(source);
		return NamedPools.read(environment).pools().get(0);
	}

}
