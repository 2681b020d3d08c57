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

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.lettuce.core.api.StatefulConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

import io.github.lettucepool.PoolSettings.WarmUp;
import io.github.lettucepool.health.RedisPoolHealthIndicator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatRuntimeException;
import static org.awaitility.Awaitility.await;

/**
 * Start and stop.
 */
interface LifecycleContract extends PoolContract {

	@Test
	default void aPoolWithoutWarmUpConnectsWhenItIsUsed() {
		TestedPool pool = start((settings) -> settings.sharedConnections(1).warmUp(WarmUp.NONE));
		assertThat(connections()).isZero();
		assertThat(pool.pool().snapshot().reachable()).isNull();
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	default void aPoolThatNobodyUsesConnectsOnceWhenItsHealthIsAsked(int sharedConnections) {
		TestedPool pool = start((settings) -> settings.sharedConnections(sharedConnections).warmUp(WarmUp.NONE));
		RedisPoolHealthIndicator indicator = new RedisPoolHealthIndicator(pool.pool());
		await().until(() -> indicator.health().getStatus().equals(Status.UP));
		await().until(() -> connections() == 1);
		assertThat(pool.pool().snapshot().reachable()).isTrue();
	}

	@ParameterizedTest(name = "shared connections: {0}")
	@ValueSource(ints = { 0, 1 })
	default void theHealthOfAPoolThatNobodyUsesTellsThatTheServerIsDownAndWhenItIsBack(int sharedConnections) {
		TestedPool pool = start((settings) -> settings.sharedConnections(sharedConnections).warmUp(WarmUp.NONE));
		server().stop();
		RedisPoolHealthIndicator indicator = new RedisPoolHealthIndicator(pool.pool());
		await().until(() -> indicator.health().getStatus().equals(Status.DOWN));
		assertThat(indicator.health().getDetails()).containsKey("error");
		server().start();
		await().until(() -> indicator.health().getStatus().equals(Status.UP));
	}

	@Test
	default void aWarmUpInTheBackgroundOpensMinIdleAndTheSharedLane() {
		TestedPool pool = start((settings) -> settings.sharedConnections(2).minIdle(3).warmUp(WarmUp.BACKGROUND));
		await().until(() -> pool.idle() == 3 && pool.pool().snapshot().shared().connected() == 2);
		await().until(() -> connections() == 5);
	}

	@Test
	default void aWarmUpInTheBackgroundDoesNotFailTheStart(CapturedOutput output) {
		TestedPool pool = create((settings) -> settings.sharedConnections(1).minIdle(1).warmUp(WarmUp.BACKGROUND));
		server().stop();
		pool.factory().start();
		await().untilAsserted(() -> assertThat(output).containsPattern("WARN.*'contract' cannot reach"));
		server().start();
		await().until(() -> pool.idle() >= 1 && pool.pool().snapshot().shared().connected() == 1);
	}

	@Test
	default void aWarmUpOpensConnectionsAtTheSameTime() throws Exception {
		TestedPool pool = create((settings) -> settings.sharedConnections(2)
			.maxSize(8)
			.minIdle(4)
			.maxConcurrentConnects(4)
			.warmUp(WarmUp.BACKGROUND));
		server().stop();
		try (ServerDownContract.Listener silent = new ServerDownContract.Listener(server().port(), false)) {
			pool.factory().start();
			await().until(() -> silent.accepted() >= firstSockets(6));
		}
	}

	@Test
	default void aWarmUpThatHangsHoldsNobodyElseUp() throws Exception {
		TestedPool pool = create((settings) -> settings.maxWait(Duration.ofMillis(200))
			.maxSize(4)
			.minIdle(2)
			.maxConcurrentConnects(2)
			.warmUp(WarmUp.REQUIRED));
		server().stop();
		CompletableFuture<Void> starting;
		try (ServerDownContract.Listener silent = new ServerDownContract.Listener(server().port(), false)) {
			starting = CompletableFuture.runAsync(() -> pool.factory().start(), pool.threads());
			await().until(() -> silent.accepted() >= firstSockets(2));
			assertThat(starting).isNotDone();
			assertThat(pool.pool().snapshot().state()).isEqualTo(PoolSnapshot.State.RUNNING);
			assertThatExceptionOfType(RedisConnectionFailureException.class).isThrownBy(pool::borrow);
			pool.pool().resize(3, 1);
			assertThat(starting).isNotDone();
		}
		assertThat(starting).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withCauseInstanceOf(PoolConnectException.class);
	}

	@Test
	default void aRequiredWarmUpIsCompleteWhenTheStartReturns() {
		for (int i = 0; i < 10; i++) {
			TestedPool pool = start(
					(settings) -> settings.sharedConnections(2).maxSize(8).minIdle(4).warmUp(WarmUp.REQUIRED));
			assertThat(pool.idle()).isEqualTo(4);
			assertThat(pool.pool().snapshot().shared().connected()).isEqualTo(2);
			assertThat(pool.events().openedCount()).isEqualTo(4);
			assertThat(connections()).isEqualTo(6);
			pool.close();
			await().until(() -> connections() == 0);
		}
	}

	@Test
	default void aRequiredWarmUpFailsTheStartIfTheServerCannotBeReached() {
		server().stop();
		for (int shared = 0; shared < 2; shared++) {
			int sharedConnections = shared;
			TestedPool pool = create((settings) -> settings.sharedConnections(sharedConnections)
				.maxSize(2)
				.minIdle(2)
				.warmUp(WarmUp.REQUIRED));
			assertThatExceptionOfType(PoolConnectException.class).isThrownBy(() -> pool.factory().start())
				.withMessageContainingAll("'contract'", "127.0.0.1", String.valueOf(server().port()));
			assertThat(pool.factory().isRunning()).isFalse();
			assertThat(pool.pool().snapshot().state()).isEqualTo(PoolSnapshot.State.STOPPED);
		}
	}

	@Test
	default void aLeaseHasTheShutdownTimeoutToComeBack() throws Exception {
		TestedPool pool = start((settings) -> settings.maxSize(1),
				(client) -> client.shutdownTimeout(Duration.ofSeconds(20)));
		Borrowed borrowed = pool.borrow();
		CompletableFuture<Void> stopping = CompletableFuture.runAsync(() -> pool.factory().stop(), pool.threads());
		LettuceConnectionProvider provider = pool.provider();
		await().until(() -> isStopped(provider));
		assertThat(borrowed.call("ECHO", "alive")).isEqualTo("alive");
		assertThat(stopping).isNotDone();
		pool.provider().release(borrowed.connection());
		stopping.get(10, TimeUnit.SECONDS);
		assertThat(connections()).isZero();
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.STOPPED);
	}

	@Test
	default void aLeaseThatDoesNotComeBackInTimeIsClosed() {
		TestedPool pool = start((settings) -> settings.maxSize(2),
				(client) -> client.shutdownTimeout(Duration.ofMillis(50)));
		Borrowed borrowed = pool.borrow();
		pool.open(1);
		pool.factory().stop();
		await().until(() -> connections() == 0);
		assertThat(borrowed.connection().isOpen()).isFalse();
	}

	@Test
	default void borrowersThatWaitAreToldThatThePoolStops() {
		TestedPool pool = start((settings) -> settings.maxSize(1),
				(client) -> client.shutdownTimeout(Duration.ofMillis(50)));
		pool.borrow();
		CompletableFuture<Borrowed> waiting = pool.borrowLaterAndWait();
		pool.factory().stop();
		assertThatRuntimeException().isThrownBy(() -> Borrowed.reply(waiting))
			.isInstanceOf(RedisConnectionFailureException.class)
			.withMessageContaining("Pool 'contract' is stopped");
	}

	@Test
	default void borrowingAfterTheStopFailsClearly() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		LettuceConnectionProvider provider = pool.provider();
		pool.open(1);
		pool.factory().stop();
		assertThat(isStopped(provider)).isTrue();
		assertThatExceptionOfType(RedisConnectionFailureException.class)
			.isThrownBy(() -> provider.getConnection(StatefulConnection.class))
			.withMessage("Pool 'contract' is stopped");
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> pool.factory().getConnection())
			.withMessageContaining("STOPPED");
		assertThat(pool.pool().snapshot().state()).isEqualTo(PoolSnapshot.State.STOPPED);
		await().until(() -> connections() == 0);
	}

	@Test
	default void aPoolThatWasStoppedStartsAgain() {
		TestedPool pool = start((settings) -> settings.maxSize(2));
		for (int round = 0; round < 5; round++) {
			pool.open(2);
			assertThat(pool.total()).isEqualTo(2);
			pool.factory().stop();
			await().until(() -> connections() == 0);
			pool.factory().start();
			assertThat(pool.pool().snapshot().state()).isEqualTo(PoolSnapshot.State.RUNNING);
			assertThat(pool.total()).isZero();
		}
		pool.open(2);
		assertThat(connections()).isEqualTo(2);
	}

	@Test
	default void aPoolThatWasResizedStartsAgainWithItsFirstSize() {
		TestedPool pool = start((settings) -> settings.maxSize(2).maxWait(Duration.ZERO));
		for (int size : new int[] { 1, 4 }) {
			pool.pool().resize(size, 0);
			pool.factory().stop();
			pool.factory().start();
			Borrowed first = pool.borrow();
			Borrowed second = pool.borrow();
			assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(pool::borrow);
			first.giveBack();
			second.giveBack();
		}
	}

	@Test
	default void aConnectionFromBeforeARestartIsRefusedByThePoolOfAfterwards() {
		TestedPool pool = start((settings) -> settings.maxSize(1),
				(client) -> client.shutdownTimeout(Duration.ofMillis(50)));
		Borrowed old = pool.borrow();
		pool.factory().stop();
		pool.factory().start();
		assertThatRuntimeException().isThrownBy(() -> pool.provider().release(old.connection()))
			.withMessageContaining("belongs to another pool");
		Borrowed borrowed = pool.borrow();
		assertThat(pool.active()).isOne();
		borrowed.giveBack();
		assertThat(pool.idle()).isOne();
	}

	private static boolean isStopped(LettuceConnectionProvider provider) {
		CompletableFuture<?> borrowed = provider.getConnectionAsync(StatefulConnection.class).toCompletableFuture();
		boolean stopped = borrowed.isCompletedExceptionally();
		borrowed.cancel(false);
		return stopped;
	}

}
