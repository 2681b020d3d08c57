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
import java.util.ArrayList;
import java.util.List;

/**
 * Makes key pairs by the {@code keytool} of the Java installation, in one PKCS12 file.
 */
final class KeyTool {

	private static final String VALIDITY_DAYS = "3650";

	private final Path keyStore;

	private final String password;

	KeyTool(Path keyStore, String password) {
		this.keyStore = keyStore;
		this.password = password;
	}

	/**
	 * Makes a key pair with a certificate.
	 * @param alias the name of the entry
	 * @param subject the common name
	 * @param options further options, for instance {@code -signer} with an alias
	 */
	void generate(String alias, String subject, String... options) {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
						"-J-XX:TieredStopAtLevel=1", "-genkeypair", "-alias", alias, "-dname", "CN=" + subject,
						"-keyalg", "EC", "-groupname", "secp256r1", "-validity", VALIDITY_DAYS, "-storetype", "PKCS12",
						"-keystore", this.keyStore.toString(), "-storepass", this.password));
		command.addAll(List.of(options));
		run(command);
	}

	private static void run(List<String> command) {
		try {
			Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
			String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			if (process.waitFor() != 0) {
				throw new EmbeddedRedisException("keytool failed:%n%s".formatted(output), null);
			}
		}
		catch (IOException ex) {
			throw new EmbeddedRedisException("Cannot run '%s'; it belongs to every JDK".formatted(command.get(0)), ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new EmbeddedRedisException("Interrupted while keytool was running", ex);
		}
	}

}
