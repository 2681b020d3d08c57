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

import java.lang.reflect.Proxy;
import java.time.Duration;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.lettucepool.internal.pool.Lease;
import io.github.lettucepool.internal.pool.Lendable;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link BorrowedConnection}.
 */
@Tag("unit")
class BorrowedConnectionTests {

	private final StatefulRedisConnection<?, ?> connection = mock(StatefulRedisConnection.class);

	@ParameterizedTest
	@ValueSource(classes = { StatefulRedisConnection.class, StatefulRedisMasterReplicaConnection.class,
			StatefulRedisClusterConnection.class })
	void itIsOfTheMostSpecialTypeOfWhatItStandsFor(Class<? extends StatefulConnection<?, ?>> type) {
		StatefulConnection<?, ?> connection = mock(type);
		Lease lease = lease(connection);
		StatefulConnection<?, ?> borrowed = BorrowedConnection.of(lease);
		assertThat(borrowed).isInstanceOf(type).isNotSameAs(connection);
		assertThat(BorrowedConnection.leaseOf(borrowed)).isSameAs(lease);
	}

	@Test
	void whatIsOfNoKnownTypeStandsForItself() {
		StatefulConnection<?, ?> other = mock(StatefulConnection.class);
		assertThat(BorrowedConnection.of(lease(other))).isSameAs(other);
		assertThat(BorrowedConnection.leaseOf(other)).isNull();
	}

	@Test
	void whatStandsForAConnectionElsewhereIsLeftAlone() {
		StatefulConnection<?, ?> other = (StatefulConnection<?, ?>) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { StatefulConnection.class }, (proxy, method, args) -> null);
		assertThat(BorrowedConnection.leaseOf(other)).isNull();
	}

	@Test
	void eachBorrowIsEqualToItselfOnly() {
		Lease lease = lease(this.connection);
		StatefulConnection<?, ?> one = BorrowedConnection.of(lease);
		StatefulConnection<?, ?> other = BorrowedConnection.of(lease(this.connection));
		assertThat(one.equals(one)).isTrue();
		assertThat(one.equals(other)).isFalse();
		assertThat(one).isNotEqualTo(this.connection).hasSameHashCodeAs(one);
		assertThat(one.hashCode()).isEqualTo(System.identityHashCode(one));
		assertThat(one.toString()).startsWith("Mock for StatefulRedisConnection");
		Mockito.verify(lease, Mockito.never()).seen();
	}

	@Test
	void callsGoToTheConnectionAndItsExceptionsComeBack() {
		BDDMockito.given(this.connection.getTimeout()).willReturn(Duration.ofSeconds(7));
		BDDMockito.given(this.connection.isMulti()).willThrow(new IllegalStateException("closed"));
		Lease lease = lease(this.connection);
		StatefulRedisConnection<?, ?> borrowed = (StatefulRedisConnection<?, ?>) BorrowedConnection.of(lease);
		assertThat(borrowed.getTimeout()).hasSeconds(7);
		Mockito.verify(lease).seen();
		assertThatIllegalStateException().isThrownBy(borrowed::isMulti).withMessage("closed");
	}

	private static <T extends StatefulConnection<?, ?>> T mock(Class<T> type) {
		return Mockito.mock(type, Mockito.withSettings().extraInterfaces(Lendable.class));
	}

	private static Lease lease(StatefulConnection<?, ?> connection) {
		Lease lease = Mockito.mock(Lease.class);
		BDDMockito.given(lease.connection()).willReturn((Lendable) connection);
		return lease;
	}

}
