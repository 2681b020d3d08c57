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
import java.util.stream.IntStream;

import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link FreePort}.
 */
class FreePortTests {

	@Test
	void tellsAFreePortFromOneThatIsInUse() throws IOException {
		int port = FreePort.any();
		assertThat(FreePort.isFree(port)).isTrue();
		try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
			assertThat(FreePort.isFree(socket.getLocalPort())).isFalse();
		}
	}

	@RepeatedTest(20)
	void keepsBelowThePortsOfOutgoingConnections() {
		assertThat(FreePort.any()).isBetween(15_008, 32_767);
	}

	@RepeatedTest(20)
	void leavesThePortsOfOtherVirtualMachinesToThem() {
		assertThat(FreePort.any() % 16).isEqualTo(FreePort.forClusterNode() % 16)
			.isEqualTo(FreePort.share(System.getProperty("surefire.forkNumber"), ProcessHandle.current().pid()));
	}

	@Test
	void givesEachForkOfABuildPortsThatNoOtherProcessChooses() {
		assertThat(FreePort.share("1", 7)).isEqualTo(1);
		assertThat(FreePort.share("2", 7)).isEqualTo(2);
		assertThat(IntStream.range(0, 100).map((pid) -> FreePort.share(null, pid))).allMatch((share) -> share >= 4)
			.contains(4, 15);
	}

	@RepeatedTest(20)
	void leavesRoomForTheBusOfAClusterNode() {
		int port = FreePort.forClusterNode();
		assertThat(port).isBetween(15_008, 22_767);
		assertThat(FreePort.isFree(port + 10_000)).isTrue();
	}

}
