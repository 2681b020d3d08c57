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

import io.lettuce.core.api.StatefulConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

/**
 * Tests for {@link DedicatedLease}.
 */
@Tag("unit")
class DedicatedLeaseTests {

	private final PooledConnectionProvider pool = Mockito.mock(PooledConnectionProvider.class);

	private final StatefulConnection<?, ?> connection = Mockito.mock(StatefulConnection.class);

	private final DedicatedLease lease = new DedicatedLease(this.pool);

	@Test
	void nothingIsGivenBackThatWasNotBorrowed() {
		this.lease.awaitReplies();
		this.lease.end();
		Mockito.verifyNoInteractions(this.pool);
	}

	@Test
	void aConnectionThatIsNotThePoolsIsNotGivenBack() {
		this.lease.start(this.connection, this);
		this.lease.awaitReplies();
		this.lease.end();
		Mockito.verify(this.pool, Mockito.never()).endLease(ArgumentMatchers.any(), ArgumentMatchers.any());
	}

	@Test
	void aConnectionIsGivenBackOnce() {
		Object leased = new Object();
		BDDMockito.given(this.pool.leaseOf(this.connection, this)).willReturn(leased);
		this.lease.start(this.connection, this);
		this.lease.end();
		this.lease.end();
		Mockito.verify(this.pool).endLease(this.connection, leased);
	}

}
