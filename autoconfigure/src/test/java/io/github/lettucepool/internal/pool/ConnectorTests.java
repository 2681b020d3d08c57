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
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolConnectException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Connector}, with attempts to connect that end when a test says so.
 */
@Tag("unit")
class ConnectorTests {

	private static final int MAX_CONCURRENT = 2;

	private static final Duration PROBE_INTERVAL = Duration.ofMillis(100);

	private final IllegalStateException refused = new IllegalStateException("refused");

	private final MovedTime time = new MovedTime();

	private final FakeServer server = new FakeServer();

	private final Events events = new Events();

	private final ConnectionStore store = new ConnectionStore(this.server::open);

	private final ConnectionStore otherStore = new ConnectionStore(this.server::open);

	private final List<Lendable> spare = new ArrayList<>();

	private final CompletableFuture<Void> never = new CompletableFuture<>();

	private final Connector connector = new Connector("test", MAX_CONCURRENT, this.events, this.time.clock(),
			(store, connection) -> this.spare.add(connection));

	ConnectorTests() {
		this.server.slow = true;
	}

	@Test
	void aRequestGetsTheConnectionThatWasOpenedForIt() {
		CompletableFuture<Lendable> request = connect();
		assertThat(request).isCompletedWithValue(succeed());
		assertThat(this.events.opened).isOne();
		assertThat(this.connector.error()).isNull();
	}

	@Test
	void onlyAFewConnectionsAreOpenedAtTheSameTime() {
		List<CompletableFuture<Lendable>> requests = Stream.generate(this::connect).limit(20).toList();
		IntStream.range(0, 20).forEach((i) -> succeed());
		assertThat(requests).allSatisfy((request) -> assertThat(request).isCompleted());
		assertThat(this.server.mostAtATime).isEqualTo(MAX_CONCURRENT);
		assertThat(this.server.begun).isEqualTo(20);
	}

	@Test
	void afterAFailureTheQueueAndNewcomersFailAtOnceWithoutAnAttempt() {
		List<CompletableFuture<Lendable>> requests = Stream.generate(this::connect).limit(10).toList();
		fail();
		fail();
		requests.forEach((request) -> assertFailure(request).hasCause(this.refused));
		assertThat(this.connector.error()).isSameAs(this.refused);
		Stream.generate(this::connect).limit(100).forEach((request) -> assertThat(request).isCompletedExceptionally());
		assertThat(this.server.begun).isEqualTo(MAX_CONCURRENT);
		assertThat(this.events.failures).containsExactly(this.refused, this.refused);
	}

	@Test
	void anOpenerThatThrowsFailsLikeAnAttemptThatFails() {
		ConnectionStore broken = new ConnectionStore(() -> {
			throw this.refused;
		});
		CompletableFuture<Lendable> request = this.connector.connect(broken, false, this.never);
		this.time.settle();
		assertFailure(request).hasCause(this.refused);
		assertThat(this.connector.error()).isSameAs(this.refused);
	}

	@Test
	void whereNeitherAnAttemptNorAProbeCanBeStartedTheNextRequestTriesAgain() {
		StackOverflowError refusal = new StackOverflowError("no thread");
		this.time.refusal = refusal;
		assertFailure(this.connector.connect(this.store, false, this.never)).hasCause(refusal);
		assertFailure(this.connector.connect(this.store, true, this.never)).hasCause(refusal);
		assertThat(this.connector.isConnecting()).isFalse();
		this.time.refusal = null;
		assertThat(connect()).isCompletedWithValue(succeed());
	}

	@Test
	void aPatientRequestWaitsUntilAProbeSucceeds() {
		CompletableFuture<Lendable> waiting = connectPatiently(this.store);
		fail();
		CompletableFuture<Lendable> late = connectPatiently(this.store);
		this.time.move(PROBE_INTERVAL);
		fail();
		assertThat(waiting).isNotDone();
		assertThat(late).isNotDone();
		this.time.move(PROBE_INTERVAL);
		assertThat(waiting).isCompletedWithValue(succeed());
		assertThat(late).isCompletedWithValue(succeed());
		assertThat(this.connector.error()).isNull();
		assertThat(this.spare).isEmpty();
	}

	@Test
	void onlyOneProbeIsUnderWayWhileTheServerIsDown() {
		connect();
		fail();
		for (int i = 0; i < 100; i++) {
			connectPatiently((i % 2 == 0) ? this.store : this.otherStore);
		}
		this.time.move(Duration.ofSeconds(30));
		assertThat(this.server.begun).isEqualTo(2);
		fail();
		this.time.move(PROBE_INTERVAL);
		assertThat(this.server.begun).isEqualTo(3);
	}

	@Test
	void thoseWhoWaitedForTheServerAreServedAFewAtATimeOnceItIsBack() {
		connect();
		fail();
		List<CompletableFuture<Lendable>> waiting = Stream.generate(() -> connectPatiently(this.store))
			.limit(20)
			.toList();
		this.time.move(PROBE_INTERVAL);
		IntStream.range(0, 20).forEach((i) -> succeed());
		assertThat(waiting).allSatisfy((request) -> assertThat(request).isCompleted());
		assertThat(this.server.mostAtATime).isEqualTo(MAX_CONCURRENT);
	}

	@Test
	void aProbeThatNobodyWaitsForLeavesASpareConnection() {
		connect();
		fail();
		this.time.move(PROBE_INTERVAL);
		assertThat(this.spare).containsExactly(succeed());
	}

	@Test
	void aProbeOfOneKindLetsThoseInWhoWaitForAnother() {
		connect();
		fail();
		CompletableFuture<Lendable> waiting = connectPatiently(this.otherStore);
		this.time.move(PROBE_INTERVAL);
		assertThat(this.spare).isEmpty();
		assertThat(this.spare).containsExactlyElementsOf(List.of(succeed()));
		assertThat(waiting).isCompletedWithValue(succeed());
	}

	@Test
	void aRequestThatIsGivenUpInTheQueueIsNeverOpened() {
		connect();
		connect();
		CompletableFuture<Void> done = new CompletableFuture<>();
		CompletableFuture<Lendable> request = this.connector.connect(this.store, false, done);
		done.complete(null);
		assertThat(request).isCancelled();
		succeed();
		succeed();
		assertThat(this.server.begun).isEqualTo(MAX_CONCURRENT);
	}

	@Test
	void aRequestThatIsGivenUpOnTheWayGetsItsConnectionNevertheless() {
		CompletableFuture<Void> done = new CompletableFuture<>();
		CompletableFuture<Lendable> request = this.connector.connect(this.store, true, done);
		this.time.settle();
		done.complete(null);
		assertThat(request).isCompletedWithValue(succeed());
	}

	@Test
	void aPatientRequestThatIsGivenUpOnTheWayDoesNotWaitForTheServer() {
		CompletableFuture<Void> done = new CompletableFuture<>();
		CompletableFuture<Lendable> request = this.connector.connect(this.store, true, done);
		this.time.settle();
		done.complete(null);
		fail();
		assertFailure(request).hasCause(this.refused);
	}

	@Test
	void aConnectionWhoseRequestWasCancelledIsSpare() {
		CompletableFuture<Lendable> request = connect();
		request.cancel(false);
		assertThat(this.spare).containsExactlyElementsOf(List.of(succeed()));
	}

	@Test
	void probesBecomeRarerTheLongerAnOutageLasts() {
		this.server.slow = false;
		this.server.down = this.refused;
		connect();
		this.time.move(Duration.ofSeconds(2));
		assertThat(this.server.begun).isEqualTo(21);
		this.time.move(Duration.ofMinutes(2));
		int begun = this.server.begun;
		this.time.move(Duration.ofSeconds(10));
		assertThat(this.server.begun - begun).isEqualTo(10);
	}

	@Test
	void aConnectionWithoutItsMasterIsLentAndProbesGoOnUntilThereIsOneWithIt() {
		this.server.withoutMaster = true;
		CompletableFuture<Lendable> request = connect();
		assertThat(request).isCompletedWithValue(succeed());
		assertThat(this.connector.error()).isNull();
		this.time.move(PROBE_INTERVAL);
		assertThat(succeed().closed).isTrue();
		assertThat(this.events.closed).containsExactly(CloseReason.ROOM);
		this.server.withoutMaster = false;
		this.time.move(PROBE_INTERVAL);
		FakeConnection complete = succeed();
		assertThat(this.spare).hasSize(1).first().isSameAs(complete);
		this.time.move(Duration.ofMinutes(1));
		assertThat(this.server.begun).isEqualTo(3);
	}

	@Test
	void stoppingFailsTheQueueAndNewcomersAndEndsTheProbes() {
		connect();
		fail();
		CompletableFuture<Lendable> waiting = connectPatiently(this.store);
		this.connector.stop();
		assertFailure(waiting).hasMessageContaining("stopped");
		assertFailure(connectPatiently(this.store)).hasMessageContaining("stopped");
		assertFailure(connect()).hasMessageContaining("stopped");
		this.time.move(Duration.ofMinutes(1));
		assertThat(this.server.begun).isOne();
	}

	@Test
	void noProbeBeginsAfterAFailureOnceItIsStopped() {
		connect();
		this.time.settle();
		this.connector.stop();
		fail();
		this.time.move(Duration.ofMinutes(1));
		assertThat(this.server.begun).isOne();
	}

	private CompletableFuture<Lendable> connect() {
		return this.connector.connect(this.store, false, this.never);
	}

	private CompletableFuture<Lendable> connectPatiently(ConnectionStore store) {
		return this.connector.connect(store, true, this.never);
	}

	private FakeConnection succeed() {
		this.time.settle();
		FakeConnection connection = this.server.succeed();
		this.time.settle();
		return connection;
	}

	private void fail() {
		this.time.settle();
		this.server.fail(this.refused);
		this.time.settle();
	}

	private static AbstractThrowableAssert<?, ?> assertFailure(CompletableFuture<?> request) {
		assertThat(request).isCompletedExceptionally();
		return assertThat(request.handle((ignored, ex) -> ex).join()).isInstanceOf(PoolConnectException.class)
			.hasMessageStartingWith("Pool 'test' cannot connect to Redis: ");
	}

}
