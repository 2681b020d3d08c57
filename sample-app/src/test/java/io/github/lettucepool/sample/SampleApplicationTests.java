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

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.beans.factory.config.DestructionAwareBeanPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.embedded.EmbeddedRedisException;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.RespClient;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for starting and stopping the {@link SampleApplication}.
 */
@ExtendWith(OutputCaptureExtension.class)
class SampleApplicationTests {

	private static final String ANY_PORT = "--server.port=0";

	@Test
	void startsAgainInTheSameVirtualMachine() {
		for (int start = 0; start < 2; start++) {
			try (ConfigurableApplicationContext context = run(ANY_PORT)) {
				StringRedisTemplate redis = context.getBean(StringRedisTemplate.class);
				assertThat(redis.hasKey("start")).isFalse();
				redis.opsForValue().set("start", "done");
				assertThat(redis.hasKey("start")).isTrue();
			}
		}
	}

	@Test
	void logsWhereItsRedisIs(CapturedOutput output) {
		try (ConfigurableApplicationContext context = run(ANY_PORT)) {
			assertThat(output).containsOnlyOnce(
					"Started an embedded Redis at 127.0.0.1:" + context.getBean(RedisServer.class).port());
		}
	}

	@Test
	void itsRedisRunsUntilAllBeansAreDestroyed() {
		LastWords lastWords;
		RedisServer server;
		Class<?>[] sources = { SampleApplication.class, LastWords.class };
		try (ConfigurableApplicationContext context = SpringApplication.run(sources, new String[] { ANY_PORT })) {
			lastWords = context.getBean(LastWords.class);
			server = context.getBean(RedisServer.class);
		}
		assertThat(lastWords.replies).containsKey("redisConnectionFactory")
			.allSatisfy((bean, reply) -> assertThat(reply).isEqualTo("PONG"));
		assertThat(server.isRunning()).isFalse();
	}

	@Test
	void usesTheServerThatIsNamed(CapturedOutput output, @Redis(password = "secret") RedisServer own) {
		try (ConfigurableApplicationContext context = run(ANY_PORT,
				"--spring.data.redis.url=redis://:secret@127.0.0.1:" + own.port())) {
			context.getBean(StringRedisTemplate.class).opsForValue().set("own", "server");
			assertThat(own.execute("GET", "own")).isEqualTo("server");
			assertThat(context.getBeansOfType(RedisServer.class)).isEmpty();
		}
		assertThat(output).doesNotContain("embedded Redis").doesNotContain("secret");
	}

	@Test
	void stopsWithAnExplanationWhenItsRedisCannotRun(CapturedOutput output) {
		System.setProperty("redis.server", "/no/redis-server");
		try {
			assertThatException().isThrownBy(() -> run(ANY_PORT));
		}
		finally {
			System.clearProperty("redis.server");
		}
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("/no/redis-server")
			.contains("set the environment variable REDIS_SERVER")
			.contains("--spring.data.redis.host=localhost");
	}

	@Test
	void stopsWithAnExplanationWhenThePortIsTaken(CapturedOutput output) throws IOException {
		try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			assertThatException().isThrownBy(() -> run("--server.port=" + taken.getLocalPort()));
			assertThat(output).contains("APPLICATION FAILED TO START")
				.contains("Web server failed to start. Port %d was already in use.".formatted(taken.getLocalPort()));
		}
	}

	private static ConfigurableApplicationContext run(String... arguments) {
		return SpringApplication.run(SampleApplication.class, arguments);
	}

	/**
	 * Asks Redis for an answer when a bean is destroyed.
	 */
	static class LastWords implements DestructionAwareBeanPostProcessor {

		private final Map<String, Object> replies = new HashMap<>();

		private final int port;

		LastWords(Environment environment) {
			this.port = environment.getRequiredProperty("spring.data.redis.port", Integer.class);
		}

		@Override
		public void postProcessBeforeDestruction(Object bean, String name) {
			try (RespClient redis = new RespClient("127.0.0.1", this.port)) {
				this.replies.put(name, String.valueOf(redis.execute("PING")));
			}
			catch (IOException | EmbeddedRedisException ex) {
				this.replies.put(name, ex);
			}
		}

	}

}
