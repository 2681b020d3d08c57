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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;

import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import org.junit.jupiter.api.Test;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * One budget: {@code max-size} bounds all exclusive connections of a pool.
 */
interface BudgetContract extends PoolContract {

	@Test
	default void maxSizeBoundsTheConnectionsOfAllBorrowersAndCodecsTogether() throws Exception {
		TestedPool pool = start((settings) -> settings.maxSize(3));
		List<Future<?>> borrowers = new ArrayList<>();
		for (int i = 0; i < 12; i++) {
			Codec codec = (i % 2 == 0) ? codec() : codec().other();
			String value = "value" + i;
			borrowers.add(pool.threads().submit(() -> {
				for (int round = 0; round < 20; round++) {
					Borrowed borrowed = pool.borrow(codec);
					assertThat(borrowed.call("ECHO", value)).isEqualTo(value);
					borrowed.giveBack();
				}
			}));
		}
		while (!borrowers.stream().allMatch(Future::isDone)) {
			// The server may hear of a new connection before the end of an old one: once.
			assertThat(Math.min(connections(), connections())).isLessThanOrEqualTo(3);
		}
		for (Future<?> borrower : borrowers) {
			borrower.get();
		}
		await().until(() -> pool.total() == connections());
		assertThat(pool.active()).isZero();
		assertThat(pool.pending()).isZero();
		assertThat(pool.events().borrowedCount()).isEqualTo(240);
		assertThat(pool.events().returnedCount()).isEqualTo(240);
	}

	@Test
	default void anIdleConnectionMakesRoomForOneOfTheOtherCodec() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		pool.open(1);
		Borrowed borrowed = pool.borrow(codec().other());
		assertThat(borrowed.call("ECHO", "hello")).isEqualTo("hello");
		assertThat(connections()).isOne();
		assertThat(pool.events().closeReasons()).containsExactly(CloseReason.ROOM);
		borrowed.giveBack();
		assertThat(pool.total()).isOne();
	}

	@Test
	default void allTypesOfConnectionsThatSpringDataAsksForCountTogether() {
		TestedPool pool = start((settings) -> settings.maxSize(2));
		LettuceConnectionProvider provider = pool.provider();
		StatefulConnection<?, ?> one = Borrowed
			.reply(provider.getConnectionAsync(StatefulConnection.class).toCompletableFuture());
		StatefulConnection<?, ?> other = Borrowed
			.reply(provider.getConnectionAsync(StatefulRedisConnection.class).toCompletableFuture());
		CompletableFuture<Borrowed> third = pool.borrowLaterAndWait();
		assertThat(pool.pending()).isOne();
		assertThat(connections()).isEqualTo(2);
		provider.release(one);
		Borrowed.reply(third).giveBack();
		provider.release(other);
		assertThat(pool.active()).isZero();
		assertThat(connections()).isEqualTo(2);
	}

	@Test
	default void subscriptionsAreOutsideOfTheBudgetAndCounted() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		RedisConnection subscriber = pool.factory().getConnection();
		subscriber.subscribe((message, pattern) -> {
		}, "news".getBytes(StandardCharsets.UTF_8));
		await().until(() -> server().execute("PUBLISH", "news", "hello").equals(1L));
		assertThat(pool.pool().snapshot().subscriptions()).isOne();
		assertThat(pool.total()).isOne();
		assertThat(connections()).isEqualTo(2);
		subscriber.getSubscription().unsubscribe();
		subscriber.close();
		await().until(() -> connections() == 1);
		assertThat(pool.pool().snapshot().subscriptions()).isZero();
		borrowed.giveBack();
	}

	@Test
	default void aConnectionToOneGivenNodeCanBeHadWithoutBlocking() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		RedisURI node = node();
		var provider = (LettuceConnectionProvider.TargetAware) pool.provider();
		StatefulRedisConnection<?, ?> connection = Borrowed
			.reply(provider.getConnectionAsync(StatefulRedisConnection.class, node).toCompletableFuture());
		assertThat(connection.sync().ping()).isEqualTo("PONG");
		assertThat(pool.pool().snapshot().subscriptions()).isOne();
		assertThat(pool.total()).isZero();
		Borrowed.reply(pool.provider().releaseAsync(connection));
		await().until(() -> connections() == 0);
		assertThat(pool.pool().snapshot().subscriptions()).isZero();
	}

	@Test
	default void aConnectionToOneGivenNodeIsOpenedOnDemandAndClosedOnRelease() {
		TestedPool pool = start((settings) -> settings.maxSize(1));
		Borrowed borrowed = pool.borrow();
		RedisURI node = node();
		var provider = (LettuceConnectionProvider.TargetAware) pool.provider();
		StatefulRedisConnection<?, ?> connection = provider.getConnection(StatefulRedisConnection.class, node);
		assertThat(connection.sync().ping()).isEqualTo("PONG");
		assertThat(pool.total()).isOne();
		assertThat(connections()).isEqualTo(2);
		pool.provider().release(connection);
		await().until(() -> connections() == 1);
		borrowed.giveBack();
	}

}
