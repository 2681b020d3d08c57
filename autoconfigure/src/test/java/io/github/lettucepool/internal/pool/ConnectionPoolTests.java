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

package io.github.lettucepool.internal.pool;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolExhaustedException;
import io.github.lettucepool.PoolSettings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

/**
 * The pool on fake connections and a clock that the test moves.
 */
@Tag("unit")
@ExtendWith(OutputCaptureExtension.class)
class ConnectionPoolTests {

	private static final Duration SECOND = Duration.ofSeconds(1);

	private final IllegalStateException refused = new IllegalStateException("refused");

	private final MovedTime time = new MovedTime();

	private final FakeServer server = new FakeServer();

	private final Events events = new Events();

	private PoolSettings settings = PoolSettings.builder().maxSize(2).build();

	private ConnectionPool pool = pool((settings) -> {
	});

	private Borrowing borrowing = this.pool.add(this.server::open);

	@Test
	void aBorrowerGetsANewConnectionAndTheNextBorrowerTheSame() {
		Lease lease = borrow();
		assertThat(lease.connection()).isSameAs(this.server.opened.get(0));
		assertFigures(1, 0, 1);
		assertThat(lease.end()).isTrue();
		assertFigures(0, 1, 1);
		assertThat(borrow().connection()).isSameAs(this.server.opened.get(0));
		assertThat(this.server.opened).hasSize(1);
	}

	@Test
	void theConnectionThatCameBackLastIsLentFirst() {
		Lease first = borrow();
		Lease second = borrow();
		second.end();
		first.end();
		assertThat(borrow().connection()).isSameAs(first.connection());
	}

	@Test
	void aConnectionKnowsItsLeaseAndItsUserUntilItComesBack() {
		borrow().end();
		this.server.opened.get(0).users.clear();
		Lease lease = this.borrowing.borrow(null);
		FakeConnection connection = (FakeConnection) lease.connection();
		assertThat(connection.lease).isSameAs(lease);
		assertThat(connection.users).containsExactly(Thread.currentThread());
		lease.end();
		assertThat(connection.lease).isNull();
		assertThat(connection.users).containsExactly(Thread.currentThread(), null);
	}

	@Test
	void aLeaseEndsOnce() {
		Lease lease = borrow();
		assertThat(lease.end()).isTrue();
		assertThat(lease.end()).isFalse();
		assertThat(this.events.returned).hasSize(1);
		assertFigures(0, 1, 1);
		assertThat(this.borrowing.hasLent(lease)).isTrue();
		assertThat(pool((settings) -> {
		}).add(this.server::open).hasLent(lease)).isFalse();
	}

	@Test
	void noMoreConnectionsAreOpenThanMaxSizeWhateverTheirKind() {
		Borrowing other = this.pool.add(this.server::open);
		borrow();
		CompletableFuture<Lease> second = other.borrowAsync(null);
		CompletableFuture<Lease> third = this.borrowing.borrowAsync(null);
		this.time.settle();
		assertThat(second).isCompleted();
		assertThat(third).isNotDone();
		assertFigures(2, 0, 2);
		second.join().end();
		this.time.settle();
		// Of another kind: its place is needed.
		assertThat(third).isCompleted();
		assertThat(this.events.closed).containsExactly(CloseReason.ROOM);
		assertFigures(2, 0, 2);
	}

	@Test
	void aBorrowerWaitsUntilAConnectionIsClosedCompletelyBeforeItOpensOne() {
		Lease lease = borrow();
		borrow();
		FakeConnection connection = (FakeConnection) lease.connection();
		connection.closing = new CompletableFuture<>();
		connection.reasonToClose = CloseReason.UNCLEAN;
		CompletableFuture<Lease> next = this.borrowing.borrowAsync(null);
		lease.end();
		this.time.settle();
		assertThat(next).isNotDone();
		connection.closing.complete(null);
		this.time.settle();
		assertThat(next).isCompleted();
		assertFigures(2, 0, 2);
	}

	@Test
	void whoWaitsForMaxWaitIsToldWhoHasTheConnections() {
		borrow();
		borrow();
		CompletableFuture<Lease> third = this.borrowing.borrowAsync(null);
		this.time.move(Duration.ofMillis(2_999));
		assertThat(third).isNotDone();
		assertThat(this.pool.queuedFor()).isEqualTo(Duration.ofMillis(2_999));
		this.time.move(Duration.ofMillis(1));
		assertThat(failure(third)).isInstanceOf(PoolExhaustedException.class)
			.hasMessageStartingWith(
					"Pool 'test': no connection became free within max-wait (3000 ms); active=2, idle=0, "
							+ "pending=1, max-size=2; held longest by thread '")
			.hasMessageContaining("' for 3.000 s, thread '");
		assertThat(this.events.timedOut).isOne();
		assertThat(this.events.waits).endsWith("begun", "PoolExhaustedException");
		assertThat(this.pool.snapshot().pending()).isZero();
	}

	@Test
	void theBlockingBorrowerIsToldTheSame() {
		use((settings) -> settings.maxWait(Duration.ZERO).maxSize(1));
		borrow();
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(() -> this.borrowing.borrow(null))
			.withMessageContaining("within max-wait (0 ms); active=1, idle=0");
	}

	@Test
	void aBorrowerThatCancelsLeavesEverythingToTheOthers() {
		borrow();
		Lease second = borrow();
		CompletableFuture<Lease> cancelled = this.borrowing.borrowAsync(null);
		CompletableFuture<Lease> next = this.borrowing.borrowAsync(null);
		cancelled.cancel(false);
		second.end();
		this.time.settle();
		assertThat(next).isCompleted();
		assertThat(this.events.gaveUp).isOne();
		assertFigures(2, 0, 2);
	}

	@Test
	void aConnectionThatArrivesAfterItsBorrowerGaveUpBecomesIdle() {
		this.server.slow = true;
		CompletableFuture<Lease> cancelled = this.borrowing.borrowAsync(null);
		this.time.settle();
		cancelled.cancel(false);
		this.server.succeed();
		assertFigures(0, 1, 1);
		assertThat(borrow().connection()).isSameAs(this.server.opened.get(0));
	}

	@Test
	void aConnectionThatIsNeverOpenedForABorrowerWhoGaveUpTakesNoRoom() {
		use((settings) -> settings.maxConcurrentConnects(1));
		this.server.slow = true;
		CompletableFuture<Lease> first = this.borrowing.borrowAsync(null);
		CompletableFuture<Lease> second = this.borrowing.borrowAsync(null);
		this.time.settle();
		second.cancel(false);
		assertThat(this.pool.snapshot().total()).isOne();
		this.server.succeed();
		this.time.settle();
		assertThat(first).isCompleted();
		assertThat(this.server.begun).isOne();
	}

	@Test
	void aBorrowerWhoIsInterruptedLosesNothing() throws Exception {
		borrow();
		borrow();
		CompletableFuture<Throwable> failure = new CompletableFuture<>();
		Thread borrower = new Thread(() -> {
			try {
				this.borrowing.borrow(null);
			}
			catch (RuntimeException ex) {
				assertThat(Thread.currentThread().isInterrupted()).isTrue();
				failure.complete(ex);
			}
		});
		borrower.start();
		await().until(() -> this.pool.snapshot().pending() == 1);
		borrower.interrupt();
		borrower.join();
		assertThat(failure).isCompleted();
		assertThat(failure.join()).hasMessage("Interrupted while waiting for a connection of pool 'test'")
			.hasCauseInstanceOf(InterruptedException.class);
		assertFigures(2, 0, 2);
		assertThat(this.events.gaveUp).isOne();
	}

	@Test
	void aBorrowerWhoIsInterruptedWhileItsConnectionIsOpenedLeavesItToTheNext() throws Exception {
		this.server.slow = true;
		Thread borrower = new Thread(() -> assertThatExceptionOfType(PoolExhaustedException.class)
			.isThrownBy(() -> this.borrowing.borrow(null)));
		borrower.start();
		await().until(() -> this.pool.snapshot().total() == 1);
		this.time.settle();
		borrower.interrupt();
		borrower.join();
		this.server.succeed();
		assertFigures(0, 1, 1);
	}

	@Test
	void noMoreBorrowersWaitThanMaxPending() {
		use((settings) -> settings.maxSize(1).maxPending(1));
		borrow();
		CompletableFuture<Lease> waiting = this.borrowing.borrowAsync(null);
		assertThat(failure(settled(this.borrowing.borrowAsync(null)))).isInstanceOf(PoolExhaustedException.class)
			.hasMessageContaining("no more than max-pending borrowers may wait, and 1 borrowers are waiting already");
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(() -> this.borrowing.borrow(null));
		assertThat(this.events.rejected).isEqualTo(2);
		assertThat(waiting).isNotDone();
	}

	@Test
	void whileTheServerIsDownBorrowersFailAtOnceUntilAProbeSucceeds() {
		this.server.down = this.refused;
		assertThat(failure(settled(this.borrowing.borrowAsync(null)))).isInstanceOf(PoolConnectException.class)
			.hasMessage("Pool 'test' cannot connect to Redis: refused")
			.hasCause(this.refused);
		for (int i = 0; i < 10; i++) {
			assertThat(failure(settled(this.borrowing.borrowAsync(null)))).hasCause(this.refused);
		}
		assertThat(this.server.begun).isOne();
		this.time.move(Duration.ofMillis(100));
		assertThat(this.server.begun).isEqualTo(2);
		this.server.down = null;
		this.time.move(Duration.ofMillis(100));
		assertThat(this.pool.connectError()).isNull();
		assertFigures(0, 1, 1);
		assertThat(borrow().connection()).isSameAs(this.server.opened.get(0));
	}

	@Test
	void aConnectionThatFindsTheServerBackIsClosedIfThereIsNoRoomForIt() {
		borrow();
		this.server.down = this.refused;
		failure(settled(this.borrowing.borrowAsync(null)));
		resize(1);
		this.server.down = null;
		this.time.move(Duration.ofMillis(100));
		assertThat(this.pool.connectError()).isNull();
		assertFigures(1, 0, 1);
		assertThat(this.server.opened).hasSize(2).last().extracting("closed").isEqualTo(true);
		assertThat(this.events.opened).isEqualTo(2);
		assertThat(this.events.closed).containsExactly(CloseReason.ROOM);
	}

	@Test
	void aBorrowerWhoWasWaitingAlreadyWaitsForTheServer() {
		use((settings) -> settings.maxSize(1).maxWait(Duration.ofSeconds(10)));
		Lease lease = borrow();
		CompletableFuture<Lease> patient = this.borrowing.borrowAsync(null);
		this.server.down = this.refused;
		((FakeConnection) lease.connection()).lose();
		lease.end();
		this.time.move(Duration.ofSeconds(5));
		assertThat(patient).isNotDone();
		// Nobody has a connection: who comes now would wait for the server too.
		assertThat(failure(settled(this.borrowing.borrowAsync(null)))).isInstanceOf(PoolConnectException.class);
		this.server.down = null;
		this.time.move(SECOND);
		assertThat(patient).isCompleted();
	}

	@Test
	void aBorrowerWhoWaitsInVainForTheServerIsToldTheReason() {
		use((settings) -> settings.maxSize(1));
		Lease lease = borrow();
		CompletableFuture<Lease> patient = this.borrowing.borrowAsync(null);
		this.server.down = this.refused;
		((FakeConnection) lease.connection()).lose();
		lease.end();
		this.time.move(Duration.ofSeconds(3));
		assertThat(failure(patient)).isInstanceOf(PoolConnectException.class).hasCause(this.refused);
	}

	@Test
	void aConnectionThatIsNotOpenWithinMaxWaitIsAFailureToConnect() {
		this.server.slow = true;
		CompletableFuture<Lease> borrower = this.borrowing.borrowAsync(null);
		this.time.move(Duration.ofSeconds(3));
		assertThat(failure(borrower)).isInstanceOf(PoolConnectException.class)
			.hasMessageContaining("no connection to the server within max-wait (3000 ms)");
	}

	@Test
	void aConnectionThatWasHeardOfJustNowIsLentWithoutAProbe() {
		borrow().end();
		FakeConnection connection = this.server.opened.get(0);
		connection.answersProbes = false;
		this.time.move(SECOND);
		assertThat(borrow().connection()).isSameAs(connection);
		assertThat(connection.probes).isEmpty();
	}

	@Test
	void aConnectionThatWasIdleForLongIsProbedBeforeItIsLent() {
		borrow().end();
		FakeConnection connection = this.server.opened.get(0);
		connection.answersProbes = false;
		this.time.move(Duration.ofMillis(1_001));
		CompletableFuture<Lease> borrower = this.borrowing.borrowAsync(null);
		assertThat(borrower).isNotDone();
		connection.probes.get(0).complete(null);
		assertThat(borrower).isCompleted();
		assertThat(this.server.opened).hasSize(1);
	}

	@Test
	void aConnectionThatDoesNotAnswerItsProbeIsReplacedAndTheOtherIdleOnesAreProbedToo() {
		use((settings) -> settings.maxSize(4));
		List<Lease> leases = IntStream.range(0, 3).mapToObj((i) -> borrow()).toList();
		leases.forEach(Lease::end);
		this.server.opened.forEach((connection) -> connection.answersProbes = false);
		this.time.move(Duration.ofSeconds(2));
		CompletableFuture<Lease> borrower = this.borrowing.borrowAsync(null);
		this.time.move(Duration.ofMillis(500));
		assertThat(borrower).isCompleted();
		assertThat(borrower.join().connection()).isSameAs(this.server.opened.get(3));
		this.time.move(Duration.ofMillis(500));
		assertThat(this.events.closed).containsOnly(CloseReason.VALIDATION_FAILED).hasSize(3);
		assertFigures(1, 0, 1);
	}

	@Test
	void theAnswerToAProbeSaysWhyAConnectionIsOfNoUse() {
		borrow().end();
		FakeConnection connection = this.server.opened.get(0);
		connection.answersProbes = false;
		this.time.move(Duration.ofSeconds(2));
		CompletableFuture<Lease> borrower = this.borrowing.borrowAsync(null);
		connection.probes.get(0).complete(CloseReason.UNCLEAN);
		assertThat(settled(borrower)).isCompleted();
		assertThat(this.events.closed).containsExactly(CloseReason.UNCLEAN);
	}

	@Test
	void aLookFindsAConnectionThatThePeerHasClosed() {
		borrow().end();
		this.server.opened.get(0).silentlyClosed = true;
		this.time.move(Duration.ofMillis(1));
		assertThat(borrow().connection()).isSameAs(this.server.opened.get(1));
		assertThat(this.events.closed).containsExactly(CloseReason.BROKEN);
	}

	@Test
	void aLostConnectionIsClosedWhileItIsIdleWithoutABorrower() {
		this.pool.start();
		borrow().end();
		this.time.move(Duration.ofMillis(10));
		this.server.opened.get(0).lose();
		this.time.move(SECOND);
		assertThat(this.events.closed).containsExactly(CloseReason.BROKEN);
		assertFigures(0, 0, 0);
	}

	@Test
	void aLostConnectionIsClosedWhenItComesBack() {
		Lease lease = borrow();
		((FakeConnection) lease.connection()).lose();
		assertFigures(1, 0, 1);
		lease.end();
		assertThat(this.events.closed).containsExactly(CloseReason.BROKEN);
		assertFigures(0, 0, 0);
	}

	@ParameterizedTest
	@EnumSource(names = { "REPLY_OUTSTANDING", "UNCLEAN", "READ_ONLY" })
	void aConnectionThatCannotBePutInOrderIsClosedWhenItComesBack(CloseReason reason) {
		Lease lease = borrow();
		((FakeConnection) lease.connection()).reasonToClose = reason;
		lease.end();
		assertThat(this.events.closed).containsExactly(reason);
		assertFigures(0, 0, 0);
	}

	@Test
	void noMoreThanFourConnectionsASecondAreClosedBecauseTheyLeadToAReplica() {
		use((settings) -> settings.maxSize(16));
		List<Lease> leases = IntStream.range(0, 16).mapToObj((i) -> borrow()).toList();
		this.server.opened.forEach((connection) -> connection.reasonToClose = CloseReason.READ_ONLY);
		leases.forEach(Lease::end);
		assertThat(this.events.closed).hasSize(4);
		assertFigures(0, 12, 12);
	}

	@Test
	void aConnectionThatIsBeingPutInOrderIsLentAfterwards() {
		use((settings) -> settings.maxSize(1));
		Lease lease = borrow();
		FakeConnection connection = (FakeConnection) lease.connection();
		connection.order = new CompletableFuture<>();
		lease.end();
		CompletableFuture<Lease> next = settled(this.borrowing.borrowAsync(null));
		assertThat(next).isNotDone();
		assertFigures(0, 0, 1);
		connection.order.complete(null);
		assertThat(settled(next)).isCompleted();
		assertThat(next.join().connection()).isSameAs(connection);
	}

	@Test
	void aConnectionThatCannotBePutInOrderInTimeIsClosed() {
		Lease refused = borrow();
		Lease silent = borrow();
		((FakeConnection) refused.connection()).order = CompletableFuture.completedFuture(CloseReason.UNCLEAN);
		((FakeConnection) silent.connection()).order = new CompletableFuture<>();
		refused.end();
		silent.end();
		assertThat(this.events.closed).containsExactly(CloseReason.UNCLEAN);
		this.time.move(Duration.ofMillis(500));
		assertThat(this.events.closed).containsExactly(CloseReason.UNCLEAN, CloseReason.REPLY_OUTSTANDING);
		assertFigures(0, 0, 0);
	}

	@Test
	void idleConnectionsAreKeptAliveByProbes() {
		this.pool.start();
		borrow().end();
		FakeConnection connection = this.server.opened.get(0);
		connection.answersProbes = false;
		this.time.move(Duration.ofSeconds(30));
		assertThat(connection.probes).isEmpty();
		this.time.move(Duration.ofSeconds(1));
		assertThat(connection.probes).hasSize(1);
		connection.probes.get(0).complete(null);
		assertFigures(0, 1, 1);
		this.time.move(Duration.ofMillis(31_100));
		assertThat(connection.probes).hasSize(2);
		assertThat(this.events.closed).isEmpty();
		this.time.move(Duration.ofMillis(500));
		assertThat(this.events.closed).containsExactly(CloseReason.VALIDATION_FAILED);
		assertFigures(0, 0, 0);
	}

	@Test
	void aConnectionThatIsIdleForTooLongIsClosedDownToMinIdle() {
		use((settings) -> settings.minIdle(1).maxSize(3).keepaliveInterval(Duration.ZERO));
		this.pool.start();
		List<Lease> leases = IntStream.range(0, 3).mapToObj((i) -> borrow()).toList();
		leases.forEach(Lease::end);
		this.time.move(Duration.ofMinutes(10).plus(Duration.ofSeconds(2)));
		assertThat(this.events.closed).containsExactly(CloseReason.IDLE, CloseReason.IDLE);
		assertFigures(0, 1, 1);
	}

	@Test
	void aConnectionIsRetiredBeforeMaxLifetimeAndNotLongBefore() {
		use((settings) -> settings.idleTimeout(Duration.ZERO));
		this.pool.start();
		borrow().end();
		this.time.move(Duration.ofMinutes(27));
		assertThat(this.events.closed).isEmpty();
		this.time.move(Duration.ofMinutes(3).plus(SECOND));
		assertThat(this.events.closed).containsExactly(CloseReason.MAX_LIFETIME);
	}

	@Test
	void aLentConnectionThatIsTooOldIsClosedWhenItComesBack() {
		Lease lease = borrow();
		this.time.move(Duration.ofHours(1));
		lease.end();
		assertThat(this.events.closed).containsExactly(CloseReason.MAX_LIFETIME);
	}

	@Test
	void minIdleConnectionsAreOpenedAtTheStartAndAgainWhenOneIsBorrowed() {
		use((settings) -> settings.minIdle(2).maxSize(3));
		this.pool.start();
		this.time.settle();
		assertFigures(0, 2, 2);
		borrow();
		this.time.move(SECOND);
		assertFigures(1, 2, 3);
	}

	@Test
	void minIdleOpensNoMoreConnectionsThanAreMissingHoweverSlowTheServerIs() {
		use((settings) -> settings.minIdle(2).maxSize(8));
		this.server.slow = true;
		this.pool.start();
		this.time.move(Duration.ofSeconds(30));
		assertThat(this.server.begun).isEqualTo(2);
		CompletableFuture<Void> warm = this.pool.warmUp();
		assertThat(warm).isNotDone();
		this.server.succeed();
		this.server.succeed();
		assertThat(warm).isCompleted();
		assertFigures(0, 2, 2);
	}

	@Test
	void warmUpFailsWithTheErrorOfConnecting() {
		use((settings) -> settings.minIdle(1));
		this.server.down = this.refused;
		assertThat(failure(settled(this.pool.warmUp()))).isInstanceOf(PoolConnectException.class)
			.hasCause(this.refused);
	}

	@Test
	void noMoreStayIdleThanMaxIdle() {
		use((settings) -> settings.maxSize(3).maxIdle(1));
		List<Lease> leases = IntStream.range(0, 3).mapToObj((i) -> borrow()).toList();
		leases.forEach(Lease::end);
		assertThat(this.events.closed).containsExactly(CloseReason.IDLE, CloseReason.IDLE);
		assertFigures(0, 1, 1);
	}

	@Test
	void aLargerPoolServesThoseWhoWait() {
		borrow();
		borrow();
		CompletableFuture<Lease> third = this.borrowing.borrowAsync(null);
		resize(3);
		assertThat(settled(third)).isCompleted();
		assertFigures(3, 0, 3);
	}

	@Test
	void aSmallerPoolClosesIdleConnectionsAndThoseThatComeBack() {
		use((settings) -> settings.maxSize(4));
		this.pool.start();
		List<Lease> leases = IntStream.range(0, 4).mapToObj((i) -> borrow()).toList();
		leases.get(0).end();
		leases.get(1).end();
		resize(1);
		this.time.settle();
		assertThat(this.events.closed).containsExactly(CloseReason.RETIRED, CloseReason.RETIRED);
		leases.get(2).end();
		assertThat(this.events.closed).hasSize(3).containsOnly(CloseReason.RETIRED);
		leases.get(3).end();
		assertFigures(0, 1, 1);
	}

	@Test
	void retiringReplacesIdleConnectionsAtOnceAndLentOnesWhenTheyComeBack() {
		this.pool.start();
		Lease lent = borrow();
		borrow().end();
		this.pool.retireAll();
		this.time.settle();
		assertThat(this.events.closed).containsExactly(CloseReason.RETIRED);
		lent.end();
		assertThat(this.events.closed).containsExactly(CloseReason.RETIRED, CloseReason.RETIRED);
		assertThat(borrow().connection()).isSameAs(this.server.opened.get(2));
	}

	@Test
	void nothingIsLentWhileThePoolIsSuspended() {
		borrow().end();
		this.pool.suspend();
		assertThat(this.pool.isSuspended()).isTrue();
		CompletableFuture<Lease> waiting = settled(this.borrowing.borrowAsync(null));
		assertThat(waiting).isNotDone();
		CompletableFuture<Lease> late = this.borrowing.borrowAsync(null);
		this.time.move(Duration.ofSeconds(3));
		assertThat(failure(late)).hasMessageStartingWith("Pool 'test' (suspended): ");
		CompletableFuture<Lease> next = this.borrowing.borrowAsync(null);
		this.pool.resume();
		assertThat(settled(next)).isCompleted();
	}

	@Test
	void aLeaseThatLastsTooLongIsReportedOnceWithItsBorrower(CapturedOutput output) {
		use((settings) -> settings.leakDetectionThreshold(Duration.ofSeconds(10)));
		this.pool.start();
		Lease lease = borrow();
		this.time.move(Duration.ofSeconds(30));
		String thread = Thread.currentThread().getName();
		assertThat(this.events.leaked).containsExactly(thread);
		assertThat(output).containsOnlyOnce("Pool 'test': thread '%s' has had a connection for ".formatted(thread))
			.contains("aLeaseThatLastsTooLongIsReportedOnceWithItsBorrower");
		assertThat(this.pool.leases()).singleElement()
			.satisfies((snapshot) -> assertThat(snapshot.stack()).isNotEmpty()
				.allSatisfy((line) -> assertThat(line).doesNotStartWith("io.github.lettucepool.internal.pool.Lea")));
		lease.end();
		assertThat(output).containsOnlyOnce("seemed to have leaked came back after 30.000 s");
	}

	@Test
	void aShortLeaseIsNotReported(CapturedOutput output) {
		use((settings) -> settings.leakDetectionThreshold(Duration.ofSeconds(10)));
		this.pool.start();
		Lease lease = borrow();
		this.time.move(Duration.ofSeconds(9));
		lease.end();
		assertThat(this.events.leaked).isEmpty();
		assertThat(output).doesNotContain("Pool 'test'");
	}

	@Test
	void noStackIsRememberedWhereNobodyLooksForLeaks() {
		borrow();
		assertThat(this.pool.leases()).singleElement()
			.satisfies((snapshot) -> assertThat(snapshot.stack()).isEmpty())
			.satisfies((snapshot) -> assertThat(snapshot.thread()).isEqualTo(Thread.currentThread().getName()));
	}

	@Test
	void aLeaseEndsOnceItsUserIsGarbage(CapturedOutput output) {
		use((settings) -> settings.maxSize(3));
		this.pool.start();
		Object[] kept = { new Object() };
		Lease lease = borrow();
		lease.usedThrough(kept[0]);
		Lease other = borrow();
		other.usedThrough(this);
		System.gc();
		this.time.move(SECOND);
		assertFigures(2, 0, 2);
		kept[0] = null;
		await().until(() -> {
			System.gc();
			this.time.move(SECOND);
			return !this.events.closed.isEmpty();
		});
		assertThat(this.events.closed).containsExactly(CloseReason.FORGOTTEN);
		assertThat(lease.end()).isFalse();
		assertFigures(1, 0, 1);
		assertThat(output).containsOnlyOnce("Pool 'test': the connection that thread '")
			.contains("was never given back");
	}

	@Test
	void aLeaseThatItsBorrowerNeverSawEndsWithoutAWarning(CapturedOutput output) {
		this.pool.start();
		borrow().handedTo(new Object());
		await().until(() -> {
			System.gc();
			this.time.move(SECOND);
			return !this.events.closed.isEmpty();
		});
		assertThat(this.events.closed).containsExactly(CloseReason.FORGOTTEN);
		assertFigures(0, 0, 0);
		assertThat(output).doesNotContain("was never given back");
	}

	@Test
	void aLeaseThatItsBorrowerHasSeenEndsWithAWarning(CapturedOutput output) {
		this.pool.start();
		Lease lease = borrow();
		lease.handedTo(new Object());
		lease.seen();
		await().until(() -> {
			System.gc();
			this.time.move(SECOND);
			return !this.events.closed.isEmpty();
		});
		assertThat(output).contains("was never given back");
	}

	@Test
	void aBorrowerThatIsGoingToBlockWaitsLongerByThatTime() throws Exception {
		use((settings) -> settings.maxSize(1).maxWait(Duration.ofMillis(1)));
		borrow();
		CompletableFuture<Throwable> failure = new CompletableFuture<>();
		Thread borrower = new Thread(() -> {
			try {
				this.borrowing.borrow(Duration.ofSeconds(5));
			}
			catch (RuntimeException ex) {
				failure.complete(ex);
			}
		});
		borrower.start();
		await().until(() -> this.pool.snapshot().pending() == 1);
		this.time.move(Duration.ofSeconds(5));
		assertThat(failure).isNotDone();
		this.time.move(Duration.ofMillis(2));
		borrower.interrupt();
		borrower.join();
		assertThat(failure).isCompleted();
	}

	@Test
	void manyRejectionsASecondComeLater() {
		use((settings) -> settings.maxSize(1).maxPending(0));
		borrow();
		List<CompletableFuture<Lease>> rejected = IntStream.range(0, 4_000)
			.mapToObj((i) -> settled(this.borrowing.borrowAsync(null)))
			.toList();
		assertThat(rejected).filteredOn((future) -> !future.isDone()).isNotEmpty();
		this.time.move(Duration.ofMillis(20));
		assertThat(rejected).allSatisfy((future) -> assertThat(failure(future)).hasMessageNotContaining("held longest")
			.hasMessageContaining("active=1, pending=0, max-size=1"));
		assertThat(this.events.rejected).isEqualTo(4_000);
	}

	@Test
	@SuppressWarnings("deprecation") // Thread.threadId() is newer than Java 17.
	void theLongestLeasesAreNamedFirstAndAThreadWithoutANameByItsNumber() throws Exception {
		use((settings) -> settings.maxSize(4));
		assertThat(this.pool.describeLongestLeases()).isEqualTo("nobody has a connection");
		List<Thread> threads = new ArrayList<>();
		for (String name : List.of("first", "second", "", "fourth")) {
			CompletableFuture<Lease> lent = new CompletableFuture<>();
			Thread thread = new Thread(() -> this.borrowing.borrowAsync(null).thenAccept(lent::complete), name);
			thread.start();
			thread.join();
			this.time.move(SECOND);
			assertThat(lent).isCompleted();
			threads.add(thread);
		}
		assertThat(this.pool.describeLongestLeases()).isEqualTo(
				"held longest by thread 'first' for 4.000 s, thread 'second' for 3.000 s, thread '#%d' for 2.000 s"
					.formatted(threads.get(2).getId()));
	}

	@Test
	void stoppingClosesIdleConnectionsAndThoseThatDoNotComeBackAndLendsNothing() {
		Lease lent = borrow();
		borrow().end();
		this.pool.stop(Duration.ZERO);
		assertThat(this.events.closed).containsExactly(CloseReason.STOPPED, CloseReason.STOPPED);
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(() -> this.borrowing.borrow(null))
			.withMessage("Pool 'test' is stopped");
		assertThat(failure(settled(this.borrowing.borrowAsync(null)))).hasMessage("Pool 'test' is stopped");
		assertThat(lent.end()).isFalse();
		assertThat(this.server.opened).allMatch((connection) -> connection.closed);
		assertFigures(0, 0, 0);
	}

	@Test
	void stoppingEndsTheWaitsOfThoseInTheQueueAndClosesAConnectionThatIsOnItsWay() {
		use((settings) -> settings.maxSize(1));
		this.server.slow = true;
		CompletableFuture<Lease> connecting = this.borrowing.borrowAsync(null);
		CompletableFuture<Lease> queued = this.borrowing.borrowAsync(null);
		this.time.settle();
		CompletableFuture<Void> stopping = CompletableFuture.runAsync(() -> this.pool.stop(Duration.ZERO));
		await().until(() -> {
			this.time.settle();
			return queued.isDone();
		});
		assertThat(failure(queued)).hasMessage("Pool 'test' is stopped");
		this.server.succeed();
		stopping.join();
		assertThat(connecting).isCompleted();
		assertThat(this.events.closed).containsExactly(CloseReason.STOPPED);
		assertFigures(0, 0, 0);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void aFailureOnTheWayGivesThePermitBack(boolean blocking) {
		use((settings) -> settings.maxSize(1));
		Borrowing broken = this.pool.add(() -> {
			throw this.refused;
		});
		for (int i = 0; i < 3; i++) {
			if (blocking) {
				CompletableFuture<Void> settling = CompletableFuture.runAsync(
						() -> await().until(() -> this.pool.connectError() != null || this.pool.snapshot().total() > 0))
					.thenRun(this.time::settle);
				assertThatExceptionOfType(PoolConnectException.class).isThrownBy(() -> broken.borrow(null));
				settling.join();
			}
			else {
				assertThat(failure(settled(broken.borrowAsync(null)))).hasCause(this.refused);
			}
		}
		this.time.move(SECOND);
		assertThat(this.pool.snapshot().total()).isZero();
		assertThat(this.pool.snapshot().pending()).isZero();
	}

	@ParameterizedTest
	@MethodSource("refusals")
	void whoBorrowsWhileNoThreadCanBeStartedFailsAndLeavesNothingBehind(Throwable refusal) {
		this.time.refusal = refusal;
		for (int i = 0; i < 3; i++) {
			assertThatThrownBy(() -> this.borrowing.borrow(null)).isNotNull();
			assertThat(failure(this.borrowing.borrowAsync(null))).hasRootCause(refusal);
		}
		this.time.refusal = null;
		this.time.move(SECOND);
		assertFigures(0, 0, 0);
		borrow();
		borrow();
		assertFigures(2, 0, 2);
	}

	@ParameterizedTest
	@MethodSource("refusals")
	void whoCannotWaitForItsTurnInTimeLeavesTheQueue(Throwable refusal) {
		Lease first = borrow();
		borrow();
		this.time.refusal = refusal;
		assertThat(failure(this.borrowing.borrowAsync(null))).isSameAs(refusal);
		assertThat(this.pool.snapshot().pending()).isZero();
		this.time.refusal = null;
		first.end();
		assertFigures(1, 1, 2);
	}

	static Stream<Throwable> refusals() {
		return Stream.of(new StackOverflowError("no thread"), new RejectedExecutionException("ended"));
	}

	@Test
	void aConnectionThatCannotBePutInOrderIsClosedAndItsPlaceIsFree() {
		use((settings) -> settings.maxSize(1));
		Lease lease = borrow();
		((FakeConnection) lease.connection()).failure = new StackOverflowError("too deep");
		assertThat(lease.end()).isTrue();
		assertThat(this.events.closed).containsExactly(CloseReason.BROKEN);
		assertFigures(0, 0, 0);
		borrow();
	}

	@Test
	void aConnectionIsClosedWhereThereIsNoTimerForPuttingItInOrder() {
		use((settings) -> settings.maxSize(1));
		Lease lease = borrow();
		((FakeConnection) lease.connection()).order = new CompletableFuture<>();
		this.time.refusal = new StackOverflowError("no thread");
		assertThat(lease.end()).isTrue();
		this.time.refusal = null;
		assertThat(this.events.closed).containsExactly(CloseReason.REPLY_OUTSTANDING);
		borrow();
	}

	@Test
	void aConnectionThatCannotBeLookedAtIsProbed() {
		use((settings) -> settings.maxSize(1));
		Lease lease = borrow();
		lease.end();
		FakeConnection connection = (FakeConnection) lease.connection();
		connection.failure = new StackOverflowError("too deep");
		connection.answersProbes = false;
		this.time.move(Duration.ofMillis(10));
		CompletableFuture<Lease> next = settled(this.borrowing.borrowAsync(null));
		assertThat(next).isNotDone();
		connection.probes.get(0).complete(null);
		assertThat(next).isCompleted();
		assertFigures(1, 0, 1);
	}

	private void resize(int maxSize) {
		int difference = maxSize - this.settings.getMaxSize();
		this.settings = this.settings.mutate().maxSize(maxSize).maxIdle(-1).build();
		this.pool.resized(difference);
	}

	private void use(Consumer<PoolSettings.Builder> customizer) {
		this.pool = pool(customizer);
		this.borrowing = this.pool.add(this.server::open);
	}

	private ConnectionPool pool(Consumer<PoolSettings.Builder> customizer) {
		PoolSettings.Builder builder = PoolSettings.builder().maxSize(2);
		customizer.accept(builder);
		this.settings = builder.build();
		return new ConnectionPool("test", "the server", Duration.ofSeconds(10), () -> this.settings, this.events,
				this.time.clock(), this::bound);
	}

	private void bound(CompletableFuture<?> awaited, Duration time, Supplier<? extends Throwable> late) {
		this.time.clock().after(time, () -> {
			if (!awaited.isDone()) {
				awaited.completeExceptionally(late.get());
			}
		});
	}

	private Lease borrow() {
		CompletableFuture<Lease> lease = settled(this.borrowing.borrowAsync(null));
		assertThat(lease).isCompleted();
		return lease.join();
	}

	private <T> CompletableFuture<T> settled(CompletableFuture<T> future) {
		this.time.settle();
		return future;
	}

	private static Throwable failure(CompletableFuture<?> future) {
		assertThat(future).isCompletedExceptionally();
		Throwable failure = future.handle((value, ex) -> ex).join();
		return (failure instanceof CompletionException && failure.getCause() != null) ? failure.getCause() : failure;
	}

	private void assertFigures(int active, int idle, int total) {
		assertThat(this.pool.snapshot()).extracting("active", "idle", "total").containsExactly(active, idle, total);
	}

}
