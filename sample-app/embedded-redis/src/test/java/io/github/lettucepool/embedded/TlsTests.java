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

package io.github.lettucepool.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;

import javax.net.ssl.SSLException;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link TestCertificates} and servers that speak TLS.
 */
class TlsTests {

	private static TestCertificates certificates;

	private static TestCertificates elsewhere;

	@BeforeAll
	static void makeCertificates() {
		certificates = TestCertificates.create();
		elsewhere = TestCertificates.forHosts("redis.example", "192.0.2.1");
	}

	@Test
	void theServerCertificateIsForThisMachineAndSignedByTheAuthority() throws Exception {
		X509Certificate authority = certificate(load(certificates.trustStore()), "ca");
		X509Certificate server = certificate(load(certificates.serverKeyStore()), "server");
		server.verify(authority.getPublicKey());
		assertThat(alternativeNames(server)).containsExactlyInAnyOrder("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1");
		assertThat(authority.getBasicConstraints()).isNotNegative();
		assertThat(server.getBasicConstraints()).isNegative();
	}

	@Test
	void theClientCertificateIsSignedByTheAuthorityToo() throws Exception {
		X509Certificate client = certificate(load(certificates.clientKeyStore()), "client");
		client.verify(certificate(load(certificates.trustStore()), "ca").getPublicKey());
	}

	@Test
	void thePemFilesHoldOneEntryEach() {
		assertThat(List.of(certificates.caCertificate(), certificates.serverCertificate(),
				certificates.clientCertificate()))
			.allSatisfy((file) -> assertThat(Files.readString(file)).startsWith("-----BEGIN CERTIFICATE-----\n")
				.endsWith("\n-----END CERTIFICATE-----\n"));
		assertThat(List.of(certificates.serverKey(), certificates.clientKey()))
			.allSatisfy((file) -> assertThat(Files.readString(file)).startsWith("-----BEGIN PRIVATE KEY-----\n")
				.endsWith("\n-----END PRIVATE KEY-----\n"));
	}

	@Test
	void certificatesForAnotherHostAreNotForThisMachine() throws Exception {
		X509Certificate server = certificate(load(elsewhere.serverKeyStore()), "server");
		assertThat(alternativeNames(server)).containsExactlyInAnyOrder("redis.example", "192.0.2.1");
	}

	@Test
	void aServerSpeaksTlsOnly() throws IOException {
		assumeTls();
		try (RedisServer server = RedisServer.builder().tls(certificates).password("secret").start();
				RespClient plain = new RespClient(server.host(), server.port())) {
			assertThat(server.execute("PING")).isEqualTo("PONG");
			assertThat(server.execute("CONFIG", "GET", "port")).isEqualTo(List.of("port", "0"));
			assertThatIOException().isThrownBy(() -> plain.execute("PING"));
			int port = server.port();
			server.kill();
			server.start();
			assertThat(server.port()).isEqualTo(port);
			assertThat(server.execute("PING")).isEqualTo("PONG");
		}
	}

	@Test
	void aServerRefusesTheCertificateOfAnotherAuthority() throws IOException {
		assumeTls();
		try (RedisServer server = RedisServer.builder().tls(certificates).config("tls-auth-clients", "yes").start()) {
			assertThat(server.execute("PING")).isEqualTo("PONG");
			assertThatExceptionOfType(SSLException.class).isThrownBy(() -> {
				try (RespClient stranger = new RespClient(elsewhere.clientSocket(), server.host(), server.port(),
						RespClient.TIMEOUT, StandardCharsets.UTF_8)) {
					stranger.execute("PING");
				}
			});
		}
	}

	@Test
	void aReplicaFollowsItsMasterOverTls() {
		assumeTls();
		try (RedisServer master = RedisServer.builder().tls(certificates).start();
				RedisServer replica = RedisServer.builder().tls(certificates).replicaOf(master).start()) {
			master.execute("SET", "key", "value");
			Wait.until(Duration.ofSeconds(20), "the replica has the value",
					() -> "value".equals(replica.execute("GET", "key")));
		}
	}

	private static void assumeTls() {
		Assumptions.assumeTrue(RedisServer.supportsTls(), "this redis-server was built without TLS");
	}

	private static KeyStore load(Path file) throws Exception {
		return KeyStore.getInstance(file.toFile(), TestCertificates.PASSWORD.toCharArray());
	}

	private static List<String> alternativeNames(X509Certificate certificate) throws Exception {
		return certificate.getSubjectAlternativeNames().stream().map((name) -> String.valueOf(name.get(1))).toList();
	}

	private static X509Certificate certificate(KeyStore keyStore, String alias) throws Exception {
		return (X509Certificate) keyStore.getCertificate(alias);
	}

}
