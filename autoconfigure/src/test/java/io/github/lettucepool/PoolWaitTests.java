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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

import io.lettuce.core.api.StatefulConnection;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;

import io.github.lettucepool.embedded.RedisCluster;
import io.github.lettucepool.embedded.RedisServer;
import io.github.lettucepool.embedded.junit.Redis;
import io.github.lettucepool.metrics.RedisPoolObservations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for what listeners and figures tell of borrowers that wait.
 */
@Timeout(300)
class PoolWaitTests {

	private static final Duration VALIDATE_AFTER_IDLE = Duration.ofMillis(100);

	@Redis(own = true)
	private static RedisServer server;

	private final Waits waits = new Waits();

	private @Nullable TestedPool pool;

	@AfterEach
	void close() {
		if (this.pool != null) {
			this.pool.close();
		}
	}

	@ParameterizedTest
	@EnumSource
	void aBorrowerWhoseConnectionIsReadyDoesNotWait(Codec codec) {
		TestedPool pool = start(codec, Duration.ofSeconds(30));
		pool.open(1);
		this.waits.begun.set(0);
		pool.borrow().giveBack();
		assertThat(this.waits.begun).hasValue(0);
	}

	@ParameterizedTest
	@EnumSource
	void aBorrowerForWhomAConnectionIsOpenedWaits(Codec codec) {
		TestedPool pool = start(codec, Duration.ofSeconds(30));
		pool.borrow().giveBack();
		assertThat(this.waits.begun).hasValue(1);
		await().until(() -> this.waits.succeeded.get() == 1);
		assertThat(this.waits.failures).isEmpty();
	}

	@ParameterizedTest
	@EnumSource
	void theEndOfAWaitForAReturnIsTold(Codec codec) {
		TestedPool pool = start(codec, Duration.ofSeconds(30));
		Borrowed first = pool.borrow();
		CompletableFuture<Borrowed> second = pool.borrowLaterAndWait();
		await().until(() -> this.waits.begun.get() == 2);
		assertThat(this.waits.succeeded.get()).isEqualTo(1);
		first.giveBack();
		Borrowed.reply(second).giveBack();
		await().until(() -> this.waits.succeeded.get() == 2);
		assertThat(this.waits.failures).isEmpty();
		assertThat(this.waits.givenUp).isEmpty();
	}

	@ParameterizedTest
	@EnumSource
	void aWaitInVainIsToldWithItsReason(Codec codec) {
		TestedPool pool = start(codec, Duration.ofSeconds(1));
		Borrowed first = pool.borrow();
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(pool::borrow);
		await().until(() -> !this.waits.failures.isEmpty());
		assertThat(this.waits.failures).singleElement().isInstanceOf(PoolExhaustedException.class);
		assertThat(this.waits.givenUp).isEmpty();
		first.giveBack();
	}

	@ParameterizedTest
	@EnumSource
	void whoWillNotWaitForOthersWaitsForAPingAndForAConnection(Codec codec) {
		TestedPool pool = start(codec, Duration.ZERO, VALIDATE_AFTER_IDLE);
		Borrowed first = pool.borrow();
		assertThatExceptionOfType(PoolExhaustedException.class).isThrownBy(pool::borrow);
		first.giveBack();
		LockSupport.parkNanos(2 * VALIDATE_AFTER_IDLE.toNanos());
		Borrowed pinged = pool.borrow();
		assertThat(pinged.id()).isEqualTo(first.id());
		pinged.giveBack();
	}

	@Test
	void aBorrowerWhoCancelsIsToldFromOneWhoseTimeIsUp() {
		TestedPool pool = start(Codec.REACTIVE, Duration.ofSeconds(30));
		Borrowed first = pool.borrow();
		CompletableFuture<?> second = pool.provider()
			.getConnectionAsync(StatefulConnection.class)
			.toCompletableFuture();
		second.cancel(false);
		await().until(() -> !this.waits.failures.isEmpty());
		assertThat(this.waits.failures).singleElement().isInstanceOf(CancellationException.class);
		assertThat(this.waits.givenUp).singleElement().asInstanceOf(InstanceOfAssertFactories.LONG).isPositive();
		first.giveBack();
	}

	@Test
	void aBorrowerWhoIsInterruptedInTheQueueGaveUp() {
		TestedPool pool = start(Codec.BLOCKING, Duration.ofSeconds(30));
		Borrowed first = pool.borrow();
		CompletableFuture<Borrowed> second = pool.borrowLaterAndWait();
		pool.threads().shutdownNow();
		assertThat(second).failsWithin(Duration.ofSeconds(20));
		assertThat(this.waits.givenUp).singleElement().asInstanceOf(InstanceOfAssertFactories.LONG).isPositive();
		first.giveBack();
	}

	@Test
	void aBorrowerWhoIsInterruptedWhileAConnectionIsOpenedGaveUp() {
		server.pause();
		try {
			TestedPool pool = start(Codec.BLOCKING, Duration.ofSeconds(30));
			CompletableFuture<Borrowed> borrowed = pool.borrowLater();
			await().until(() -> this.waits.begun.get() == 1);
			pool.threads().shutdownNow();
			assertThat(borrowed).failsWithin(Duration.ofSeconds(20));
			assertThat(this.waits.givenUp).singleElement().asInstanceOf(InstanceOfAssertFactories.LONG).isPositive();
		}
		finally {
			server.resume();
		}
	}

	@ParameterizedTest
	@EnumSource
	void aWaitIsASpanBelowTheRequestThatWaits(Codec codec) {
		TestedPool pool = start(codec, Duration.ofSeconds(30));
		ObservationRegistry registry = ObservationRegistry.create();
		Queue<Observation.Context> spans = new ConcurrentLinkedQueue<>();
		registry.observationConfig().observationHandler(new Spans(spans));
		new RedisPoolObservations(pool.pool(), registry);
		Observation request = Observation.start("request", registry);
		Borrowed borrowed = request.scoped((Supplier<Borrowed>) pool::borrow);
		await().until(() -> !spans.isEmpty());
		borrowed.giveBack();
		request.scoped((Supplier<Borrowed>) pool::borrow).giveBack();
		request.stop();
		assertThat(spans).extracting(Observation.Context::getName).containsExactly("lettuce.pool.wait", "request");
		assertThat(spans.element().getParentObservation()).isSameAs(request);
		assertThat(spans.element().getError()).isNull();
	}

	@Test
	void saturationIsTimedUntilNobodyWaits() {
		TestedPool pool = start(Codec.BLOCKING, Duration.ofSeconds(30));
		Borrowed first = pool.borrow();
		assertThat(pool.pool().snapshot().saturatedFor()).isZero();
		CompletableFuture<Borrowed> second = pool.borrowLaterAndWait();
		Duration before = pool.pool().snapshot().saturatedFor();
		assertThat(before).isPositive();
		await().until(() -> pool.pool().snapshot().saturatedFor().compareTo(before) > 0);
		first.giveBack();
		Borrowed.reply(second).giveBack();
		assertThat(pool.pool().snapshot().saturatedFor()).isZero();
		assertThat(pool.pool().snapshot().queuedFor()).isZero();
	}

	@Test
	void aSuspendedPoolIsNotSaturated() {
		TestedPool pool = start(Codec.BLOCKING, Duration.ofSeconds(30));
		pool.pool().suspend();
		CompletableFuture<Borrowed> borrowed = pool.borrowLaterAndWait();
		assertThat(pool.pool().snapshot().queuedFor()).isPositive();
		assertThat(pool.pool().snapshot().saturatedFor()).isZero();
		pool.pool().resume();
		Borrowed.reply(borrowed).giveBack();
	}

	@Test
	void theEndOfThePoolIsTold() {
		TestedPool pool = start(Codec.BLOCKING, Duration.ofSeconds(30));
		pool.factory().stop();
		assertThat(this.waits.closed).hasValue(0);
		pool.factory().destroy();
		assertThat(this.waits.closed).hasValue(1);
	}

	@Test
	void theServerTellsHowManyClientsItTakes() {
		TestedPool pool = start(Codec.BLOCKING, Duration.ofSeconds(30));
		assertThat(pool.pool().getServer().describe()).isEqualTo(server.host() + ":" + server.port());
		assertThat(pool.pool().getServer().getTimeout()).isEqualTo(Duration.ofSeconds(7));
		assertThat(pool.pool().getServer().askForClients()).succeedsWithin(Duration.ofSeconds(10)).isNull();
		pool.open(1);
		assertThat(pool.pool().getServer().askForClients()).succeedsWithin(Duration.ofSeconds(10))
			.satisfies((clients) -> {
				assertThat(clients.connected()).isPositive();
				assertThat(clients.max()).isEqualTo(10_000);
				assertThat(clients.server()).matches("[0-9a-f]{40}");
			});
	}

	@Test
	void theNodesOfAClusterAreKnownOnceTheSharedLaneIsConnected(@Redis(masters = 1, replicas = 0) RedisCluster single) {
		RedisServer node = single.nodes().get(0);
		RedisClusterConfiguration cluster = new RedisClusterConfiguration().clusterNode(node.host(), node.port());
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("cluster", cluster,
				LettuceClientConfiguration.defaultConfiguration(), PoolSettings.builder().sharedConnections(1).build());
		factory.afterPropertiesSet();
		factory.start();
		this.pool = new TestedPool(factory, Codec.BLOCKING);
		assertThat(factory.getPool().getServer().nodes()).isEmpty();
		factory.getConnection().keyCommands().exists("key".getBytes(StandardCharsets.UTF_8));
		assertThat(factory.getPool().getServer().nodes())
			.containsExactly(new PoolServer.Node(node.host() + ":" + node.port(), true, false));
		assertThat(factory.getPool().getServer().askForClients()).succeedsWithin(Duration.ofSeconds(10))
			.satisfies((clients) -> assertThat(clients.max()).isPositive());
	}

	private TestedPool start(Codec codec, Duration maxWait) {
		return start(codec, maxWait, Duration.ofSeconds(30));
	}

	private TestedPool start(Codec codec, Duration maxWait, Duration validateAfterIdle) {
		PooledLettuceConnectionFactory factory = new PooledLettuceConnectionFactory("waits",
				new RedisStandaloneConfiguration(server.host(), server.port()),
				LettuceClientConfiguration.builder().commandTimeout(Duration.ofSeconds(7)).build(),
				PoolSettings.builder()
					.sharedConnections(0)
					.maxSize(1)
					.maxWait(maxWait)
					.validateAfterIdle(validateAfterIdle)
					.validationTimeout(Duration.ofSeconds(10))
					.build());
		factory.getPool().addListener(this.waits);
		factory.afterPropertiesSet();
		factory.start();
		this.pool = new TestedPool(factory, codec);
		return this.pool;
	}

	/**
	 * Remembers what was observed, as a trace does.
	 *
	 * @param ended gets it when it ends
	 */
	private record Spans(Queue<Observation.Context> ended) implements ObservationHandler<Observation.Context> {

		@Override
		public void onStop(Observation.Context context) {
			this.ended.add(context);
		}

		@Override
		public boolean supportsContext(Observation.Context context) {
			return true;
		}

	}

	/**
	 * Remembers the waits.
	 */
	private static final class Waits implements PoolListener {

		private final AtomicInteger begun = new AtomicInteger();

		private final AtomicInteger succeeded = new AtomicInteger();

		private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

		private final Queue<Long> givenUp = new ConcurrentLinkedQueue<>();

		private final AtomicInteger closed = new AtomicInteger();

		@Override
		public Wait waiting() {
			this.begun.incrementAndGet();
			return (failure) -> {
				if (failure != null) {
					this.failures.add(failure);
				}
				else {
					this.succeeded.incrementAndGet();
				}
			};
		}

		@Override
		public void gaveUp(long waitNanos) {
			this.givenUp.add(waitNanos);
		}

		@Override
		public void poolClosed() {
			this.closed.incrementAndGet();
		}

	}

}
