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
package io.github.lettucepool.virtualthreads;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * Tests with many virtual threads on few connections. They run on the newest JDK of the
 * machine, in a virtual machine of their own, since the build may run on one that has no
 * virtual threads.
 */
@Tag("slow")
class VirtualThreadTests {

	private static final int FIRST_WITH_VIRTUAL_THREADS = 21;

	private static final NewestJdk JDK = NewestJdk.find();

	@TempDir
	private Path temporary;

	@BeforeAll
	static void virtualThreadsAreThere() {
		assumeThat(JDK.version().feature())
			.as("the newest JDK found, beside the running one, in JAVA_HOME_* and toolchains.xml, is %s", JDK)
			.isGreaterThanOrEqualTo(FIRST_WITH_VIRTUAL_THREADS);
	}

	@ParameterizedTest(name = "fair: {0}")
	@ValueSource(booleans = { false, true })
	void tenThousandOnASaturatedLaneWithLeakDetectionFinishAndPinNoCarrier(boolean fair, @Redis RedisServer server)
			throws Exception {
		Path out = this.temporary.resolve("out.txt");
		Process program = start(out, server.port(), fair);
		try {
			assertThat(program.waitFor(4, TimeUnit.MINUTES)).isTrue();
			String printed = Files.readString(out, StandardCharsets.UTF_8);
			assertThat(program.exitValue()).as(printed).isZero();
			assertThat(printed).contains("pinnedDeliberately=1")
				.contains("pinnedInProject=0")
				.contains("waited=10000", "finished=10000", "active=0", "pending=0", "total=8");
		}
		finally {
			program.destroyForcibly().waitFor();
		}
	}

	private Process start(Path out, int port, boolean fair) throws IOException {
		return new ProcessBuilder(JDK.java().toString(), "-Xmx512m", "-Djava.io.tmpdir=" + this.temporary, "-cp",
				System.getProperty("java.class.path"), ManyCallers.class.getName(), String.valueOf(port), "10000",
				String.valueOf(fair))
			.redirectErrorStream(true)
			.redirectOutput(out.toFile())
			.start();
	}

}
