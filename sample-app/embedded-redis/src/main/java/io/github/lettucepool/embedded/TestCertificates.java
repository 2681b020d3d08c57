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
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * An authority of its own, a certificate for servers and one for clients, as files in the
 * formats PEM and PKCS12. They are never valid anywhere else, and gone when the virtual
 * machine ends. Making them takes about two seconds. Thread-safe.
 */
public final class TestCertificates {

	/**
	 * The password of each PKCS12 file and of the keys in it. PEM files have none.
	 */
	public static final String PASSWORD = "changeit";

	private static final String AUTHORITY = "ca";

	private static final String SERVER = "server";

	private static final String CLIENT = "client";

	private static final int PEM_LINE = 64;

	private final Path folder = TemporaryFolder.create("certificates");

	private final SSLContext clientContext;

	private TestCertificates(List<String> hosts) {
		Path all = this.folder.resolve("all.p12");
		KeyTool keyTool = new KeyTool(all, PASSWORD);
		keyTool.generate(AUTHORITY, "Lettuce Pool Test Authority", "-ext", "bc:critical=ca:true", "-ext",
				"ku:critical=keyCertSign,cRLSign");
		keyTool.generate(SERVER, hosts.get(0), "-signer", AUTHORITY, "-ext", "san=" + alternativeNames(hosts));
		keyTool.generate(CLIENT, CLIENT, "-signer", AUTHORITY);
		try {
			KeyStore source = load(all);
			Files.delete(all);
			writePair(source, SERVER);
			writePair(source, CLIENT);
			writeAuthority(source);
			this.clientContext = clientContext(load(clientKeyStore()), load(trustStore()));
		}
		catch (IOException | GeneralSecurityException ex) {
			throw new EmbeddedRedisException("Cannot make certificates", ex);
		}
	}

	/**
	 * Makes certificates for servers on this machine: {@code localhost},
	 * {@code 127.0.0.1} and {@code ::1}.
	 * @return the certificates
	 * @throws EmbeddedRedisException if that fails
	 */
	public static TestCertificates create() {
		return forHosts("localhost", "127.0.0.1", "::1");
	}

	/**
	 * Makes certificates for servers elsewhere, which a client on this machine has to
	 * refuse if it checks the host name.
	 * @param hosts the names and addresses, at least one
	 * @return the certificates
	 * @throws EmbeddedRedisException if that fails
	 */
	public static TestCertificates forHosts(String... hosts) {
		return new TestCertificates(List.of(hosts));
	}

	private static String alternativeNames(List<String> hosts) {
		return hosts.stream()
			.map((host) -> (host.matches("[0-9.]+|.*:.*") ? "ip:" : "dns:") + host)
			.collect(Collectors.joining(","));
	}

	private static KeyStore load(Path file) throws IOException, GeneralSecurityException {
		KeyStore keyStore = KeyStore.getInstance("PKCS12");
		try (InputStream source = Files.newInputStream(file)) {
			keyStore.load(source, PASSWORD.toCharArray());
		}
		return keyStore;
	}

	private static KeyStore empty() throws IOException, GeneralSecurityException {
		KeyStore keyStore = KeyStore.getInstance("PKCS12");
		keyStore.load(null, null);
		return keyStore;
	}

	private void writePair(KeyStore source, String alias) throws IOException, GeneralSecurityException {
		Key key = source.getKey(alias, PASSWORD.toCharArray());
		Certificate[] chain = source.getCertificateChain(alias);
		KeyStore keyStore = empty();
		keyStore.setKeyEntry(alias, key, PASSWORD.toCharArray(), chain);
		store(keyStore, file(alias, "p12"));
		Files.writeString(file(alias, "key"), pem("PRIVATE KEY", key.getEncoded()));
		Files.writeString(file(alias, "crt"), pem("CERTIFICATE", chain[0].getEncoded()));
	}

	private void writeAuthority(KeyStore source) throws IOException, GeneralSecurityException {
		Certificate certificate = source.getCertificate(AUTHORITY);
		KeyStore keyStore = empty();
		keyStore.setCertificateEntry(AUTHORITY, certificate);
		store(keyStore, file(AUTHORITY, "p12"));
		Files.writeString(file(AUTHORITY, "crt"), pem("CERTIFICATE", certificate.getEncoded()));
	}

	private static void store(KeyStore keyStore, Path file) throws IOException, GeneralSecurityException {
		try (OutputStream target = Files.newOutputStream(file)) {
			keyStore.store(target, PASSWORD.toCharArray());
		}
	}

	private static String pem(String type, byte[] encoded) {
		String body = Base64.getMimeEncoder(PEM_LINE, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(encoded);
		return Stream.of("-----BEGIN %s-----".formatted(type), body, "-----END %s-----".formatted(type), "")
			.collect(Collectors.joining("\n"));
	}

	private static SSLContext clientContext(KeyStore keys, KeyStore trusted) throws GeneralSecurityException {
		KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keyManagers.init(keys, PASSWORD.toCharArray());
		TrustManagerFactory trustManagers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trustManagers.init(trusted);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keyManagers.getKeyManagers(), trustManagers.getTrustManagers(), null);
		return context;
	}

	/**
	 * A socket that shows the client's certificate and trusts the authority, whatever the
	 * host name is.
	 */
	Socket clientSocket() throws IOException {
		return this.clientContext.getSocketFactory().createSocket();
	}

	/**
	 * The certificate of the authority.
	 * @return a PEM file
	 */
	public Path caCertificate() {
		return file(AUTHORITY, "crt");
	}

	/**
	 * The authority, as the only one to trust.
	 * @return a PKCS12 file
	 */
	public Path trustStore() {
		return file(AUTHORITY, "p12");
	}

	/**
	 * The certificate of servers.
	 * @return a PEM file
	 */
	public Path serverCertificate() {
		return file(SERVER, "crt");
	}

	/**
	 * The private key of servers.
	 * @return a PEM file, PKCS8, not encrypted
	 */
	public Path serverKey() {
		return file(SERVER, "key");
	}

	/**
	 * The key and the certificate of servers.
	 * @return a PKCS12 file
	 */
	public Path serverKeyStore() {
		return file(SERVER, "p12");
	}

	/**
	 * The certificate of clients.
	 * @return a PEM file
	 */
	public Path clientCertificate() {
		return file(CLIENT, "crt");
	}

	/**
	 * The private key of clients.
	 * @return a PEM file, PKCS8, not encrypted
	 */
	public Path clientKey() {
		return file(CLIENT, "key");
	}

	/**
	 * The key and the certificate of clients.
	 * @return a PKCS12 file
	 */
	public Path clientKeyStore() {
		return file(CLIENT, "p12");
	}

	private Path file(String name, String extension) {
		return this.folder.resolve(name + "." + extension);
	}

}
