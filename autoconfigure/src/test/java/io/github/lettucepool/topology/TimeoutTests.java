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

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.connection.stream.ReadOffset;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.connection.stream.StreamReadOptions;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;

import io.github.lettucepool.PooledLettuceConnectionFactory;
import io.github.lettucepool.autoconfigure.LettucePoolAutoConfiguration;
import io.github.lettucepool.embedded.RedisServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests how long commands may take.
 */
class TimeoutTests {

	/**
	 * Longer than an ordinary command may take.
	 */
	private static final Duration BLOCKING = Duration.ofSeconds(4);

	private final RedisServer server = RedisServer.builder().start();

	@AfterEach
	void close() {
		this.server.resume();
		this.server.close();
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	void anOrdinaryCommandTakesNoMoreThanFiveSecondsWhateverHappens(int shared) {
		application(shared).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			template.opsForValue().set("key", "value");
			try (Load load = new Load(32, (number) -> () -> template.opsForValue().get("key"))) {
				load.awaitSuccessOfAll();
				this.server.pause();
				Thread.sleep(8_000); // Time for two timeouts, one after the other.
				this.server.resume();
				load.awaitSuccessOfAll();
				assertThat(load.longest()).isLessThan(Duration.ofSeconds(5));
			}
		});
	}

	@Test
	@SuppressWarnings("unchecked") // An array of offsets.
	void aBlockingCommandMayTakeAsLongAsItSays() {
		application(1).run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			assertThat(template.opsForList().leftPop("empty", BLOCKING)).isNull();
			assertThat(template.opsForStream()
				.read(StreamReadOptions.empty().block(BLOCKING), StreamOffset.create("none", ReadOffset.latest())))
				.isNullOrEmpty();
			ReactiveStringRedisTemplate reactive = new ReactiveStringRedisTemplate(
					context.getBean(PooledLettuceConnectionFactory.class));
			assertThat(reactive.opsForList().leftPop("empty", BLOCKING).block()).isNull();
		});
	}

	@Test
	void theTimeoutThatTheUserSetHoldsForAllCommands() {
		application(1).withPropertyValues("spring.data.redis.timeout=500ms").run((context) -> {
			StringRedisTemplate template = context.getBean(StringRedisTemplate.class);
			assertThatExceptionOfType(DataAccessException.class)
				.isThrownBy(() -> template.opsForList().leftPop("empty", Duration.ofMinutes(1)))
				.withStackTraceContaining("RedisCommandTimeoutException");
		});
	}

	private ApplicationContextRunner application(int shared) {
		return new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(LettucePoolAutoConfiguration.class, DataRedisAutoConfiguration.class))
			.withPropertyValues("spring.data.redis.host=" + this.server.host(),
					"spring.data.redis.port=" + this.server.port(), "lettuce.pool.shared-connections=" + shared);
	}

}
