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
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that nothing is left of a virtual machine that never closed its servers.
 */
class VirtualMachineEndTests {

	@TempDir
	private Path temporary;

	@Test
	void endsAllServersAfterAFailure() throws Exception {
		Process machine = start("fail");
		List<Long> servers = servers(machine);
		assertThat(machine.waitFor(30, TimeUnit.SECONDS)).isTrue();
		assertThat(machine.exitValue()).isEqualTo(1);
		assertNothingIsLeft(servers);
	}

	@Test
	void endsAllServersWhenItIsTerminated() throws Exception {
		Process machine = start("wait");
		List<Long> servers = servers(machine);
		machine.destroy();
		assertThat(machine.waitFor(30, TimeUnit.SECONDS)).isTrue();
		assertNothingIsLeft(servers);
	}

	private Process start(String end) throws IOException {
		return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				System.getProperty("java.class.path"), "-Djava.io.tmpdir=" + this.temporary, Careless.class.getName(),
				end)
			.redirectError(ProcessBuilder.Redirect.DISCARD)
			.start();
	}

	private static List<Long> servers(Process machine) throws IOException {
		String line = machine.inputReader(StandardCharsets.US_ASCII).readLine();
		return Stream.of(line.split(" ")).map(Long::valueOf).toList();
	}

	private void assertNothingIsLeft(List<Long> servers) {
		assertThat(servers).hasSize(3)
			.allSatisfy((pid) -> assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty());
		assertThat(this.temporary).isEmptyDirectory();
	}

	/**
	 * Starts servers and closes none: one that runs, one that is paused, one that was
	 * started again.
	 */
	public static final class Careless {

		private Careless() {
		}

		public static void main(String[] arguments) throws InterruptedException {
			RedisServer runs = RedisServer.builder().start();
			RedisServer paused = RedisServer.builder().start();
			paused.pause();
			RedisServer again = RedisServer.builder().start();
			again.kill();
			again.start();
			System.out.printf("%d %d %d%n", runs.pid(), paused.pid(), again.pid());
			if ("fail".equals(arguments[0])) {
				throw new IllegalStateException("A failed test");
			}
			Thread.currentThread().join();
		}

	}

}
