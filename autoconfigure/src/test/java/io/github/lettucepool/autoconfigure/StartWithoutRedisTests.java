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
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.listener.ChannelTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for what an application prints that does not start because Redis is away.
 */
@ExtendWith(OutputCaptureExtension.class)
@Timeout(300)
class StartWithoutRedisTests {

	private static final String[] AWAY = { "--spring.data.redis.host=127.0.0.1", "--spring.data.redis.port=1",
			"--spring.data.redis.connect-timeout=30s" };

	@ParameterizedTest
	@ValueSource(strings = { "--lettuce.pool.shared-connections=4", "--lettuce.pool.shared-connections=0",
			"--spring.data.redis.cluster.nodes=127.0.0.1:1" })
	void aListenerContainerIsToldHowToStartLater(String argument, CapturedOutput output) {
		fail(Listening.class, argument);
		assertThat(output).contains("Pool 'redis' cannot connect to Redis")
			.contains("The bean 'listenerContainer' needs Redis while the application starts")
			.contains("setAutoStartup(false)")
			.doesNotContain("'background'");
		assertThatOneErrorWasLoggedWithoutAStackTrace(output);
	}

	@Test
	void aBeanThatReadsIsNamed(CapturedOutput output) {
		fail(Reading.class);
		assertThat(output).contains("The bean 'reader' needs Redis while the application starts");
		assertThatOneErrorWasLoggedWithoutAStackTrace(output);
	}

	@Test
	void aPoolWithRequiredWarmUpNeedNotBeWarm(CapturedOutput output) {
		fail(Idle.class, "--lettuce.pool.warm-up=required");
		assertThat(output).contains("set 'lettuce.pool.warm-up' to 'background' or 'none'");
		assertThatOneErrorWasLoggedWithoutAStackTrace(output);
	}

	private static void assertThatOneErrorWasLoggedWithoutAStackTrace(CapturedOutput output) {
		assertThat(output.toString().lines().filter((line) -> line.contains(" ERROR "))).hasSize(1);
		assertThat(output).doesNotContain("\tat ", "event executor terminated");
	}

	private static void fail(Class<?> application, String... arguments) {
		SpringApplication springApplication = new SpringApplication(application);
		springApplication.setWebApplicationType(WebApplicationType.NONE);
		String[] all = java.util.stream.Stream.of(AWAY, arguments)
			.flatMap(java.util.Arrays::stream)
			.toArray(String[]::new);
		assertThatException().isThrownBy(() -> springApplication.run(all));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Idle {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Listening {

		@Bean
		RedisMessageListenerContainer listenerContainer(RedisConnectionFactory connectionFactory) {
			RedisMessageListenerContainer container = new RedisMessageListenerContainer();
			container.setConnectionFactory(connectionFactory);
			container.addMessageListener((message, pattern) -> {
			}, ChannelTopic.of("news"));
			return container;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Reading {

		@Bean
		String reader(StringRedisTemplate template) {
			return String.valueOf(template.opsForValue().get("greeting"));
		}

	}

}
