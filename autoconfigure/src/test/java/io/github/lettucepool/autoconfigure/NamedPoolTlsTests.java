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

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.TestCertificates;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that each pool has its own SSL bundle, with servers of two authorities that both
 * want to see a client's certificate.
 */
@EnabledIf(value = "io.github.lettucepool.embedded.RedisServer#supportsTls",
		disabledReason = "the redis-server of this machine was built without TLS")
@Timeout(300)
class NamedPoolTlsTests {

	@Redis(value = "orders", tls = true, config = "tls-auth-clients yes")
	private static RedisServer orders;

	@Redis(value = "sessions", tls = true, config = "tls-auth-clients yes")
	private static RedisServer sessions;

	@Test
	void eachPoolTrustsItsOwnAuthorityAndShowsItsOwnCertificate() {
		application("orders", "sessions").run((context) -> {
			context.getBean("ordersStringRedisTemplate", StringRedisTemplate.class).opsForValue().set("key", "order");
			context.getBean("sessionsStringRedisTemplate", StringRedisTemplate.class)
				.opsForValue()
				.set("key", "session");
			assertThat(orders.execute("GET", "key")).isEqualTo("order");
			assertThat(sessions.execute("GET", "key")).isEqualTo("session");
		});
	}

	@Test
	void aPoolDoesNotTrustTheAuthorityOfAnother() {
		application("orders", "orders").run((context) -> {
			StringRedisTemplate template = context.getBean("sessionsStringRedisTemplate", StringRedisTemplate.class);
			assertThatExceptionOfType(PoolConnectException.class).isThrownBy(() -> template.hasKey("key"));
			context.getBean("ordersStringRedisTemplate", StringRedisTemplate.class).hasKey("key");
		});
	}

	private static ApplicationContextRunner application(String bundleOfOrders, String bundleOfSessions) {
		TestCertificates ofOrders = orders.certificates();
		TestCertificates ofSessions = sessions.certificates();
		return new ApplicationContextRunner().withUserConfiguration(Application.class)
			.withInitializer(new Yaml("""
					spring:
					  ssl:
					    bundle:
					      pem:
					        orders:
					          truststore:
					            certificate: "file:%s"
					          keystore:
					            certificate: "file:%s"
					            private-key: "file:%s"
					        sessions:
					          truststore:
					            certificate: "file:%s"
					          keystore:
					            certificate: "file:%s"
					            private-key: "file:%s"
					lettuce:
					  pools:
					    orders:
					      redis:
					        host: 127.0.0.1
					        port: %d
					        ssl:
					          bundle: %s
					    sessions:
					      redis:
					        host: 127.0.0.1
					        port: %d
					        ssl:
					          bundle: %s
					""".formatted(ofOrders.caCertificate(), ofOrders.clientCertificate(), ofOrders.clientKey(),
					ofSessions.caCertificate(), ofSessions.clientCertificate(), ofSessions.clientKey(), orders.port(),
					bundleOfOrders, sessions.port(), bundleOfSessions)));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
