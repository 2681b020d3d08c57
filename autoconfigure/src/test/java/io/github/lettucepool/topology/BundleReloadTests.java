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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledApplication;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.TestCertificates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of an SSL bundle whose files are replaced while the application runs.
 */
class BundleReloadTests {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	@Test
	void connectionsThatAreOpenedLaterHaveTheNewCertificates(@TempDir Path directory) {
		Assumptions.assumeTrue(RedisServer.supportsTls(), "this redis-server was built without TLS");
		TestCertificates old = TestCertificates.create();
		copy(old, directory);
		RedisServer before = start(old, 0);
		int port = before.port();
		PooledApplication.on(port, SslAutoConfiguration.class)
			.withPropertyValues("spring.data.redis.ssl.bundle=redis", "lettuce.pool.shared-connections=1",
					"spring.ssl.bundle.watch.file.quiet-period=100ms",
					"spring.ssl.bundle.pem.redis.reload-on-update=true",
					"spring.ssl.bundle.pem.redis.truststore.certificate=file:" + directory.resolve("ca.pem"),
					"spring.ssl.bundle.pem.redis.keystore.certificate=file:" + directory.resolve("client.pem"),
					"spring.ssl.bundle.pem.redis.keystore.private-key=file:" + directory.resolve("client.key"))
			.run((context) -> {
				StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
				BothLanes.use(template);
				before.close();
				TestCertificates renewed = TestCertificates.create();
				try (RedisServer after = start(renewed, port)) {
					copy(renewed, directory);
					await().atMost(PATIENCE)
						.ignoreExceptions()
						.untilAsserted(() -> template.opsForValue().set("key", "value"));
					await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> BothLanes.useExclusive(template));
					// One of each lane, and perhaps one that found out that the server is
					// back.
					assertThat(after.clients()).hasSizeBetween(2, 3);
				}
			});
		before.close();
	}

	private static RedisServer start(TestCertificates certificates, int port) {
		var builder = RedisServer.builder().tls(certificates).config("tls-auth-clients", "yes");
		return ((port > 0) ? builder.port(port) : builder).start();
	}

	private static void copy(TestCertificates certificates, Path directory) {
		try {
			replace(certificates.clientKey(), directory.resolve("client.key"));
			replace(certificates.clientCertificate(), directory.resolve("client.pem"));
			replace(certificates.caCertificate(), directory.resolve("ca.pem"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static void replace(Path source, Path target) throws IOException {
		Files.copy(source, target, StandardCopyOption.REPLACE_EXISTING);
	}

}
