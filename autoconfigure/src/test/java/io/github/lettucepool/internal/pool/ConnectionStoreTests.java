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

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.apache.commons.pool2.PooledObjectState;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.PoolSettings;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ConnectionStore}.
 */
@Tag("unit")
class ConnectionStoreTests {

	private final ConnectionStore store = new ConnectionStore(new FakeServer()::open);

	@Test
	void anEmptyStoreHasNothing() {
		assertThat(this.store.poll()).isNull();
		assertThat(this.store.size()).isZero();
		assertThat(this.store.oldestFirst()).isEmpty();
	}

	@Test
	void theConnectionThatBecameIdleLastIsLentFirst() {
		PooledConnection first = idle();
		PooledConnection second = idle();
		assertThat(this.store.size()).isEqualTo(2);
		assertThat(this.store.oldestFirst()).containsExactly(first, second);
		assertThat(this.store.poll()).isSameAs(second);
		assertThat(this.store.poll()).isSameAs(first);
		assertThat(this.store.poll()).isNull();
		this.store.put(second);
		this.store.put(first);
		assertThat(this.store.poll()).isSameAs(first);
	}

	@Test
	void aConnectionThatWasTakenOutIsFoundByNobody() {
		PooledConnection first = idle();
		PooledConnection second = idle();
		assertThat(this.store.take(first, PooledObjectState.EVICTION)).isTrue();
		assertThat(this.store.take(first, PooledObjectState.VALIDATION)).isFalse();
		assertThat(this.store.oldestFirst()).containsExactly(second);
		assertThat(this.store.size()).isOne();
		assertThat(this.store.poll()).isSameAs(second);
		assertThat(this.store.take(second, PooledObjectState.EVICTION)).isFalse();
		assertThat(this.store.size()).isZero();
	}

	@Test
	void aConnectionBelongsToOneThreadAtATimeAndNoneIsLost() throws Exception {
		List<PooledConnection> all = Stream.generate(this::idle).limit(3).toList();
		ConcurrentHashMap<PooledConnection, Thread> owners = new ConcurrentHashMap<>();
		ExecutorService threads = Executors.newFixedThreadPool(4);
		try {
			CountDownLatch start = new CountDownLatch(1);
			List<Future<?>> users = IntStream.range(0, 4).<Future<?>>mapToObj((number) -> threads.submit(() -> {
				start.await();
				for (int i = 0; i < 20_000; i++) {
					PooledConnection taken = (number % 2 == 0) ? this.store.poll() : takeOldest();
					if (taken != null) {
						assertThat(owners.put(taken, Thread.currentThread())).isNull();
						owners.remove(taken);
						this.store.put(taken);
					}
				}
				return null;
			})).toList();
			start.countDown();
			for (Future<?> user : users) {
				user.get(60, TimeUnit.SECONDS);
			}
		}
		finally {
			threads.shutdownNow();
		}
		assertThat(this.store.size()).isEqualTo(3);
		assertThat(this.store.oldestFirst()).containsExactlyInAnyOrderElementsOf(all);
	}

	private PooledConnection takeOldest() {
		for (PooledConnection idle : this.store.oldestFirst()) {
			if (this.store.take(idle, PooledObjectState.VALIDATION)) {
				return idle;
			}
		}
		return null;
	}

	private PooledConnection idle() {
		PooledConnection connection = new PooledConnection(new FakeConnection(), this.store, 0, 0,
				PoolSettings.builder().build());
		this.store.put(connection);
		return connection;
	}

}
