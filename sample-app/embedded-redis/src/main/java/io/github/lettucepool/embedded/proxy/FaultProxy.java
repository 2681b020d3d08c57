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

package io.github.lettucepool.embedded.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A TCP proxy on the loopback interface that makes the faults of a network on demand.
 * {@link #resume()} ends what lasts. Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {

	private static final Duration BIND_TIMEOUT = Duration.ofSeconds(5);

	private final InetSocketAddress target;

	private final int port;

	private final ExecutorService threads = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "fault-proxy");
		thread.setDaemon(true);
		return thread;
	});

	private final Set<Link> links = ConcurrentHashMap.newKeySet();

	private final AtomicInteger accepted = new AtomicInteger();

	private final AtomicLong bytesToServer = new AtomicLong();

	private final AtomicLong bytesToClient = new AtomicLong();

	private ServerSocket listening;

	private volatile boolean frozen;

	private volatile boolean held;

	private volatile Duration delay = Duration.ZERO;

	/**
	 * Starts a proxy on a free port.
	 * @param targetPort the port on the loopback interface that it stands before
	 */
	public FaultProxy(int targetPort) {
		this.target = new InetSocketAddress(InetAddress.getLoopbackAddress(), targetPort);
		this.listening = listen(0);
		this.port = this.listening.getLocalPort();
	}

	/**
	 * The port to connect to.
	 * @return the port
	 */
	public int port() {
		return this.port;
	}

	/**
	 * From now on, everything that is sent either way disappears. Connections stay open,
	 * and new ones are accepted. One that lost something is reset by {@link #resume()}.
	 */
	public void freeze() {
		this.frozen = true;
	}

	/**
	 * The peers of the connections that are open now fall silent for good: nothing gets
	 * through any more, and nobody ever closes them. New connections work.
	 */
	public void silenceAll() {
		this.links.forEach((link) -> link.silent = true);
	}

	/**
	 * Resets all connections that are open now.
	 */
	public void resetAll() {
		this.links.forEach(Link::reset);
	}

	/**
	 * From now on, new connections are refused; those that are open stay.
	 */
	public synchronized void refuse() {
		closeQuietly(this.listening);
	}

	/**
	 * From now on, everything arrives later.
	 * @param delay by how much
	 */
	public void delay(Duration delay) {
		this.delay = delay;
	}

	/**
	 * From now on, nothing arrives before {@link #resume()}.
	 */
	public void hold() {
		this.held = true;
	}

	/**
	 * Works again: nothing is delayed, held, swallowed or refused.
	 */
	public synchronized void resume() {
		this.held = false;
		this.delay = Duration.ZERO;
		this.frozen = false;
		this.links.stream().filter((link) -> link.lossy).forEach(Link::reset);
		if (this.listening.isClosed()) {
			this.listening = listen(this.port);
		}
	}

	/**
	 * Whether a connection that is open has lost something.
	 * @return {@code true} if it will be reset
	 */
	public boolean hasSwallowed() {
		return this.links.stream().anyMatch((link) -> link.lossy);
	}

	/**
	 * How many connections are open.
	 * @return the number
	 */
	public int connections() {
		return this.links.size();
	}

	/**
	 * How many connections were ever accepted.
	 * @return the number
	 */
	public int accepted() {
		return this.accepted.get();
	}

	/**
	 * How many bytes got through to the server.
	 * @return the number
	 */
	public long bytesToServer() {
		return this.bytesToServer.get();
	}

	/**
	 * How many bytes got through to clients.
	 * @return the number
	 */
	public long bytesToClient() {
		return this.bytesToClient.get();
	}

	/**
	 * Refuses new connections and resets those that are open.
	 */
	@Override
	public void close() {
		this.held = false;
		refuse();
		resetAll();
		this.threads.shutdown();
	}

	/**
	 * Listens; on a given port it may have to wait, for a client that was just given the
	 * port for its end of another connection.
	 */
	private ServerSocket listen(int port) {
		long deadline = System.nanoTime() + BIND_TIMEOUT.toNanos();
		while (true) {
			try {
				ServerSocket socket = new ServerSocket(port, 0, InetAddress.getLoopbackAddress());
				this.threads.execute(() -> accept(socket));
				return socket;
			}
			catch (IOException ex) {
				if (System.nanoTime() > deadline) {
					throw new UncheckedIOException("Cannot listen on port %d".formatted(port), ex);
				}
				LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
			}
		}
	}

	private void accept(ServerSocket socket) {
		while (!socket.isClosed()) {
			try {
				Socket client = socket.accept();
				this.accepted.incrementAndGet();
				Link link = new Link(client);
				this.links.add(link);
				this.threads.execute(link::connect);
			}
			catch (IOException ex) {
				// Refusing: the loop ends.
			}
		}
	}

	private static void closeQuietly(AutoCloseable closeable) {
		try {
			closeable.close();
		}
		catch (Exception ex) {
			// It is closed, which was the aim.
		}
	}

	/**
	 * A connection of a client and the one to the server that belongs to it.
	 */
	private final class Link {

		private final Socket client;

		private final Socket server = new Socket();

		private volatile boolean lossy;

		private volatile boolean silent;

		private Link(Socket client) {
			this.client = client;
		}

		private void connect() {
			try {
				this.client.setTcpNoDelay(true);
				this.server.setTcpNoDelay(true);
				this.server.connect(FaultProxy.this.target);
			}
			catch (IOException ex) {
				reset();
				return;
			}
			FaultProxy.this.threads.execute(() -> pump(this.client, this.server, FaultProxy.this.bytesToServer));
			pump(this.server, this.client, FaultProxy.this.bytesToClient);
		}

		private void pump(Socket from, Socket to, AtomicLong bytes) {
			byte[] buffer = new byte[8192];
			try {
				InputStream in = from.getInputStream();
				OutputStream out = to.getOutputStream();
				for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
					LockSupport.parkNanos(FaultProxy.this.delay.toNanos());
					while (FaultProxy.this.held) {
						LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
					}
					if (isPassing()) {
						out.write(buffer, 0, count);
						bytes.addAndGet(count);
					}
				}
				closeUnlessSilent(from);
			}
			catch (IOException ex) {
				closeUnlessSilent(from);
			}
		}

		private boolean isPassing() {
			if (this.silent) {
				return false;
			}
			if (FaultProxy.this.frozen) {
				this.lossy = true;
				if (!FaultProxy.this.frozen) {
					// Resumed in between, and perhaps not seen.
					reset();
				}
			}
			// Behind a gap nothing may get through: no network does that to TCP.
			return !this.lossy;
		}

		private void closeUnlessSilent(Socket ended) {
			if (this.silent && ended == this.server) {
				// The client does not hear of it.
				closeQuietly(this.server);
				return;
			}
			FaultProxy.this.links.remove(this);
			closeQuietly(this.client);
			closeQuietly(this.server);
		}

		private void reset() {
			try {
				this.client.setSoLinger(true, 0);
				this.server.setSoLinger(true, 0);
			}
			catch (IOException ex) {
				// Closed already.
			}
			FaultProxy.this.links.remove(this);
			closeQuietly(this.client);
			closeQuietly(this.server);
		}

	}

}
