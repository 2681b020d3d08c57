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
import java.util.concurrent.TimeUnit;

import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.lettucepool.CloseReason;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.internal.lettuce.ConnectionTracker;
import io.github.lettucepool.internal.lettuce.TrackedRedisConnection;
import io.github.lettucepool.internal.lowlatency.LowLatencySlot.Attempt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link LowLatencySlot}, on a connection that is open as long as a test wants.
 */
@Tag("unit")
class LowLatencySlotTests {

	private static final long HOUR = TimeUnit.HOURS.toNanos(1);

	private final PoolListener listener = Mockito.mock(PoolListener.class);

	private final TrackedRedisConnection<?, ?> connection = Mockito.mock(TrackedRedisConnection.class);

	private final ConnectionTracker tracker = Mockito.mock(ConnectionTracker.class);

	private final AsyncCommand<String, String, String> ping = new AsyncCommand<>(
			new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8)));

	private final CompletionStage<StatefulConnection<?, ?>> opening = CompletableFuture
		.completedFuture(this.connection);

	private boolean demoted;

	@SuppressWarnings({ "unchecked", "rawtypes" })
	LowLatencySlotTests() {
		BDDMockito.given(this.connection.isOpen()).willReturn(true);
		BDDMockito.given(this.connection.tracker()).willReturn(this.tracker);
		BDDMockito.given(this.connection.closeForGood()).willReturn(CompletableFuture.completedFuture(null));
		RedisAsyncCommands commands = Mockito.mock(RedisAsyncCommands.class);
		BDDMockito.given(this.connection.async()).willReturn(commands);
		BDDMockito.given(commands.ping()).willReturn(this.ping);
	}

	@Test
	void aConnectionPastItsLifetimeIsReplaced() {
		LowLatencySlot slot = opened(settings().maxLifetime(Duration.ofMinutes(30)));
		assertThat(slot.take(System.nanoTime() + HOUR, true)).isEqualTo(Attempt.PREPARING);
		assertThatItIsClosed(slot, CloseReason.MAX_LIFETIME);
		assertThat(slot.take(System.nanoTime(), true)).isEqualTo(Attempt.PREPARING);
		assertThat(slot.take(System.nanoTime(), true)).isEqualTo(Attempt.TAKEN);
	}

	@Test
	void withoutALimitALifetimeDoesNotEnd() {
		LowLatencySlot slot = opened(settings().maxLifetime(Duration.ZERO));
		assertThat(slot.take(System.nanoTime() + HOUR, true)).isEqualTo(Attempt.TAKEN);
	}

	@Test
	void aConnectionThatWasIdleForLongIsTakenAfterItHasAnswered() {
		LowLatencySlot slot = opened(settings().validateAfterIdle(Duration.ofSeconds(5)));
		assertThat(slot.take(System.nanoTime() + HOUR / 60, true)).isEqualTo(Attempt.PREPARING);
		assertThat(slot.take(System.nanoTime(), true)).isEqualTo(Attempt.PREPARING);
		this.ping.complete();
		assertThat(slot.take(System.nanoTime(), true)).isEqualTo(Attempt.TAKEN);
		BDDMockito.then(this.listener).should(Mockito.never()).closed(BDDMockito.any());
	}

	@Test
	void aConnectionThatIsLostDuringItsPingIsClosed() {
		LowLatencySlot slot = opened(settings().validateAfterIdle(Duration.ofSeconds(5)));
		slot.take(System.nanoTime() + HOUR / 60, true);
		this.ping.completeExceptionally(new RedisConnectionException("reset"));
		assertThatItIsClosed(slot, CloseReason.BROKEN);
	}

	@Test
	void aConnectionThatWasLostIsNotTaken() {
		LowLatencySlot slot = opened(settings());
		BDDMockito.given(this.connection.isOpen()).willReturn(false);
		assertThat(slot.isOpen()).isFalse();
		assertThat(slot.take(System.nanoTime(), true)).isEqualTo(Attempt.PREPARING);
		assertThatItIsClosed(slot, CloseReason.BROKEN);
	}

	@Test
	void aConnectionThatCannotBeCheckedIsReplaced() {
		LowLatencySlot slot = opened(settings());
		BDDMockito.given(this.connection.look()).willThrow(new StackOverflowError("too deep"));
		BDDMockito.given(this.connection.closeForGood()).willThrow(new StackOverflowError("too deep"));
		assertThatExceptionOfType(StackOverflowError.class)
			.isThrownBy(() -> slot.take(System.nanoTime() + TimeUnit.SECONDS.toNanos(1), true));
		assertThatItIsClosed(slot, CloseReason.BROKEN);
		slot.take(System.nanoTime(), true);
		assertThat(slot.take(System.nanoTime(), true)).isEqualTo(Attempt.TAKEN);
	}

	@Test
	void aConnectionIsNotKeptIfItIsLostOrOwesAReplyAfterItsCommand() {
		LowLatencySlot lost = taken(settings());
		BDDMockito.given(this.connection.isOpen()).willReturn(false);
		lost.release();
		assertThatItIsClosed(lost, CloseReason.BROKEN);
		BDDMockito.given(this.connection.isOpen()).willReturn(true);
		LowLatencySlot owing = taken(settings());
		BDDMockito.given(this.tracker.isReplyOutstanding()).willReturn(true);
		owing.release();
		assertThatItIsClosed(owing, CloseReason.REPLY_OUTSTANDING);
	}

	@Test
	void aConnectionToAReplicaIsKeptIfAllHaveJustBeenReplaced() {
		BDDMockito.given(this.tracker.isReadOnly()).willReturn(true);
		LowLatencySlot slot = taken(settings());
		slot.release();
		assertThat(slot.take(System.nanoTime(), true)).isEqualTo(Attempt.TAKEN);
		this.demoted = true;
		slot.release();
		assertThatItIsClosed(slot, CloseReason.READ_ONLY);
	}

	@Test
	void aConnectionThatIsRetiredWhileItCarriesACommandIsClosedAfterIt() {
		LowLatencySlot slot = taken(settings());
		slot.retire(CloseReason.RETIRED);
		assertThat(slot.isOpen()).isTrue();
		assertThat(slot.take(System.nanoTime(), true)).isEqualTo(Attempt.BUSY);
		slot.release();
		assertThatItIsClosed(slot, CloseReason.RETIRED);
	}

	@Test
	void aConnectionThatIsRetiredDuringItsPingIsClosedAfterIt() {
		LowLatencySlot slot = opened(settings().validateAfterIdle(Duration.ofSeconds(5)));
		slot.take(System.nanoTime() + HOUR / 60, true);
		slot.retire(CloseReason.READ_ONLY);
		this.ping.complete();
		assertThatItIsClosed(slot, CloseReason.READ_ONLY);
	}

	@Test
	void onlyAConnectionThatWasIdleForLongEnoughIsClosed() {
		LowLatencySlot slot = opened(settings());
		assertThat(slot.closeIdle(CloseReason.IDLE, HOUR)).isCompleted();
		assertThat(slot.isOpen()).isTrue();
		slot.closeIdle(CloseReason.IDLE, 0);
		assertThatItIsClosed(slot, CloseReason.IDLE);
	}

	@Test
	void anOpenerThatFailsAtOnceIsNotAskedAgainForASecond() {
		IllegalStateException error = new IllegalStateException("stopped");
		LowLatencySlot slot = new LowLatencySlot(() -> {
			throw error;
		}, settings().build(), this.listener, () -> false);
		assertThat(slot.take(System.nanoTime(), true)).isEqualTo(Attempt.PREPARING);
		slot.take(System.nanoTime(), true);
		BDDMockito.then(this.listener).should().connectFailed(error);
		slot.take(System.nanoTime() + TimeUnit.SECONDS.toNanos(1), true);
		BDDMockito.then(this.listener).should(Mockito.times(2)).connectFailed(error);
	}

	private LowLatencySlot taken(PoolSettings.Builder settings) {
		LowLatencySlot slot = opened(settings);
		assertThat(slot.take(System.nanoTime(), true)).isEqualTo(Attempt.TAKEN);
		return slot;
	}

	private LowLatencySlot opened(PoolSettings.Builder settings) {
		LowLatencySlot slot = new LowLatencySlot(() -> this.opening, settings.build(), this.listener,
				() -> this.demoted);
		assertThat(slot.take(System.nanoTime(), true)).isEqualTo(Attempt.PREPARING);
		assertThat(slot.isOpen()).isTrue();
		return slot;
	}

	/**
	 * Nothing is due by time, unless a test says so.
	 */
	private static PoolSettings.Builder settings() {
		return PoolSettings.builder().maxLifetime(Duration.ZERO).validateAfterIdle(Duration.ofDays(1));
	}

	private void assertThatItIsClosed(LowLatencySlot slot, CloseReason reason) {
		assertThat(slot.isOpen()).isFalse();
		BDDMockito.then(this.listener).should().closed(reason);
		BDDMockito.then(this.connection).should(Mockito.atLeastOnce()).closeForGood();
	}

}
