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
package io.github.lettucepool.exclusive;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.api.StatefulConnection;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.writes.ConnectTimeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link Connector}, with attempts to connect that end when a test says so.
 */
@Tag("unit")
class ConnectorTests {

	private static final int MAX_CONCURRENT = 2;

	private static final Duration LONG = Duration.ofMinutes(1);

	private final RedisConnectionException refused = new RedisConnectionException("refused");

	private final ScheduledExecutorService executor = Executors.newScheduledThreadPool(2);

	private final Attempts attempts = new Attempts();

	private final ConnectionStore store = new ConnectionStore(this.attempts::begin);

	private final ConnectionStore otherStore = new ConnectionStore(this.attempts::begin);

	private final Queue<StatefulConnection<?, ?>> spare = new ConcurrentLinkedQueue<>();

	private final AtomicInteger opened = new AtomicInteger();

	private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

	private final CompletableFuture<Void> never = new CompletableFuture<>();

	private final Connector connector = connector(LONG);

	@AfterEach
	void close() {
		this.connector.stop();
		this.executor.shutdownNow();
	}

	@Test
	void aRequestGetsTheConnectionThatWasOpenedForIt() {
		var request = connect();
		StatefulConnection<?, ?> connection = this.attempts.succeed();
		await().until(request::isDone);
		assertThat(request.join()).isSameAs(connection);
		assertThat(this.opened).hasValue(1);
		assertThat(this.connector.error()).isNull();
	}

	@Test
	void noMoreThanSoManyAreOpenedAtTheSameTime() {
		List<CompletableFuture<?>> requests = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			requests.add(connect());
		}
		for (int i = 0; i < 20; i++) {
			this.attempts.succeed();
		}
		await().until(() -> requests.stream().allMatch(CompletableFuture::isDone));
		assertThat(this.attempts.mostAtATime).hasValue(MAX_CONCURRENT);
		assertThat(this.attempts.begun).hasValue(20);
	}

	@Test
	void afterAFailureTheQueueAndNewcomersFailAtOnceWithoutAnAttempt() {
		List<CompletableFuture<StatefulConnection<?, ?>>> requests = new ArrayList<>();
		for (int i = 0; i < 10; i++) {
			requests.add(connect());
		}
		await().until(() -> this.attempts.begun.get() == MAX_CONCURRENT);
		this.attempts.fail(this.refused);
		this.attempts.fail(this.refused);
		requests.forEach((request) -> assertFailed(request).withCause(this.refused));
		assertThat(this.connector.error()).isSameAs(this.refused);
		int begun = this.attempts.begun.get();
		for (int i = 0; i < 100; i++) {
			assertThat(connect()).isCompletedExceptionally();
		}
		// A probe may have begun meanwhile.
		assertThat(this.attempts.begun).hasValueLessThanOrEqualTo(begun + 1);
		assertThat(this.failures).containsExactly(this.refused, this.refused);
	}

	@Test
	void anOpenerThatThrowsFailsLikeOneWhoseAttemptFails() {
		ConnectionStore broken = new ConnectionStore(() -> {
			throw this.refused;
		});
		var request = this.connector.connect(broken, false, this.never);
		assertFailed(request).withCause(this.refused);
		assertThat(this.connector.error()).isSameAs(this.refused);
	}

	@Test
	void aPatientRequestWaitsUntilAProbeSucceeds() {
		var waiting = connectPatiently(this.store);
		this.attempts.fail(this.refused);
		await().until(() -> this.connector.error() != null);
		var late = connectPatiently(this.store);
		this.attempts.fail(this.refused);
		assertThat(waiting).isNotDone();
		assertThat(late).isNotDone();
		StatefulConnection<?, ?> first = this.attempts.succeed();
		StatefulConnection<?, ?> second = this.attempts.succeed();
		await().until(() -> waiting.isDone() && late.isDone());
		assertThat(waiting.join()).isSameAs(first);
		assertThat(late.join()).isSameAs(second);
		assertThat(this.connector.error()).isNull();
		assertThat(this.spare).isEmpty();
	}

	@Test
	void onlyOneProbeIsUnderWayWhileTheServerIsDown() {
		connect();
		this.attempts.fail(this.refused);
		await().until(() -> this.connector.error() != null);
		for (int i = 0; i < 100; i++) {
			connectPatiently((i % 2 == 0) ? this.store : this.otherStore);
		}
		this.attempts.awaitOne();
		assertThat(this.attempts.begun).hasValue(2);
		this.attempts.fail(this.refused);
		this.attempts.awaitOne();
		assertThat(this.attempts.begun).hasValue(3);
	}

	@Test
	void whoWaitedForTheServerIsServedAFewAtATimeOnceItIsBack() {
		connect();
		this.attempts.fail(this.refused);
		await().until(() -> this.connector.error() != null);
		List<CompletableFuture<?>> waiting = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			waiting.add(connectPatiently(this.store));
		}
		for (int i = 0; i < 20; i++) {
			this.attempts.succeed();
		}
		await().until(() -> waiting.stream().allMatch(CompletableFuture::isDone));
		assertThat(this.attempts.mostAtATime.get()).isLessThanOrEqualTo(MAX_CONCURRENT);
	}

	@Test
	void aProbeThatNobodyWaitsForLeavesASpareConnection() {
		connect();
		this.attempts.fail(this.refused);
		StatefulConnection<?, ?> connection = this.attempts.succeed();
		await().until(() -> !this.spare.isEmpty());
		assertThat(this.spare).hasSize(1);
		assertThat(this.spare.peek()).isSameAs(connection);
	}

	@Test
	void aProbeOfOneCodecLetsThoseInWhoWaitForAnother() {
		connect();
		this.attempts.fail(this.refused);
		await().until(() -> this.connector.error() != null);
		var waiting = connectPatiently(this.otherStore);
		StatefulConnection<?, ?> probe = this.attempts.succeed();
		StatefulConnection<?, ?> own = this.attempts.succeed();
		await().until(waiting::isDone);
		assertThat(waiting.join()).isSameAs(own);
		assertThat(this.spare).hasSize(1);
		assertThat(this.spare.peek()).isSameAs(probe);
	}

	@Test
	void aConnectionWithoutItsMasterIsLentAndProbesGoOnUntilThereIsOneWithAMaster() {
		var request = connect();
		StatefulConnection<?, ?> readsOnly = this.attempts.succeed(Mockito.mock(TrackedMasterReplicaConnection.class));
		await().until(request::isDone);
		assertThat(request.join()).isSameAs(readsOnly);
		assertThat(this.connector.error()).isNull();
		StatefulConnection<?, ?> probe = this.attempts.succeed(Mockito.mock(TrackedMasterReplicaConnection.class));
		Mockito.verify(probe, Mockito.timeout(10_000)).closeAsync();
		assertThat(this.spare).isEmpty();
		StatefulConnection<?, ?> withMaster = this.attempts.succeed();
		await().until(() -> !this.spare.isEmpty());
		assertThat(this.spare).hasSize(1);
		assertThat(this.spare.peek()).isSameAs(withMaster);
	}

	@Test
	void anAttemptThatTakesTooLongFailsAndItsConnectionIsClosedWhenItComes() {
		Connector hasty = connector(Duration.ofMillis(50));
		var request = hasty.connect(this.store, false, this.never);
		assertFailed(request).withCauseInstanceOf(TimeoutException.class)
			.withMessageContaining("no connection to redis.example:6379 within the connect timeout (50 ms)");
		StatefulConnection<?, ?> late = this.attempts.succeed();
		Mockito.verify(late, Mockito.timeout(10_000)).closeAsync();
		hasty.stop();
	}

	@Test
	void aRequestThatIsGivenUpInTheQueueIsNeverOpened() {
		List.of(connect(), connect());
		await().until(() -> this.attempts.begun.get() == MAX_CONCURRENT);
		CompletableFuture<Void> done = new CompletableFuture<>();
		var request = this.connector.connect(this.store, false, done);
		done.complete(null);
		assertThat(request).isCancelled();
		this.attempts.succeed();
		this.attempts.succeed();
		await().until(() -> this.opened.get() == MAX_CONCURRENT);
		assertThat(this.attempts.begun).hasValue(MAX_CONCURRENT);
	}

	@Test
	void aRequestThatIsGivenUpOnTheWayGetsItsConnectionNevertheless() {
		CompletableFuture<Void> done = new CompletableFuture<>();
		var request = this.connector.connect(this.store, true, done);
		this.attempts.awaitOne();
		done.complete(null);
		StatefulConnection<?, ?> connection = this.attempts.succeed();
		await().until(request::isDone);
		assertThat(request.join()).isSameAs(connection);
	}

	@Test
	void aPatientRequestThatIsGivenUpOnTheWayDoesNotWaitForTheServer() {
		CompletableFuture<Void> done = new CompletableFuture<>();
		var request = this.connector.connect(this.store, true, done);
		this.attempts.awaitOne();
		done.complete(null);
		this.attempts.fail(this.refused);
		assertFailed(request).withCause(this.refused);
	}

	@Test
	void stoppingFailsTheQueueAndNewcomersAndEndsTheProbes() {
		connect();
		this.attempts.fail(this.refused);
		await().until(() -> this.connector.error() != null);
		var waiting = connectPatiently(this.store);
		this.connector.stop();
		assertFailed(waiting).withMessageContaining("stopped");
		assertFailed(connectPatiently(this.store)).withMessageContaining("stopped");
		assertFailed(connect()).withMessageContaining("stopped");
		int begun = this.attempts.begun.get();
		// Longer than from one probe to the next.
		await().during(Duration.ofMillis(1_500)).until(() -> this.attempts.begun.get() == begun);
	}

	private Connector connector(Duration timeout) {
		PoolListener listener = new PoolListener() {

			@Override
			public void opened(long connectNanos) {
				ConnectorTests.this.opened.incrementAndGet();
			}

			@Override
			public void connectFailed(Throwable cause) {
				ConnectorTests.this.failures.add(cause);
			}

		};
		return new Connector("test", MAX_CONCURRENT, new ConnectTimeout("redis.example:6379", timeout, this.executor),
				listener, this.executor, (store, connection) -> this.spare.add(connection));
	}

	private CompletableFuture<StatefulConnection<?, ?>> connect() {
		return this.connector.connect(this.store, false, this.never);
	}

	private CompletableFuture<StatefulConnection<?, ?>> connectPatiently(ConnectionStore store) {
		return this.connector.connect(store, true, this.never);
	}

	private static ThrowableAssertAlternative<?> assertFailed(CompletableFuture<?> request) {
		await().until(request::isDone);
		assertThat(request).isCompletedExceptionally();
		Throwable failure = request.handle((ignored, ex) -> ex).join();
		return new ThrowableAssertAlternative<>(failure).satisfies((ex) -> {
			assertThat(ex).isInstanceOf(PoolConnectException.class);
			assertThat(ex).hasMessageStartingWith("Pool 'test' cannot connect to Redis: ");
		});
	}

	/**
	 * Attempts to connect that are under way.
	 */
	private static final class Attempts {

		private final Queue<CompletableFuture<StatefulConnection<?, ?>>> underWay = new ConcurrentLinkedQueue<>();

		private final AtomicInteger begun = new AtomicInteger();

		private final AtomicInteger mostAtATime = new AtomicInteger();

		private CompletableFuture<StatefulConnection<?, ?>> begin() {
			CompletableFuture<StatefulConnection<?, ?>> attempt = new CompletableFuture<>();
			this.underWay.add(attempt);
			this.begun.incrementAndGet();
			this.mostAtATime.accumulateAndGet(this.underWay.size(), Math::max);
			return attempt;
		}

		private void awaitOne() {
			await().until(() -> !this.underWay.isEmpty());
		}

		private StatefulConnection<?, ?> succeed() {
			return succeed(Mockito.mock(StatefulConnection.class));
		}

		private StatefulConnection<?, ?> succeed(StatefulConnection<?, ?> connection) {
			awaitOne();
			this.underWay.remove().complete(connection);
			return connection;
		}

		private void fail(Throwable cause) {
			awaitOne();
			this.underWay.remove().completeExceptionally(cause);
		}

	}

}
