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
package io.github.lettucepool.internal.springdata;

import io.lettuce.core.api.StatefulConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.lettucepool.internal.lettuce.ConnectionTracker;
import io.github.lettucepool.internal.lettuce.TrackedConnection;
import io.github.lettucepool.internal.pool.Lease;

import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link DedicatedLease}.
 */
@Tag("unit")
class DedicatedLeaseTests {

	private final Runnable connectFirst = Mockito.mock();

	private final DedicatedLease lease = new DedicatedLease(Mockito.mock(PooledConnectionProvider.class),
			this.connectFirst);

	@Test
	void nothingIsGivenBackThatWasNotBorrowed() {
		assertThatNoException().isThrownBy(() -> {
			this.lease.awaitReplies();
			this.lease.end();
		});
	}

	@Test
	@SuppressWarnings("unchecked")
	void aConnectionThatIsNotThePoolsIsNotGivenBack() {
		StatefulConnection<byte[], byte[]> connection = Mockito.mock(StatefulConnection.class);
		this.lease.start(() -> connection, this);
		this.lease.awaitReplies();
		this.lease.end();
		Mockito.verifyNoInteractions(connection);
	}

	@Test
	@SuppressWarnings("unchecked")
	void aConnectionIsGivenBackOnce() {
		Lease lent = Mockito.mock(Lease.class);
		ConnectionTracker tracker = Mockito.mock(ConnectionTracker.class);
		BDDMockito.given(tracker.lease()).willReturn(lent);
		StatefulConnection<byte[], byte[]> connection = Mockito.mock(StatefulConnection.class,
				Mockito.withSettings().extraInterfaces(TrackedConnection.class));
		BDDMockito.given(((TrackedConnection) connection).tracker()).willReturn(tracker);
		this.lease.start(() -> connection, this);
		this.lease.end();
		this.lease.end();
		Mockito.verify(lent).usedThrough(this);
		Mockito.verify(lent).end();
	}

	@Test
	void itConnectsForASubscriptionUnlessItIsOver() {
		this.lease.beforeSubscription();
		this.lease.end();
		this.lease.beforeSubscription();
		Mockito.verify(this.connectFirst).run();
	}

}
