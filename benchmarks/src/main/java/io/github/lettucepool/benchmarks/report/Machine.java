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

package io.github.lettucepool.benchmarks.report;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What a run was taken on. A figure without it says nothing.
 *
 * @param commit the commit of the working directory, with a {@code +} if files were
 * changed since; "unknown" where there is no Git
 * @param cores processors that the JVM may use
 * @param processor the processor's name
 * @param system the operating system
 * @param java the JDK
 * @param load how many threads wanted a core on average in the minute before the run: of
 * others, who disturb the figures; negative where the system does not tell
 */
public record Machine(String commit, int cores, String processor, String system, String java, double load) {

	private static final String UNKNOWN = "unknown";

	/**
	 * Describes this machine.
	 * @return the description
	 */
	public static Machine current() {
		return new Machine(currentCommit(), Runtime.getRuntime().availableProcessors(), processorName(),
				System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
						+ System.getProperty("os.arch"),
				System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
				ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
	}

	private static String currentCommit() {
		String commit = git("rev-parse", "--short=12", "HEAD");
		if (commit.isEmpty()) {
			return UNKNOWN;
		}
		return git("status", "--porcelain", "--untracked-files=no").isEmpty() ? commit : commit + "+";
	}

	private static String git(String... arguments) {
		try {
			Process process = new ProcessBuilder(Stream.concat(Stream.of("git"), Stream.of(arguments)).toList())
				.redirectError(ProcessBuilder.Redirect.DISCARD)
				.start();
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
			return (process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0) ? output : "";
		}
		catch (IOException ex) {
			return "";
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return "";
		}
	}

	private static String processorName() {
		try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
			return lines.filter((line) -> line.startsWith("model name"))
				.map((line) -> line.substring(line.indexOf(':') + 1).trim())
				.findFirst()
				.orElse(UNKNOWN);
		}
		catch (IOException ex) {
			return UNKNOWN;
		}
	}

}
