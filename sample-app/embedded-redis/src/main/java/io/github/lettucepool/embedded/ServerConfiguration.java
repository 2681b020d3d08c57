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

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * What a server was told to be. Immutable.
 *
 * @param port the port; 0 for a free one
 * @param password the password of the default user
 * @param certificates what to use TLS with
 * @param unixSocket where to listen besides the port
 * @param shutdownGrace how long to go on when the virtual machine ends
 * @param sentinel whether it is a sentinel
 * @param directives further lines, each with the directive first
 */
record ServerConfiguration(int port, @Nullable String password, @Nullable TestCertificates certificates,
		@Nullable Path unixSocket, Duration shutdownGrace, boolean sentinel, List<List<String>> directives) {

	int freePort() {
		return isClusterNode() ? FreePort.forClusterNode() : FreePort.any();
	}

	private boolean isClusterNode() {
		return this.directives.stream().anyMatch((directive) -> directive.equals(List.of("cluster-enabled", "yes")));
	}

	/**
	 * The configuration file. Where a directive comes twice, the last one holds, so what
	 * the user said stands at the end.
	 * @param port the port
	 * @param folder the folder for data
	 * @return the lines
	 */
	String file(int port, Path folder) {
		List<List<String>> lines = new ArrayList<>();
		lines.add(List.of("bind", "127.0.0.1", "-::1"));
		lines.add(List.of("dir", folder.toString()));
		if (!this.sentinel) {
			lines.add(List.of("save", ""));
			lines.add(List.of("appendonly", "no"));
			// A master waits 5 s for more replicas before it sends its data to the first.
			lines.add(List.of("repl-diskless-sync-delay", "0"));
		}
		if (this.password != null) {
			lines.add(List.of("requirepass", this.password));
			lines.add(List.of("masterauth", this.password));
		}
		if (this.unixSocket != null) {
			lines.add(List.of("unixsocket", this.unixSocket.toString()));
		}
		lines.addAll((this.certificates != null) ? tls(this.certificates, port)
				: List.of(List.of("port", String.valueOf(port))));
		lines.addAll(this.directives);
		return lines.stream().map(ServerConfiguration::line).collect(Collectors.joining("\n", "", "\n"));
	}

	private static List<List<String>> tls(TestCertificates certificates, int port) {
		return List.of(List.of("port", "0"), List.of("tls-port", String.valueOf(port)),
				List.of("tls-ca-cert-file", certificates.caCertificate().toString()),
				List.of("tls-cert-file", certificates.serverCertificate().toString()),
				List.of("tls-key-file", certificates.serverKey().toString()), List.of("tls-auth-clients", "optional"),
				List.of("tls-replication", "yes"), List.of("tls-cluster", "yes"));
	}

	private static String line(List<String> directive) {
		return directive.stream().map(ServerConfiguration::quoted).collect(Collectors.joining(" "));
	}

	private static String quoted(String value) {
		return value.matches("[\\w.:/*@%+,-]+") ? value
				: "\"%s\"".formatted(value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
	}

}
