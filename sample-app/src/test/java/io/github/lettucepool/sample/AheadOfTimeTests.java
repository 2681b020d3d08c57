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

package io.github.lettucepool.sample;

import org.junit.jupiter.api.Test;
import org.springframework.aot.AotDetector;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ConfigurationClassPostProcessor;
import org.springframework.core.SpringProperties;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.test.web.servlet.client.RestTestClient;

import io.github.lettucepool.PooledLettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests the application that the build has made ahead of time.
 */
class AheadOfTimeTests {

	@Test
	void runsWithoutLookingAtItsConfigurationAgain() {
		SpringApplication application = new SpringApplication(SampleApplication.class);
		// Otherwise it is the class that started the tests.
		application.setMainApplicationClass(SampleApplication.class);
		SpringProperties.setFlag(AotDetector.AOT_ENABLED);
		try (ConfigurableApplicationContext context = application.run("--server.port=0")) {
			assertThat(context.getBeansOfType(ConfigurationClassPostProcessor.class)).isEmpty();
			assertThat(context.getBean(StringRedisTemplate.class).getConnectionFactory())
				.isInstanceOf(PooledLettuceConnectionFactory.class);
			String port = context.getEnvironment().getRequiredProperty("local.server.port");
			RestTestClient http = RestTestClient.bindToServer().baseUrl("http://127.0.0.1:" + port).build();
			http.post().uri("/pages/home/hits").exchange().expectStatus().isOk();
			http.put()
				.uri("/stock/apple/north")
				.header("Content-Type", "application/json")
				.body("{\"quantity\":10}")
				.exchange()
				.expectStatus()
				.is2xxSuccessful();
			http.get().uri("/actuator/health/redisPool").exchange().expectStatus().isOk();
			http.get()
				.uri("/actuator/redispools/redis")
				.exchange()
				.expectBody()
				.jsonPath("$.state")
				.isEqualTo("RUNNING");
			http.get()
				.uri("/actuator/prometheus")
				.exchange()
				.expectBody(String.class)
				.value((body) -> assertThat(body).contains("lettuce_pool_connections"));
		}
		finally {
			SpringProperties.setProperty(AotDetector.AOT_ENABLED, null);
		}
	}

}
