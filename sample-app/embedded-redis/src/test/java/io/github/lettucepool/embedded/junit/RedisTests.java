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

import java.util.List;

import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisSentinelSet;
import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Redis}.
 */
class RedisTests {

	@Redis
	private static RedisServer shared;

	@Redis("other")
	private static RedisServer other;

	@Redis(own = true, config = "maxclients 77")
	private static RedisServer ofTheClass;

	private static RedisServer lastOfATest;

	private static RedisServer first;

	private final RedisServer ofTheInstance;

	@Redis(own = true)
	private RedisServer ofEachTest;

	RedisTests(@Redis(own = true) RedisServer ofTheInstance) {
		this.ofTheInstance = ofTheInstance;
	}

	@BeforeAll
	static void isGivenToAMethodForAllTests(@Redis RedisServer server) {
		assertThat(server).isSameAs(shared);
		server.execute("SET", "key", "of all");
	}

	@AfterAll
	static void isStillThere() {
		assertThat(ofTheClass.isRunning()).isTrue();
	}

	@AfterEach
	void spoil() {
		this.ofEachTest.execute("SET", "key", "value");
		this.ofEachTest.execute("CONFIG", "SET", "maxclients", "55");
		this.ofEachTest.execute("ACL", "SETUSER", "shop", "on", "nopass", "~*", "+@all");
		this.ofEachTest.execute("ACL", "SETUSER", "default", "-debug");
		this.ofEachTest.pause();
		this.ofTheInstance.kill();
	}

	@RepeatedTest(2)
	void isAsAtItsStartBeforeEachTest(@Redis(own = true) RedisServer ofTheTest) {
		assertThat(this.ofEachTest.execute("DBSIZE")).isEqualTo(0L);
		assertThat(this.ofEachTest.execute("CONFIG", "GET", "maxclients")).isNotEqualTo(List.of("maxclients", "55"));
		assertThat(this.ofEachTest.execute("ACL", "LIST")).asInstanceOf(InstanceOfAssertFactories.LIST)
			.singleElement()
			.asString()
			.endsWith("+@all");
		assertThat(this.ofTheInstance.execute("PING")).isEqualTo("PONG");
		assertThat(ofTheTest.isRunning()).isTrue();
		assertThat(lastOfATest == null || !lastOfATest.isRunning()).isTrue();
		lastOfATest = ofTheTest;
	}

	@RepeatedTest(2)
	void isTheSameForAllTests() {
		assertThat(first == null || first == this.ofTheInstance).isTrue();
		first = this.ofTheInstance;
		assertThat(this.ofTheInstance.execute("PING")).isEqualTo("PONG");
	}

	@Test
	void isTheSameForAllWhoAskForTheSame(@Redis RedisServer same, @Redis("other") RedisServer sameOther) {
		assertThat(same).isSameAs(shared).isNotSameAs(other);
		assertThat(sameOther).isSameAs(other);
	}

	@Test
	void isConfigured(@Redis(password = "secret") RedisServer locked) {
		assertThat(ofTheClass.execute("CONFIG", "GET", "maxclients")).isEqualTo(List.of("maxclients", "77"));
		assertThat(locked.execute("CONFIG", "GET", "requirepass")).isEqualTo(List.of("requirepass", "secret"));
	}

	@Test
	@EnabledIf("io.github.lettucepool.embedded.RedisServer#supportsTls")
	void speaksTls(@Redis(tls = true) RedisServer server) {
		assertThat(server.execute("PING")).isEqualTo("PONG");
		assertThat(server.certificates().caCertificate()).exists();
	}

	@Test
	@Tag("slow")
	void isAClusterOrASetWithSentinels(@Redis RedisCluster cluster,
			@Redis(masters = 1, replicas = 0) RedisCluster single, @Redis RedisSentinelSet set) {
		assertThat(cluster.nodes()).hasSize(6);
		assertThat(single.nodes()).hasSize(1);
		assertThat(set.sentinels()).hasSize(3);
	}

}
