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
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * Tests for {@link RespClient}.
 */
class RespClientTests {

	private final RedisServer server = RedisServer.builder().password("secret").start();

	private RespClient client;

	@BeforeEach
	void connect() throws IOException {
		this.client = this.server.connect();
	}

	@AfterEach
	void close() throws IOException {
		this.client.close();
		this.server.close();
	}

	@Test
	void givesEachKindOfReplyAsItsJavaType() throws IOException {
		assertThat(this.client.execute("SET", "key", "grün")).isEqualTo("OK");
		assertThat(this.client.execute("GET", "key")).isEqualTo("grün");
		assertThat(this.client.execute("GET", "other")).isNull();
		assertThat(this.client.execute("INCR", "count")).isEqualTo(1L);
		assertThat(this.client.execute("MGET", "key", "other")).isEqualTo(Arrays.asList("grün", null));
		assertThat(this.client.execute("BLPOP", "queue", "0.01")).isNull();
		assertThat(this.client.execute("EVAL", "return {1, {'two', {}}}", "0"))
			.isEqualTo(List.of(1L, List.of("two", List.of())));
	}

	@Test
	void goesOnAfterAnError() throws IOException {
		assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> this.client.execute("NONSENSE"))
			.withMessageContaining("NONSENSE")
			.withMessageContaining("ERR unknown command");
		assertThat(this.client.execute("PING")).isEqualTo("PONG");
	}

	@Test
	void givesErrorsWithinATransactionAsElements() throws IOException {
		this.client.execute("MULTI");
		this.client.execute("SET", "key", "value");
		this.client.execute("INCR", "key");
		this.client.execute("GET", "key");
		assertThat((List<?>) this.client.execute("EXEC")).satisfiesExactly((first) -> assertThat(first).isEqualTo("OK"),
				(second) -> assertThat(second).isInstanceOf(EmbeddedRedisException.class),
				(third) -> assertThat(third).isEqualTo("value"));
	}

	@Test
	void logsInWhenTold() throws IOException {
		try (RespClient stranger = new RespClient(this.server.host(), this.server.port())) {
			assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> stranger.execute("PING"))
				.withMessageContaining("NOAUTH");
			assertThat(stranger.execute("AUTH", "default", "secret")).isEqualTo("OK");
			assertThat(stranger.execute("PING")).isEqualTo("PONG");
		}
	}

	@Test
	void failsWhenTheServerIsGone() {
		this.server.kill();
		assertThatIOException().isThrownBy(() -> this.client.execute("PING"));
	}

}
