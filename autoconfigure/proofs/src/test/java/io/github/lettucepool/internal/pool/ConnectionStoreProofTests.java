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
import java.util.concurrent.CompletableFuture;

import org.apache.commons.pool2.PooledObjectState;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import io.github.lettucepool.proofs.Exploration;
import io.github.lettucepool.proofs.Threads;

/**
 * What the head of {@link ConnectionStore} promises, in all the orders of a few threads'
 * steps that a model checker comes to.
 */
@Tag("slow")
class ConnectionStoreProofTests {

	@Test
	void twoBorrowersDoNotGetTheSameConnection() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario();
			scenario.threads.start(scenario::useLast);
			scenario.useLast();
			scenario.end();
		});
	}

	@Test
	void aBorrowerAndThePoolDoNotGetTheSameConnection() {
		Exploration.of(() -> {
			Scenario scenario = new Scenario();
			scenario.threads.start(scenario::useLast);
			scenario.useOldest();
			scenario.end();
		});
	}

	/**
	 * A store with one connection.
	 */
	private static final class Scenario {

		private final Threads threads = new Threads();

		private final ConnectionStore store = new ConnectionStore(CompletableFuture::new);

		private final PooledConnection connection = ModelConnection.in(this.store);

		private Scenario() {
			this.store.put(this.connection);
		}

		private void useLast() {
			PooledConnection connection = this.store.poll();
			if (connection != null) {
				use(connection);
			}
		}

		private void useOldest() {
			for (PooledConnection idle : this.store.oldestFirst()) {
				if (this.store.take(idle, PooledObjectState.VALIDATION)) {
					use(idle);
				}
			}
		}

		private void use(PooledConnection connection) {
			ModelConnection.of(connection).use();
			this.store.put(connection);
		}

		private void end() {
			this.threads.join();
			List<PooledConnection> idle = this.store.oldestFirst();
			Exploration.check(idle.equals(List.of(this.connection)), "a connection was lost or doubled");
			Exploration.check(this.store.size() == 1, "the size is wrong");
		}

	}

}
