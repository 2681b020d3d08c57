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
package io.github.lettucepool.internal.shared;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.netty.util.HashedWheelTimer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link SharedTimeouts}.
 */
@Tag("unit")
class SharedTimeoutsTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(3);

	private static final Duration LONGER = Duration.ofHours(1);

	private static final ClientResources resources = DefaultClientResources.create();

	private final SharedTimeouts timeouts = timeouts(LONGER);

	@AfterAll
	static void shutdown() {
		resources.shutdown(0, 1, TimeUnit.SECONDS);
	}

	@Test
	void thereIsNoLimitUntilTheConnectionTakesOver() {
		this.timeouts.set(TIMEOUT);
		assertThat(this.timeouts.isTakenOver()).isFalse();
		assertThat(this.timeouts.get()).isZero();
		assertThat(this.timeouts.endWithin(Long.MAX_VALUE)).isFalse();
		this.timeouts.takeOver();
		assertThat(this.timeouts.isTakenOver()).isTrue();
		assertThat(this.timeouts.get()).isEqualTo(TIMEOUT);
	}

	@Test
	void aCommandEndsWithinItsTimeout() {
		this.timeouts.takeOver();
		assertThat(this.timeouts.endWithin(Long.MAX_VALUE)).isFalse();
		this.timeouts.set(TIMEOUT);
		assertThat(this.timeouts.endWithin(TIMEOUT.toNanos())).isTrue();
		assertThat(this.timeouts.endWithin(TIMEOUT.toNanos() - 1)).isFalse();
	}

	@Test
	void duringMaintenanceAndAWhileAfterItACommandMayTakeLonger() {
		assertThat(this.timeouts.relaxed(TIMEOUT)).isEqualTo(TIMEOUT);
		this.timeouts.maintenanceStarted();
		assertThat(this.timeouts.relaxed(TIMEOUT)).isEqualTo(TIMEOUT.plus(LONGER));
		this.timeouts.maintenanceCompleted();
		assertThat(this.timeouts.relaxed(TIMEOUT)).isEqualTo(TIMEOUT.plus(LONGER));
	}

	@Test
	void anEndOfMaintenanceThatHasNotBegunChangesNothing() {
		this.timeouts.maintenanceCompleted();
		assertThat(this.timeouts.relaxed(TIMEOUT)).isEqualTo(TIMEOUT);
	}

	@Test
	void withoutRelaxedTimeoutsMaintenanceChangesNothing() {
		SharedTimeouts strict = timeouts(TimeoutOptions.DISABLED_TIMEOUT);
		strict.maintenanceStarted();
		assertThat(strict.relaxed(TIMEOUT)).isEqualTo(TIMEOUT);
		strict.maintenanceCompleted();
		assertThat(strict.relaxed(TIMEOUT)).isEqualTo(TIMEOUT);
	}

	@Test
	void aCommandThatIsLeftToLettuceTimesOut() {
		this.timeouts.takeOver();
		this.timeouts.set(Duration.ofMillis(20));
		AsyncCommand<String, String, String> command = command();
		this.timeouts.startTimer(command);
		assertThatExceptionOfType(Exception.class).isThrownBy(() -> command.get(30, TimeUnit.SECONDS))
			.withCauseInstanceOf(RedisCommandTimeoutException.class)
			.withMessageContaining("PING timed out after 20 ms");
	}

	@Test
	void anAnswerStopsTheTimer() {
		this.timeouts.takeOver();
		this.timeouts.set(LONGER);
		AsyncCommand<String, String, String> command = command();
		this.timeouts.startTimer(command);
		assertThat(pendingTimers()).isPositive();
		command.complete();
		await().until(() -> pendingTimers() == 0);
	}

	@Test
	void withoutATimeoutThereIsNoTimer() {
		this.timeouts.takeOver();
		AsyncCommand<String, String, String> command = command();
		this.timeouts.startTimer(command);
		await().until(() -> pendingTimers() == 0);
		assertThat(command.isDone()).isFalse();
	}

	@Test
	void aCommandTimesOutOnThisThreadOnceThereIsNoOther() {
		ClientResources ended = DefaultClientResources.create();
		ended.shutdown(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
		AsyncCommand<String, String, String> command = command();
		new SharedTimeouts(ClientOptions.create(), ended).expireElsewhere(command, TIMEOUT);
		assertThat(command.isDone()).isTrue();
	}

	@Test
	void whatIsToRunLaterRuns() throws Exception {
		CompletableFuture<Void> run = new CompletableFuture<>();
		this.timeouts.later(() -> run.complete(null), Duration.ofMillis(1));
		run.get(30, TimeUnit.SECONDS);
	}

	private static long pendingTimers() {
		return ((HashedWheelTimer) resources.timer()).pendingTimeouts();
	}

	private static AsyncCommand<String, String, String> command() {
		return new AsyncCommand<>(new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8)));
	}

	private static SharedTimeouts timeouts(Duration relaxed) {
		return new SharedTimeouts(ClientOptions.builder()
			.timeoutOptions(TimeoutOptions.builder().relaxedTimeoutsDuringMaintenance(relaxed).build())
			.build(), resources);
	}

}
