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

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.internal.pool.Lease.Borrower;
import io.github.lettucepool.proofs.Exploration;
import io.github.lettucepool.proofs.Threads;

/**
 * What the head of {@link Leases} promises, in all the orders of a few threads' steps
 * that a model checker comes to.
 */
@Tag("slow")
class LeasesProofTests {

	private static final PoolSettings SETTINGS = PoolSettings.builder().maxSize(1).build();

	@Test
	void aLeaseEndsOnceWhoeverEndsIt() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario();
			Lease lease = scenario.start(ModelConnection.in(scenario.store));
			// As garbage, so that the pool may end it too.
			lease.handedTo(null);
			scenario.threads.start(lease::end);
			scenario.threads.start(scenario.leases::check);
			scenario.threads.start(scenario.leases::endAll);
			lease.end();
			scenario.threads.join();
			Exploration.check(scenario.leases.active() == 0, "a lease was left");
			Exploration.check(scenario.returned.get() == 1, "a lease did not end once");
			ModelConnection connection = ModelConnection.of(lease.pooled());
			Exploration.check(connection.closed() + scenario.store.oldestFirst().size() == 1,
					"a connection was neither kept nor closed, or both");
			Exploration.check(scenario.permits.tryAcquire(), "a permit was lost");
			Exploration.check(!scenario.permits.tryAcquire(), "a permit was doubled");
		});
	}

	@Test
	void theEndOfALeaseTouchesNoLaterOneOfTheSameConnection() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario();
			Lease first = scenario.start(ModelConnection.in(scenario.store));
			scenario.threads.start(first::end);
			scenario.threads.start(first::end);
			PooledConnection connection = scenario.store.poll();
			if (connection != null) {
				Lease next = scenario.start(connection);
				scenario.threads.join();
				Exploration.check(ModelConnection.of(connection).lease() == next, "a later lease was touched");
				Exploration.check(scenario.leases.active() == 1, "a later lease has ended");
			}
			scenario.threads.join();
		});
	}

	/**
	 * A pool of one, whose permit is held.
	 */
	private static final class Scenario {

		private final Threads threads = new Threads();

		private final AtomicInteger returned = new AtomicInteger();

		private final PermitQueue permits;

		private final Leases leases;

		private final ConnectionStore store = new ConnectionStore(CompletableFuture::new);

		private Scenario() {
			ModelClock clock = new ModelClock(this.threads);
			PoolListener listener = new PoolListener() {

				@Override
				public void returned(long usedNanos) {
					Scenario.this.returned.incrementAndGet();
				}

			};
			this.permits = new PermitQueue(1, 10, false, clock);
			this.permits.tryAcquire();
			Connections connections = new Connections("model", () -> SETTINGS, listener, clock);
			connections.addStore(this.store);
			connections.reserve();
			this.leases = new Leases("model", () -> SETTINGS, listener, clock,
					new Returning(connections, this.permits, clock));
		}

		private Lease start(PooledConnection connection) {
			return this.leases.start(connection, new Borrower(Thread.currentThread(), null), 0);
		}

	}

}
