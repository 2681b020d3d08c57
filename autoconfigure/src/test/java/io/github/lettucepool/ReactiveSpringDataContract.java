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

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveSubscription;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.ScanOptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Ways through {@code ReactiveRedisTemplate} that take a connection to themselves: none
 * keeps it, whatever happens on the way.
 */
interface ReactiveSpringDataContract extends PoolContract {

	int OFTEN = 1_000;

	Duration PATIENCE = Duration.ofSeconds(50);

	@Test
	default void commandsGiveTheirConnectionBack() {
		afterwardsNothingIsLent((template) -> template.opsForValue()
			.set("key", "value")
			.then(template.opsForValue().get("key"))
			.doOnNext((value) -> assertThat(value).isEqualTo("value")));
	}

	@Test
	default void blockingCommandsGiveTheirConnectionBack() {
		afterwardsNothingIsLent((template) -> template.opsForList()
			.leftPush("list", "element")
			.then(template.opsForList().rightPop("list", PATIENCE)));
	}

	@Test
	default void commandsThatTheServerRefusesGiveTheirConnectionBack() {
		server().execute("SET", "key", "value");
		afterwardsNothingIsLent((template) -> template.opsForList().leftPush("key", "element").onErrorComplete());
	}

	@Test
	default void callbacksThatFailGiveTheirConnectionBack() {
		ByteBuffer key = ByteBuffer.wrap("key".getBytes(StandardCharsets.UTF_8));
		afterwardsNothingIsLent((template) -> template
			.execute((connection) -> connection.stringCommands()
				.get(key.duplicate())
				.then(Mono.error(new IllegalStateException("within the callback"))))
			.onErrorComplete(IllegalStateException.class));
	}

	@Test
	default void sessionsThatFailGiveTheirConnectionBack() {
		afterwardsNothingIsLent((template) -> template
			.executeInSession((operations) -> operations.opsForValue()
				.set("key", "value")
				.then(operations.opsForValue().get("key"))
				.then(Mono.error(new IllegalStateException("within the session"))))
			.onErrorComplete(IllegalStateException.class));
	}

	@Test
	default void scansThatEndEarlyGiveTheirConnectionBack() {
		for (int i = 0; i < 20; i++) {
			server().execute("SET", "key" + i, "value");
		}
		afterwardsNothingIsLent((template) -> template.scan(ScanOptions.scanOptions().count(2).build()).take(1));
	}

	@Test
	default void eachUnsubscriptionIsToldThoughItsConnectionIsClosed() {
		TestedPool pool = start((settings) -> settings.maxSize(4));
		Unsubscriptions told = new Unsubscriptions();
		Flux.range(0, 20)
			.concatMap((number) -> subscribe(pool, told))
			.concatMap(ReactiveSpringDataContract::unsubscribeAndClose)
			.then()
			.block(PATIENCE);
		await().untilAsserted(() -> assertThat(told.channels()).isEqualTo(20));
		await().until(() -> connections() == connections(pool.pool().snapshot()));
	}

	@Test
	default void eachUnsubscriptionIsToldThoughTheFactoryStops() {
		TestedPool pool = start((settings) -> settings.maxSize(4));
		Unsubscriptions told = new Unsubscriptions();
		List<Subscribed> subscribed = Flux.range(0, 10)
			.concatMap((number) -> subscribe(pool, told))
			.collectList()
			.block(PATIENCE);
		assertThat(subscribed).hasSize(10)
			.allSatisfy((subscription) -> subscription.subscription().unsubscribe().subscribe());
		pool.factory().stop();
		assertThat(told.channels()).isEqualTo(10);
	}

	private static Mono<Subscribed> subscribe(TestedPool pool, Unsubscriptions told) {
		ReactiveRedisConnection connection = pool.factory().getReactiveConnection();
		ByteBuffer channel = ByteBuffer.wrap("channel".getBytes(StandardCharsets.UTF_8));
		return connection.pubSubCommands()
			.createSubscription(told)
			.flatMap((subscription) -> subscription.subscribe(channel)
				.thenReturn(new Subscribed(connection, subscription)));
	}

	private static Mono<Void> unsubscribeAndClose(Subscribed subscribed) {
		subscribed.subscription().unsubscribe().subscribe();
		return subscribed.connection().closeLater();
	}

	private void afterwardsNothingIsLent(Function<ReactiveStringRedisTemplate, Publisher<?>> operation) {
		TestedPool pool = start((settings) -> settings.maxSize(4));
		ReactiveStringRedisTemplate template = new ReactiveStringRedisTemplate(pool.factory());
		Flux.range(0, OFTEN).flatMap((number) -> Mono.when(operation.apply(template)), 8).then().block(PATIENCE);
		await().until(() -> pool.active() == 0 && pool.pending() == 0);
		await().until(() -> connections() == connections(pool.pool().snapshot()));
		assertThat(pool.events().borrowedCount()).isEqualTo(pool.events().returnedCount())
			.isGreaterThanOrEqualTo(OFTEN);
	}

	/**
	 * A subscription.
	 *
	 * @param connection its connection
	 * @param subscription the subscription
	 */
	record Subscribed(ReactiveRedisConnection connection, ReactiveSubscription subscription) {

	}

}
