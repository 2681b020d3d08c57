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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link RedisServer}.
 */
class RedisServerTests {

	private final RedisServer server = RedisServer.builder().start();

	@AfterEach
	void close() {
		this.server.close();
	}

	@Test
	void answersOnAFreePortOfTheLoopbackInterface() {
		assertThat(this.server.port()).isPositive();
		assertThat(this.server.execute("PING")).isEqualTo("PONG");
		assertThat(this.server.execute("CONFIG", "GET", "bind")).isEqualTo(List.of("bind", "127.0.0.1"));
	}

	@Test
	void startsAgainOnTheSamePortAfterItWasStopped() {
		int port = this.server.port();
		this.server.stop();
		assertThat(this.server.isRunning()).isFalse();
		assertThat(FreePort.isFree(port)).isTrue();
		this.server.start();
		assertThat(this.server.port()).isEqualTo(port);
		assertThat(this.server.execute("PING")).isEqualTo("PONG");
	}

	@Test
	void startsAgainAfterItWasKilled() {
		long pid = this.server.pid();
		this.server.kill();
		assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
		this.server.start();
		assertThat(this.server.execute("PING")).isEqualTo("PONG");
	}

	@Test
	void isSilentWhilePausedAndGoesOnWhenResumed() throws IOException {
		Path state = Path.of("/proc/" + this.server.pid() + "/stat");
		Assumptions.assumeTrue(Files.exists(state), "needs /proc");
		this.server.pause();
		await().atMost(Duration.ofSeconds(5)).until(() -> Files.readString(state).contains(") T "));
		this.server.resume();
		assertThat(this.server.execute("PING")).isEqualTo("PONG");
	}

	@Test
	void endsAlthoughItIsPaused() {
		this.server.pause();
		this.server.close();
		assertThat(this.server.isRunning()).isFalse();
	}

	@Test
	void namesThePortThatIsInUse() {
		assertThatExceptionOfType(EmbeddedRedisException.class)
			.isThrownBy(() -> RedisServer.builder().port(this.server.port()).start())
			.withMessageContaining("port " + this.server.port())
			.withMessageContaining("already in use");
	}

	@Test
	void wantsItsPassword() throws IOException {
		try (RedisServer secured = RedisServer.builder().password("secret").start();
				RespClient stranger = new RespClient(secured.host(), secured.port())) {
			assertThat(secured.execute("PING")).isEqualTo("PONG");
			assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> stranger.execute("PING"))
				.withMessageContaining("NOAUTH");
		}
	}

	@Test
	void showsWhatTheServerSaidWhenItDoesNotStart() {
		assertThatExceptionOfType(EmbeddedRedisException.class)
			.isThrownBy(() -> RedisServer.builder().config("no-such-directive", "1").start())
			.withMessageContaining("no-such-directive");
	}

	@Test
	void tellsItsClientsWithoutTheOneThatAsks() throws IOException {
		assertThat(this.server.clients()).isEmpty();
		try (RespClient client = new RespClient(this.server.host(), this.server.port())) {
			client.execute("CLIENT", "SETNAME", "somebody");
			assertThat(this.server.clients()).singleElement().asString().contains("name=somebody");
		}
	}

}
