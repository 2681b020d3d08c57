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
import java.util.Map;

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
 * Tests for {@link NamedPoolConnectionDetails}.
 */
@Tag("unit")
class NamedPoolConnectionDetailsTests {

	@Test
	void theServerIsThatOfTheKeys() {
		NamedPoolConnectionDetails details = details(Map.of("host", "orders.example", "port", "7001", "database", "2",
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
		NamedPoolConnectionDetails details = details(
				Map.of("url", url, "host", "unused", "username", "unused", "password", "unused", "database", "9"));
		assertThat(details.getUsername()).isEqualTo(username);
		assertThat(details.getPassword()).isEqualTo(password);
		assertThat(details.getStandalone().getHost()).isEqualTo(host);
		assertThat(details.getStandalone().getPort()).isEqualTo(port);
		assertThat(details.getStandalone().getDatabase()).isEqualTo(database);
	}

	@ParameterizedTest
	@CsvSource({ "'http://u:secret@a.example', does not begin with redis:// or rediss://",
			"'secret:word@a.example', does not begin with redis:// or rediss://",
			"'redis://:secret@a.example:port', names no host", "'redis://u:sec ret@a.example', is not a URL",
			"'redis://:secret@a.example/first', has a path that is not the number of a database",
			"'redis:///1', names no host" })
	void aUrlThatIsNoneIsRefusedWithoutBeingShown(String url, String reason) {
		assertThatExceptionOfType(InvalidPoolDeclarationException.class).isThrownBy(() -> details(Map.of("url", url)))
			.withMessage("'lettuce.pools.orders.redis.url' %s.", reason)
			.withMessageNotContaining("secret");
	}

	@Test
	void theSentinelsAreThoseOfTheKeys() {
		NamedPoolConnectionDetails details = details(
				Map.of("database", "4", "sentinel.master", "main", "sentinel.nodes", "a.example:7001, b.example:7002",
						"sentinel.username", "guard", "sentinel.password", "other"));
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
		NamedPoolConnectionDetails details = details(Map.of("sentinel.nodes", "a.example:7001"));
		assertThatExceptionOfType(InvalidPoolDeclarationException.class).isThrownBy(details::getSentinel)
			.withMessage("'lettuce.pools.orders.redis.sentinel.master' is not set.");
	}

	@Test
	void aMasterWithoutSentinelsIsRefused() {
		NamedPoolConnectionDetails details = details(Map.of("sentinel.master", "main"));
		assertThatExceptionOfType(InvalidPoolDeclarationException.class).isThrownBy(details::getSentinel)
			.withMessage("'lettuce.pools.orders.redis.sentinel.nodes' is not set.");
	}

	@Test
	void theClusterIsThatOfTheKeys() {
		NamedPoolConnectionDetails details = details(Map.of("cluster.nodes", "a.example:7001,[::1]:7002"));
		assertThat(details.getCluster()).satisfies((cluster) -> assertThat(cluster.getNodes())
			.containsExactly(new Node("a.example", 7001), new Node("[::1]", 7002)));
	}

	@Test
	void theMasterAndItsReplicasAreThoseOfTheKeys() {
		NamedPoolConnectionDetails details = details(Map.of("masterreplica.nodes", "a.example:7001,b.example:7002"));
		assertThat(details.getMasterReplica()).satisfies((nodes) -> assertThat(nodes.getNodes())
			.containsExactly(new Node("a.example", 7001), new Node("b.example", 7002)));
	}

	@ParameterizedTest
	@CsvSource({ "a.example", "a.example:", "a.example:port", ":7001" })
	void aNodeThatIsNoAddressIsRefused(String node) {
		NamedPoolConnectionDetails details = details(Map.of("cluster.nodes", "b.example:7001," + node));
		assertThatExceptionOfType(InvalidPoolDeclarationException.class).isThrownBy(details::getCluster)
			.withMessage("'lettuce.pools.orders.redis.cluster.nodes' has the node '%s'.", node);
	}

	@ParameterizedTest
	@ValueSource(strings = { "redis://u:secret@a.example", "redis://u:secret@a.example:7001" })
	void aNodeThatIsAUrlIsRefusedWithoutBeingShown(String node) {
		NamedPoolConnectionDetails details = details(Map.of("cluster.nodes", node));
		assertThatExceptionOfType(InvalidPoolDeclarationException.class).isThrownBy(details::getCluster)
			.withMessage("'lettuce.pools.orders.redis.cluster.nodes' has a node with an '@'.");
	}

	@Test
	void theSslBundleIsThatOfTheKey() {
		DefaultSslBundleRegistry bundles = new DefaultSslBundleRegistry();
		SslBundle bundle = SslBundle.systemDefault();
		bundles.registerBundle("orders", bundle);
		NamedPool pool = pool(Map.of("host", "orders.example", "ssl.bundle", "orders"));
		assertThat(new NamedPoolConnectionDetails(pool, bundles).getSslBundle()).isSameAs(bundle);
	}

	@Test
	void sslNeedsNoBundle() {
		assertThat(details(Map.of("ssl.enabled", "true")).getSslBundle()).isNotNull();
	}

	@Test
	void aBundleWithoutBundlesIsRefused() {
		NamedPoolConnectionDetails details = details(Map.of("ssl.bundle", "orders"));
		assertThatExceptionOfType(InvalidPoolDeclarationException.class).isThrownBy(details::getSslBundle)
			.withMessage("'lettuce.pools.orders.redis.ssl.bundle' names an SSL bundle, but there are none.");
	}

	private static NamedPoolConnectionDetails details(Map<String, String> keys) {
		return new NamedPoolConnectionDetails(pool(keys), null);
	}

	private static NamedPool pool(Map<String, String> keys) {
		StandardEnvironment environment = new StandardEnvironment();
		MapPropertySource source = new MapPropertySource("keys", new HashMap<>());
		keys.forEach((key, value) -> source.getSource().put("lettuce.pools.orders.redis." + key, value));
		environment.getPropertySources().addFirst(source);
		return NamedPools.read(environment).pools().get(0);
	}

}
