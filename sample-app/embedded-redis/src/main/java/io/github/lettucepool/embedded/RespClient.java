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

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A plain connection to a server, to look at it from outside of any pool. Speaks RESP2,
 * waits for each reply. Not thread-safe.
 */
public final class RespClient implements AutoCloseable {

	private static final int TIMEOUT_MILLIS = 5_000;

	private final Socket socket = new Socket();

	private final InputStream in;

	private final OutputStream out;

	/**
	 * Connects.
	 * @param host the host
	 * @param port the port
	 * @throws IOException if that fails
	 */
	public RespClient(String host, int port) throws IOException {
		try {
			this.socket.connect(new InetSocketAddress(host, port), TIMEOUT_MILLIS);
			this.socket.setSoTimeout(TIMEOUT_MILLIS);
			this.socket.setTcpNoDelay(true);
			this.in = new BufferedInputStream(this.socket.getInputStream());
			this.out = this.socket.getOutputStream();
		}
		catch (IOException ex) {
			this.socket.close();
			throw ex;
		}
	}

	/**
	 * Sends a command and waits for its reply.
	 * @param command the command and its arguments
	 * @return a {@code String}, {@code Long}, {@code List} or {@code null}
	 * @throws IOException if the connection fails
	 * @throws EmbeddedRedisException if the server answers with an error
	 */
	public @Nullable Object execute(String... command) throws IOException {
		StringBuilder request = new StringBuilder("*").append(command.length).append("\r\n");
		for (String argument : command) {
			request.append('$').append(argument.getBytes(StandardCharsets.UTF_8).length).append("\r\n");
			request.append(argument).append("\r\n");
		}
		this.out.write(request.toString().getBytes(StandardCharsets.UTF_8));
		this.out.flush();
		return readReply(command[0]);
	}

	private @Nullable Object readReply(String command) throws IOException {
		String line = readLine();
		String rest = line.substring(1);
		return switch (line.charAt(0)) {
			case '+' -> rest;
			case ':' -> Long.valueOf(rest);
			case '$' -> readBulk(Integer.parseInt(rest));
			case '*' -> readArray(command, Integer.parseInt(rest));
			case '-' -> throw new EmbeddedRedisException("%s: %s".formatted(command, rest), null);
			default -> throw new IOException("Not a reply: " + line);
		};
	}

	private @Nullable String readBulk(int length) throws IOException {
		if (length < 0) {
			return null;
		}
		byte[] bytes = this.in.readNBytes(length);
		if (bytes.length < length || this.in.skip(2) < 2) {
			throw new EOFException("The server closed the connection within a reply");
		}
		return new String(bytes, StandardCharsets.UTF_8);
	}

	private @Nullable List<@Nullable Object> readArray(String command, int length) throws IOException {
		if (length < 0) {
			return null;
		}
		List<@Nullable Object> elements = new ArrayList<>(length);
		for (int i = 0; i < length; i++) {
			elements.add(readReply(command));
		}
		return elements;
	}

	private String readLine() throws IOException {
		StringBuilder line = new StringBuilder();
		for (int next = this.in.read(); next != '\r'; next = this.in.read()) {
			if (next < 0) {
				throw new EOFException("The server closed the connection");
			}
			line.append((char) next);
		}
		this.in.read();
		return line.toString();
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

}
