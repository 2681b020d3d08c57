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
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A plain connection to a server, to look at it from outside of any pool. Speaks RESP2,
 * waits for each reply, up to five seconds. Not thread-safe.
 */
public final class RespClient implements AutoCloseable {

	static final Duration TIMEOUT = Duration.ofSeconds(5);

	private final Socket socket;

	private final Charset charset;

	private final InputStream in;

	private final OutputStream out;

	/**
	 * Connects, without TLS and without a password: say {@code AUTH} if one is needed.
	 * @param host the host
	 * @param port the port
	 * @throws IOException if that fails
	 */
	public RespClient(String host, int port) throws IOException {
		this(new Socket(), host, port, TIMEOUT, StandardCharsets.UTF_8);
	}

	/**
	 * Connects.
	 * @param socket the socket, which is closed with this client
	 * @param host the host
	 * @param port the port
	 * @param timeout how long to wait for the connection and for each reply
	 * @param charset the encoding of arguments and replies
	 * @throws IOException if that fails
	 */
	RespClient(Socket socket, String host, int port, Duration timeout, Charset charset) throws IOException {
		int millis = Math.toIntExact(timeout.toMillis());
		this.socket = socket;
		this.charset = charset;
		try {
			this.socket.connect(new InetSocketAddress(host, port), millis);
			this.socket.setSoTimeout(millis);
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
	 * @return a {@code String}, {@code Long}, {@code List} or {@code null}; an error
	 * within a list is an {@link EmbeddedRedisException}
	 * @throws IOException if the connection fails or the reply takes too long
	 * @throws EmbeddedRedisException if the server answers with an error
	 */
	public @Nullable Object execute(String... command) throws IOException {
		ByteArrayOutputStream request = new ByteArrayOutputStream();
		request.writeBytes(header('*', command.length));
		for (String argument : command) {
			byte[] bytes = argument.getBytes(this.charset);
			request.writeBytes(header('$', bytes.length));
			request.writeBytes(bytes);
			request.writeBytes(new byte[] { '\r', '\n' });
		}
		this.out.write(request.toByteArray());
		this.out.flush();
		Object reply = readReply(command[0]);
		if (reply instanceof EmbeddedRedisException error) {
			throw error;
		}
		return reply;
	}

	private static byte[] header(char type, int length) {
		return (type + Integer.toString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII);
	}

	private @Nullable Object readReply(String command) throws IOException {
		String line = readLine();
		String rest = line.substring(1);
		return switch (line.charAt(0)) {
			case '+' -> rest;
			case ':' -> Long.valueOf(rest);
			case '$' -> readBulk(Integer.parseInt(rest));
			case '*' -> readArray(command, Integer.parseInt(rest));
			case '-' -> new EmbeddedRedisException("%s: %s".formatted(command, rest), null);
			default -> throw new IOException("Not a reply: " + line);
		};
	}

	private @Nullable String readBulk(int length) throws IOException {
		if (length < 0) {
			return null;
		}
		byte[] bytes = this.in.readNBytes(length);
		if (bytes.length < length || this.in.readNBytes(2).length < 2) {
			throw new EOFException("The server closed the connection within a reply");
		}
		return new String(bytes, this.charset);
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
		ByteArrayOutputStream line = new ByteArrayOutputStream();
		for (int next = this.in.read(); next != '\r'; next = this.in.read()) {
			if (next < 0) {
				throw new EOFException("The server closed the connection");
			}
			line.write(next);
		}
		this.in.read();
		return line.toString(this.charset);
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

}
