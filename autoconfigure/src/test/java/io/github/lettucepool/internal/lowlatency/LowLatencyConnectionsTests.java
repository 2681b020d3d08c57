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
package io.github.lettucepool.internal.lowlatency;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.internal.lettuce.ConnectionTracker;
import io.github.lettucepool.internal.lettuce.TrackedRedisConnection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LowLatencyConnections}, with connections that are opened and closed
 * when the tests want it.
 */
@Tag("unit")
class LowLatencyConnectionsTests {

	private final PoolListener listener = Mockito.mock(PoolListener.class);

	private final TrackedRedisConnection<Object, Object> connection = Mockito.mock();

	private final CompletableFuture<StatefulConnection<?, ?>> opening = new CompletableFuture<>();

	private final CompletableFuture<Void> closing = new CompletableFuture<>();

	private final AtomicInteger attempts = new AtomicInteger();

	private final LowLatencyConnections connections = connections(PoolSettings.builder().build());

	LowLatencyConnectionsTests() {
		BDDMockito.given(this.connection.isOpen()).willReturn(true);
		BDDMockito.given(this.connection.closeForGood()).willReturn(this.closing);
	}

	@Test
	void whileAConnectionIsBeingOpenedCommandsTakeAnotherWay() {
		assertThat(this.connections.dispatch(ping())).isNull();
		assertThat(this.connections.dispatch(ping())).isNull();
		assertThat(this.attempts).hasValue(1);
		assertThat(this.connections.opened()).isZero();
		this.opening.complete(this.connection);
		assertThat(this.connections.opened()).isEqualTo(1);
		assertThat(this.connections.dispatch(ping())).isNotNull();
	}

	@Test
	void afterAFailureCommandsTakeAnotherWayForAWhile() {
		this.connections.dispatch(ping());
		IllegalStateException cause = new IllegalStateException("refused");
		this.opening.completeExceptionally(cause);
		BDDMockito.then(this.listener).should().connectFailed(cause);
		assertThat(this.connections.dispatch(ping())).isNull();
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void aConnectionIsFreeAgainAfterACommandThatCannotBeSent() {
		BDDMockito.given(this.connection.tracker()).willReturn(Mockito.mock(ConnectionTracker.class));
		this.opening.complete(this.connection);
		this.connections.dispatch(ping());
		BDDMockito.given(this.connection.dispatch(ArgumentMatchers.<RedisCommand<Object, Object, Object>>any()))
			.willThrow(new StackOverflowError("too deep"))
			.willReturn(null);
		assertThatExceptionOfType(StackOverflowError.class).isThrownBy(() -> this.connections.dispatch(ping()));
		assertThat(this.connections.dispatch(ping())).isNotNull();
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void theEndIsReachedWhenWhatWasOpenIsClosed() {
		this.connections.dispatch(ping());
		this.opening.complete(this.connection);
		CompletableFuture<Void> stopped = this.connections.stop();
		assertThat(stopped).isNotDone();
		BDDMockito.then(this.listener).should().closed(CloseReason.STOPPED);
		this.closing.complete(null);
		assertThat(stopped).isCompleted();
		assertThat(this.connections.dispatch(ping())).isNull();
	}

	@Test
	void aConnectionThatArrivesAfterTheEndIsClosed() {
		this.connections.dispatch(ping());
		assertThat(this.connections.stop()).isCompleted();
		this.opening.complete(this.connection);
		BDDMockito.then(this.connection).should().closeForGood();
		BDDMockito.then(this.listener).should().closed(CloseReason.STOPPED);
	}

	@Test
	void theEndDoesNotWaitForAConnectionThatCarriesACommand() {
		this.connections.dispatch(ping());
		this.opening.complete(this.connection);
		assertThat(this.connections.dispatch(ping())).isNotNull();
		assertThat(this.connections.stop()).isCompleted();
		BDDMockito.then(this.connection).should(Mockito.never()).closeForGood();
	}

	@Test
	void withoutAnIdleTimeoutNothingLooksForIdleConnections() {
		ScheduledExecutorService executor = Mockito.mock(ScheduledExecutorService.class);
		connections(PoolSettings.builder().idleTimeout(Duration.ZERO).build()).start(executor);
		BDDMockito.then(executor).shouldHaveNoInteractions();
		connections(PoolSettings.builder().idleTimeout(Duration.ofSeconds(20)).build()).start(executor);
		long interval = TimeUnit.SECONDS.toNanos(2);
		BDDMockito.then(executor)
			.should()
			.scheduleWithFixedDelay(ArgumentMatchers.any(), ArgumentMatchers.eq(interval),
					ArgumentMatchers.eq(interval), ArgumentMatchers.eq(TimeUnit.NANOSECONDS));
	}

	@Test
	void aServerThatIsAReplicaForGoodIsLeftOnceASecond() {
		ConnectionTracker tracker = Mockito.mock(ConnectionTracker.class);
		BDDMockito.given(this.connection.tracker()).willReturn(tracker);
		BDDMockito.given(tracker.isReadOnly()).willReturn(true);
		this.opening.complete(this.connection);
		this.connections.dispatch(ping());
		this.connections.dispatch(ping()).complete();
		BDDMockito.then(this.listener).should().closed(CloseReason.READ_ONLY);
		this.connections.dispatch(ping());
		this.connections.dispatch(ping()).complete();
		BDDMockito.then(this.listener).should().closed(CloseReason.READ_ONLY);
		assertThat(this.connections.opened()).isEqualTo(1);
	}

	private LowLatencyConnections connections(PoolSettings settings) {
		return new LowLatencyConnections(2, this::open, settings, this.listener, () -> 0,
				Mockito.mock(SecondTry.class));
	}

	private CompletionStage<StatefulConnection<?, ?>> open() {
		this.attempts.incrementAndGet();
		return this.opening;
	}

	private static Command<String, String, String> ping() {
		return new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8));
	}

}
