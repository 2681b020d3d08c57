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

import java.time.Duration;
import java.util.List;

import io.lettuce.core.protocol.ProtocolVersion;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.data.redis.autoconfigure.LettuceClientOptionsBuilderCustomizer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.RedisPool;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.TestCertificates;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests of what the connections of both lanes agree on with the server when they are
 * opened.
 */
class HandshakeTests {

	private static final String TLS = "io.github.lettucepool.embedded.RedisServer#supportsTls";

	@Redis
	private static RedisServer server;

	private final ApplicationContextRunner application = PooledApplication.runner(SslAutoConfiguration.class)
		.withPropertyValues("spring.data.redis.host=127.0.0.1", "lettuce.pool.shared-connections=1",
				"lettuce.pool.low-latency-callers=0");

	@BeforeAll
	static void startServers() {
		server.execute("ACL", "SETUSER", "shop", "on", ">secret", "~*", "&*", "+@all");
	}

	@BeforeEach
	void awaitTheEndOfFormerClients() {
		await().atMost(Duration.ofSeconds(30)).until(() -> server.clients().isEmpty());
	}

	@Test
	void bothLanesHaveTheUserTheDatabaseAndTheNameWithTheLaneBehindIt() {
		this.application
			.withPropertyValues("spring.data.redis.port=" + server.port(), "spring.data.redis.username=shop",
					"spring.data.redis.password=secret", "spring.data.redis.database=3",
					"spring.data.redis.client-name=orders")
			.run((context) -> {
				BothLanes.use(context.getBean(StringRedisTemplate.class));
				assertThat(server.clients()).hasSize(2)
					.allSatisfy((client) -> assertThat(client).contains("user=shop", " db=3 "))
					.anySatisfy((client) -> assertThat(client).contains("name=orders-shared "))
					.anySatisfy((client) -> assertThat(client).contains("name=orders-exclusive "));
			});
	}

	@Test
	void lowLatencyConnectionsHaveTheSameAndANameOfTheirOwn() {
		this.application
			.withPropertyValues("spring.data.redis.port=" + server.port(), "spring.data.redis.username=shop",
					"spring.data.redis.password=secret", "spring.data.redis.database=3",
					"spring.data.redis.client-name=orders", "lettuce.pool.low-latency-callers=1")
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				RedisPool pool = context.getBean(RedisPool.class);
				await().until(() -> {
					template.opsForValue().set("key", "value");
					return pool.snapshot().shared().lowLatency() == 1;
				});
				assertThat(pool.snapshot().exclusive().total()).isZero();
				assertThat(server.clients()).hasSize(2)
					.allSatisfy((client) -> assertThat(client).contains("user=shop", " db=3 "))
					.anySatisfy((client) -> assertThat(client).contains("name=orders-shared "))
					.anySatisfy((client) -> assertThat(client).contains("name=orders-low-latency "));
			});
	}

	@ParameterizedTest
	@EnumSource(ProtocolVersion.class)
	void bothLanesSpeakTheProtocolOfTheClientOptions(ProtocolVersion version) {
		// Servers before 7.0 tell no client's protocol, but all tell who said HELLO.
		String other = (version == ProtocolVersion.RESP2) ? "resp=3" : "resp=2";
		List<String> hellos = (version == ProtocolVersion.RESP2) ? List.of() : List.of("cmdstat_hello:calls=2");
		server.execute("CONFIG", "RESETSTAT");
		this.application.withPropertyValues("spring.data.redis.port=" + server.port())
			.withBean(LettuceClientOptionsBuilderCustomizer.class, () -> (builder) -> builder.protocolVersion(version))
			.run((context) -> {
				BothLanes.use(context.getBean(StringRedisTemplate.class));
				assertThat(server.clients()).hasSize(2)
					.allSatisfy((client) -> assertThat(client).doesNotContain(other));
				assertThat(String.valueOf(server.execute("INFO", "commandstats"))
					.lines()
					.filter((line) -> line.startsWith("cmdstat_hello:"))
					.map((line) -> line.substring(0, line.indexOf(',')))).containsExactlyElementsOf(hellos);
			});
	}

	@Test
	@EnabledIf(TLS)
	void bothLanesShowTheClientCertificateOfTheBundle(
			@Redis(tls = true, config = "tls-auth-clients yes") RedisServer tls) {
		tlsApplication(tls, tls.certificates())
			.withPropertyValues(
					"spring.ssl.bundle.pem.redis.keystore.certificate=file:" + tls.certificates().clientCertificate(),
					"spring.ssl.bundle.pem.redis.keystore.private-key=file:" + tls.certificates().clientKey())
			.run((context) -> {
				BothLanes.use(context.getBean(StringRedisTemplate.class));
				assertThat(tls.clients()).hasSize(2);
			});
	}

	@Test
	@EnabledIf(TLS)
	void aUrlMaySayThatThereIsTlsAndWhoAsks(@Redis(tls = true, config = "tls-auth-clients yes") RedisServer tls) {
		tls.execute("ACL", "SETUSER", "clerk", "on", ">secret", "~*", "&*", "+@all");
		tlsApplication(tls, tls.certificates())
			.withPropertyValues("spring.data.redis.url=rediss://clerk:secret@127.0.0.1:%d/2".formatted(tls.port()),
					"spring.ssl.bundle.pem.redis.keystore.certificate=file:" + tls.certificates().clientCertificate(),
					"spring.ssl.bundle.pem.redis.keystore.private-key=file:" + tls.certificates().clientKey())
			.run((context) -> {
				BothLanes.use(context.getBean(StringRedisTemplate.class));
				assertThat(tls.clients()).hasSize(2)
					.allSatisfy((client) -> assertThat(client).contains("user=clerk", " db=2 "));
			});
	}

	@Test
	@EnabledIf(TLS)
	void aUrlWithoutABundleTrustsWhomTheVirtualMachineTrusts(
			@Redis(tls = true, config = "tls-auth-clients yes") RedisServer tls) {
		this.application.withPropertyValues("spring.data.redis.url=rediss://127.0.0.1:" + tls.port())
			.run((context) -> assertThatExceptionOfType(PoolConnectException.class)
				.isThrownBy(() -> context.getBean(StringRedisTemplate.class).hasKey("key"))
				.withStackTraceContaining("PKIX path"));
	}

	@Test
	@EnabledIf(TLS)
	void aServerThatAsksForACertificateRefusesOneWhoHasNone(
			@Redis(tls = true, config = "tls-auth-clients yes") RedisServer tls) {
		tlsApplication(tls, tls.certificates()).run((context) -> assertThatExceptionOfType(PoolConnectException.class)
			.isThrownBy(() -> context.getBean(StringRedisTemplate.class).hasKey("key")));
	}

	@Test
	@EnabledIf(TLS)
	void aServerWhoseCertificateIsForAnotherHostIsRefused(
			@Redis(tls = true, hosts = "redis.example", config = "tls-auth-clients no") RedisServer elsewhere) {
		tlsApplication(elsewhere, elsewhere.certificates())
			.run((context) -> assertThatExceptionOfType(PoolConnectException.class)
				.isThrownBy(() -> context.getBean(StringRedisTemplate.class).hasKey("key"))
				.withStackTraceContaining("No subject alternative names matching IP address 127.0.0.1 found"));
	}

	@Test
	@EnabledIf(TLS)
	void aServerWhoseAuthorityIsNotTrustedIsRefused(@Redis(tls = true, config = "tls-auth-clients yes") RedisServer tls,
			@Redis(tls = true, hosts = "redis.example", config = "tls-auth-clients no") RedisServer elsewhere) {
		tlsApplication(tls, elsewhere.certificates())
			.run((context) -> assertThatExceptionOfType(PoolConnectException.class)
				.isThrownBy(() -> context.getBean(StringRedisTemplate.class).hasKey("key"))
				.withStackTraceContaining("PKIX path"));
	}

	private ApplicationContextRunner tlsApplication(RedisServer server, TestCertificates trusted) {
		return this.application.withPropertyValues("spring.data.redis.port=" + server.port(),
				"spring.data.redis.ssl.bundle=redis",
				"spring.ssl.bundle.pem.redis.truststore.certificate=file:" + trusted.caCertificate());
	}

}
