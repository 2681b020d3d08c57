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
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
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
		assertThat(this.server.execute("CONFIG", "GET", "bind")).isEqualTo(List.of("bind", "127.0.0.1 -::1"));
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
	void keepsNothingOnDiskUnlessTold() {
		assertThat(this.server.execute("CONFIG", "GET", "save")).isEqualTo(List.of("save", ""));
		assertThat(this.server.execute("CONFIG", "GET", "appendonly")).isEqualTo(List.of("appendonly", "no"));
		try (RedisServer lasting = RedisServer.builder().config("appendonly", "yes").start()) {
			lasting.execute("SET", "key", "value");
			lasting.kill();
			lasting.start();
			assertThat(lasting.execute("GET", "key")).isEqualTo("value");
		}
	}

	@Test
	void takesValuesOfItsConfigurationAsTheyAre() {
		try (RedisServer odd = RedisServer.builder().password("a \"b\" \\ #c").config("maxclients", "77").start()) {
			assertThat(odd.execute("CONFIG", "GET", "requirepass")).isEqualTo(List.of("requirepass", "a \"b\" \\ #c"));
			assertThat(odd.execute("CONFIG", "GET", "maxclients")).isEqualTo(List.of("maxclients", "77"));
		}
	}

	@Test
	void startsWithItsDefaultUserOff() {
		try (RedisServer closed = RedisServer.builder()
			.config("user", "default", "off")
			.config("user", "app", "on", ">secret", "~*", "+@all")
			.start()) {
			assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(() -> closed.execute("PING"))
				.withMessageContaining("NOAUTH");
			assertThat(closed.isRunning()).isTrue();
		}
	}

	@Test
	void startsWithoutAWordInItsLog() {
		try (RedisServer quiet = RedisServer.builder().config("loglevel", "warning").start()) {
			assertThat(quiet.log()).doesNotContain("Ready");
			assertThat(quiet.execute("PING")).isEqualTo("PONG");
		}
	}

	@Test
	void logsWhatItDoes() {
		assertThat(this.server.log()).contains("Ready to accept connections");
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
	void outlivesTheInterruptKeyOfTheTerminal() throws IOException {
		Path state = Path.of("/proc/" + this.server.pid() + "/stat");
		Assumptions.assumeTrue(Files.exists(state) && Files.exists(Path.of("/usr/bin/setsid")), "needs Linux");
		String processGroup = Files.readString(state).replaceFirst("(?s).*\\) . \\d+ (\\d+) .*", "$1");
		assertThat(processGroup).isEqualTo(String.valueOf(this.server.pid()));
	}

	@Test
	void leavesNothingWhenItIsClosed() {
		Path folder = Path.of(String.valueOf(((List<?>) this.server.execute("CONFIG", "GET", "dir")).get(1)));
		assertThat(folder).isDirectory();
		this.server.kill();
		assertThat(folder).isDirectory();
		this.server.close();
		assertThat(folder).doesNotExist();
		assertThatIllegalStateException().isThrownBy(this.server::start).withMessageContaining("closed");
	}

	@Test
	void replicatesAMaster() {
		try (RedisServer master = RedisServer.builder().password("secret").start();
				RedisServer replica = RedisServer.builder().replicaOf(master).start()) {
			master.execute("SET", "key", "value");
			master.awaitReplicas(1);
			Wait.until(Duration.ofSeconds(20), "the replica has the value",
					() -> "value".equals(replica.execute("GET", "key")));
		}
	}

	@Test
	void listensOnAUnixSocketToo(@TempDir Path folder) throws IOException {
		Path path = folder.resolve("redis.sock");
		RedisServer both = RedisServer.builder().unixSocket(path).start();
		try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
			channel.write(ByteBuffer.wrap("PING\r\n".getBytes(StandardCharsets.US_ASCII)));
			byte[] answer = Channels.newInputStream(channel).readNBytes(7);
			assertThat(new String(answer, StandardCharsets.US_ASCII)).isEqualTo("+PONG\r\n");
			both.kill();
		}
		finally {
			both.close();
		}
		assertThat(path).doesNotExist();
	}

	@Test
	void refusesWhatCannotBeAPortOrASocket() {
		assertThatIllegalArgumentException().isThrownBy(() -> RedisServer.builder().port(65_536))
			.withMessageContaining("65536")
			.withMessageContaining("from 0 to 65535");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> RedisServer.builder().unixSocket(Path.of("/" + "x".repeat(103))))
			.withMessageContaining("103 bytes");
	}

	@Test
	void namesThePortThatIsInUse() {
		assertThatExceptionOfType(EmbeddedRedisException.class)
			.isThrownBy(() -> RedisServer.builder().port(this.server.port()).start())
			.withMessageContaining("port " + this.server.port())
			.withMessageContaining("already in use")
			.withMessageContaining("choose another port");
	}

	@Test
	void namesThePortThatWasTakenWhileItWasStopped() throws IOException {
		this.server.stop();
		try (ServerSocket other = new ServerSocket(this.server.port(), 1, InetAddress.getLoopbackAddress())) {
			assertThatExceptionOfType(EmbeddedRedisException.class).isThrownBy(this.server::start)
				.withMessageContaining("port " + other.getLocalPort());
		}
		assertThat(this.server.start().execute("PING")).isEqualTo("PONG");
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
