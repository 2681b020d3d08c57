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

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.lettuce.core.api.StatefulConnection;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

import io.github.lettucepool.PoolSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ConnectionStore}.
 */
@Tag("unit")
class ConnectionStoreTests {

	private static final PoolSettings SETTINGS = PoolSettings.builder().build();

	private final ConnectionStore store = new ConnectionStore(
			() -> CompletableFuture.failedFuture(new IllegalStateException("not asked for")));

	private final ExecutorService threads = Executors.newCachedThreadPool();

	@AfterEach
	void endThreads() {
		this.threads.shutdownNow();
	}

	@Test
	void anEmptyStoreHasNothing() {
		assertThat(this.store.pollIdle()).isNull();
		assertThat(this.store.idle()).isZero();
		assertThat(this.store.takeOut((connection) -> true)).isEmpty();
	}

	@Test
	void theConnectionThatBecameIdleLastIsLentFirst() {
		PooledConnection first = idle();
		PooledConnection second = idle();
		assertThat(this.store.idle()).isEqualTo(2);
		assertThat(this.store.pollIdle()).isSameAs(second);
		assertThat(this.store.pollIdle()).isSameAs(first);
		assertThat(this.store.pollIdle()).isNull();
		this.store.giveBack(second);
		this.store.giveBack(first);
		assertThat(this.store.pollIdle()).isSameAs(first);
	}

	@Test
	void aNewConnectionIsLentIfNoneIsIdle() {
		PooledConnection opened = connection();
		assertThat(this.store.adopt(opened)).isSameAs(opened);
		assertThat(this.store.idle()).isZero();
		this.store.giveBack(opened);
		assertThat(this.store.pollIdle()).isSameAs(opened);
	}

	@Test
	void aNewConnectionBecomesIdleIfAnotherOneBecameSoMeanwhile() {
		PooledConnection idle = idle();
		PooledConnection opened = connection();
		assertThat(this.store.adopt(opened)).isSameAs(idle);
		assertThat(this.store.pollIdle()).isSameAs(opened);
	}

	@Test
	void aForgottenConnectionDoesNotComeBack() {
		idle();
		PooledConnection lent = this.store.pollIdle();
		assertThat(lent).isNotNull();
		this.store.forget(lent);
		assertThat(lent.isInStore()).isFalse();
		assertThat(this.store.idle()).isZero();
		assertThat(this.store.pollIdle()).isNull();
	}

	@Test
	void allThatMatchAreTakenOutFromTheOneThatIsIdleForLongest() {
		List<PooledConnection> idle = Stream.generate(this::idle).limit(4).toList();
		List<PooledConnection> asked = new ArrayList<>();
		List<PooledConnection> taken = this.store.takeOut((connection) -> {
			asked.add(connection);
			return connection != idle.get(1);
		});
		assertThat(asked).containsExactlyElementsOf(idle);
		assertThat(taken).containsExactly(idle.get(0), idle.get(2), idle.get(3)).noneMatch(PooledConnection::isInStore);
		assertThat(this.store.idle()).isOne();
		assertThat(this.store.pollIdle()).isSameAs(idle.get(1));
	}

	@Test
	void lentConnectionsAreNotTakenOut() {
		idle();
		PooledConnection lent = this.store.pollIdle();
		assertThat(this.store.takeOut((connection) -> true)).isEmpty();
		assertThat(lent).isNotNull();
		this.store.giveBack(lent);
		assertThat(this.store.idle()).isOne();
	}

	@Test
	void whatWasTakenOutCanBecomeIdleAgain() {
		PooledConnection connection = idle();
		this.store.takeOut((each) -> true).forEach(this.store::adoptIdle);
		assertThat(connection.isInStore()).isTrue();
		assertThat(this.store.pollIdle()).isSameAs(connection);
	}

	@Test
	void noConnectionIsLostOrHasTwoOwnersAtATime() throws Exception {
		int count = 8;
		for (int i = 0; i < count; i++) {
			idle();
		}
		Set<PooledConnection> owned = ConcurrentHashMap.newKeySet();
		List<Future<?>> owners = new ArrayList<>();
		for (int i = 0; i < 6; i++) {
			owners.add(this.threads.submit(() -> {
				for (int round = 0; round < 5_000; round++) {
					own(owned);
				}
			}));
		}
		for (Future<?> owner : owners) {
			owner.get(40, TimeUnit.SECONDS);
		}
		assertThat(this.store.idle()).isEqualTo(count);
		Set<PooledConnection> all = Collections.newSetFromMap(new IdentityHashMap<>());
		for (int i = 0; i < count; i++) {
			all.add(this.store.pollIdle());
		}
		assertThat(all).hasSize(count).doesNotContainNull();
	}

	private void own(Set<PooledConnection> owned) {
		Set<PooledConnection> mine = new HashSet<>();
		boolean takingOut = ThreadLocalRandom.current().nextInt(4) == 0;
		if (takingOut) {
			mine.addAll(this.store.takeOut((connection) -> ThreadLocalRandom.current().nextBoolean()));
		}
		else {
			PooledConnection polled = this.store.pollIdle();
			if (polled != null) {
				mine.add(polled);
			}
		}
		for (PooledConnection connection : mine) {
			assertThat(owned.add(connection)).isTrue();
			owned.remove(connection);
			if (takingOut) {
				this.store.adoptIdle(connection);
			}
			else {
				this.store.giveBack(connection);
			}
		}
	}

	private PooledConnection idle() {
		PooledConnection connection = connection();
		this.store.adoptIdle(connection);
		return connection;
	}

	private PooledConnection connection() {
		return new PooledConnection(Mockito.mock(StatefulConnection.class), this.store, 0, SETTINGS);
	}

}
