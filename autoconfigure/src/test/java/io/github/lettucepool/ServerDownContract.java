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
package io.github.lettucepool;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.junit.jupiter.api.Test;
import org.springframework.data.redis.RedisConnectionFailureException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * A server that is down, and that comes back.
 */
interface ServerDownContract extends PoolContract {

	@Test
	default void borrowingFailsWithTheConnectErrorAtOnceWhileTheServerIsDown() {
		TestedPool pool = start((settings) -> settings);
		pool.open(2);
		server().kill();
		await().until(() -> pool.total() == 0);
		for (int i = 0; i < 500; i++) {
			assertThatExceptionOfType(PoolConnectException.class).isThrownBy(pool::borrow)
				.isInstanceOf(RedisConnectionFailureException.class)
				.withMessageContainingAll("'contract'", "127.0.0.1", String.valueOf(server().port()));
		}
		assertThat(pool.pool().snapshot().connectError()).contains(String.valueOf(server().port()));
		assertThat(pool.active()).isZero();
		assertThat(pool.total()).isLessThanOrEqualTo(1);
		assertThat(pool.events().timedOutCount()).isZero();
	}

	@Test
	default void aServerThatIsDownSeesTenAttemptsASecondAtMost() throws Exception {
		TestedPool pool = start((settings) -> settings);
		server().stop();
		long start = System.nanoTime();
		try (Listener listener = new Listener(server().port(), true)) {
			for (int i = 0; i < 2_000; i++) {
				assertThatExceptionOfType(PoolConnectException.class).isThrownBy(pool::borrow);
			}
			await().until(() -> listener.accepted() >= 2);
			// What may grow meanwhile is read before what bounds it.
			int accepted = listener.accepted();
			int attempts = pool.events().connectsFailedCount();
			long tenths = Duration.ofNanos(System.nanoTime() - start).toMillis() / 100;
			assertThat(attempts).isLessThanOrEqualTo((int) tenths + 2);
			// An attempt may take two sockets, and one may be under way.
			assertThat(accepted).isLessThanOrEqualTo(2 * (attempts + 1));
		}
	}

	@Test
	default void noMoreThanMaxConcurrentConnectsAreUnderWay() throws Exception {
		TestedPool pool = start((settings) -> settings.maxSize(20).maxConcurrentConnects(3));
		server().stop();
		List<CompletableFuture<Borrowed>> borrowers = new ArrayList<>();
		try (Listener listener = new Listener(server().port(), false)) {
			for (int i = 0; i < 20; i++) {
				borrowers.add(pool.borrowLater());
			}
			await().until(() -> pool.total() == 20 && listener.accepted() == firstSockets(3));
			// Time enough for a fourth one to come.
			await().during(Duration.ofMillis(200)).until(() -> listener.accepted() == firstSockets(3));
		}
		for (CompletableFuture<Borrowed> borrower : borrowers) {
			assertThatExceptionOfType(PoolConnectException.class)
				.isThrownBy(() -> Borrowed.reply(borrower.handle((borrowed, ex) -> {
					throw (RuntimeException) ((ex instanceof PoolConnectException) ? ex : ex.getCause());
				})));
		}
		await().until(() -> pool.total() == 0);
	}

	@Test
	default void theServersReturnIsFoundWithoutABorrower() {
		TestedPool pool = start((settings) -> settings);
		server().stop();
		assertThatExceptionOfType(PoolConnectException.class).isThrownBy(pool::borrow);
		server().start();
		await().until(() -> pool.pool().snapshot().connectError() == null);
		pool.borrow().giveBack();
		assertThat(connections()).isOne();
	}

	@Test
	default void theNextBorrowAfterARestartSucceeds() {
		TestedPool pool = start(
				(settings) -> settings.validateAfterIdle(Duration.ZERO).validationTimeout(Duration.ofMillis(500)));
		pool.open(3);
		server().kill();
		server().start();
		Borrowed borrowed = pool.borrow();
		assertThat(borrowed.call("ECHO", "fine")).isEqualTo("fine");
		borrowed.giveBack();
		await().until(() -> pool.total() == connections());
	}

	@Test
	default void aBorrowerThatWaitsWhenTheServerComesBackGetsAConnection() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed first = pool.borrow();
		CompletableFuture<Borrowed> waiting = pool.borrowLaterAndWait();
		server().kill();
		await().until(() -> !first.connection().isOpen());
		first.giveBack();
		await().until(() -> pool.pool().snapshot().connectError() != null);
		assertThat(waiting).isNotDone();
		server().start();
		Borrowed second = Borrowed.reply(waiting);
		assertThat(second.call("ECHO", "back")).isEqualTo("back");
		second.giveBack();
	}

	@Test
	default void newcomersFailAtOnceWhileOthersWaitForTheServerToComeBack() {
		TestedPool pool = start((settings) -> settings.maxSize(2));
		List<Borrowed> first = pool.borrow(2);
		List<CompletableFuture<Borrowed>> waiting = List.of(pool.borrowLaterAndWait(), pool.borrowLaterAndWait(),
				pool.borrowLaterAndWait());
		server().kill();
		await().until(() -> first.stream().noneMatch((borrowed) -> borrowed.connection().isOpen()));
		first.forEach(Borrowed::giveBack);
		await().until(() -> pool.pool().snapshot().connectError() != null);
		for (int i = 0; i < 100; i++) {
			assertThatExceptionOfType(PoolConnectException.class).isThrownBy(pool::borrow);
		}
		assertThat(waiting).noneMatch(CompletableFuture::isDone);
		server().start();
		waiting.forEach((borrower) -> Borrowed.reply(borrower).giveBack());
	}

	@Test
	default void aBorrowerThatWaitedInVainForTheServerIsToldTheConnectError() {
		TestedPool pool = start((settings) -> settings.maxSize(1).maxWait(Duration.ofSeconds(2)));
		Borrowed first = pool.borrow();
		CompletableFuture<Borrowed> waiting = pool.borrowLaterAndWait();
		server().kill();
		await().until(() -> !first.connection().isOpen());
		first.giveBack();
		assertThatExceptionOfType(PoolConnectException.class)
			.isThrownBy(() -> Borrowed.reply(waiting.exceptionally((ex) -> {
				throw (RuntimeException) ((ex instanceof PoolConnectException) ? ex : ex.getCause());
			})));
		await().until(() -> pool.pending() == 0 && pool.active() == 0 && pool.total() == 0);
		server().start();
		await().until(() -> pool.pool().snapshot().connectError() == null);
		pool.borrow().giveBack();
	}

	@Test
	default void connectionsAreFilledUpToMinIdleWhenTheServerComesBack() {
		TestedPool pool = start((settings) -> settings.minIdle(3));
		await().until(() -> pool.idle() == 3);
		server().kill();
		await().until(() -> pool.pool().snapshot().connectError() != null && pool.idle() == 0);
		server().start();
		await().until(() -> pool.idle() >= 3 && connections() == pool.total());
	}

	/**
	 * Takes the place of a server that is down, and counts who comes.
	 */
	final class Listener implements AutoCloseable {

		private final ServerSocket socket;

		private final Queue<Socket> accepted = new ConcurrentLinkedQueue<>();

		Listener(int port, boolean closing) throws IOException {
			this.socket = new ServerSocket();
			this.socket.setReuseAddress(true);
			this.socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
			Thread thread = new Thread(() -> accept(closing), "listener");
			thread.setDaemon(true);
			thread.start();
		}

		private void accept(boolean closing) {
			try {
				while (true) {
					Socket client = this.socket.accept();
					this.accepted.add(client);
					if (closing) {
						client.close();
					}
				}
			}
			catch (IOException ex) {
				// The test is over.
			}
		}

		int accepted() {
			return this.accepted.size();
		}

		@Override
		public void close() throws IOException {
			this.socket.close();
			for (Socket client : this.accepted) {
				client.close();
			}
		}

	}

}
