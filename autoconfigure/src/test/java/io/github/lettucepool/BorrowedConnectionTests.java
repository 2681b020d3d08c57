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

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

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

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link BorrowedConnection}.
 */
@Tag("unit")
class BorrowedConnectionTests {

	private final StatefulRedisConnection<?, ?> connection = Mockito.mock(StatefulRedisConnection.class);

	private final AtomicBoolean used = new AtomicBoolean();

	@ParameterizedTest
	@ValueSource(classes = { StatefulRedisConnection.class, StatefulRedisMasterReplicaConnection.class,
			StatefulRedisClusterConnection.class })
	void itIsOfTheMostSpecialTypeOfWhatItStandsFor(Class<? extends StatefulConnection<?, ?>> type) {
		StatefulConnection<?, ?> connection = Mockito.mock(type);
		StatefulConnection<?, ?> borrowed = BorrowedConnection.of(connection, this.used);
		assertThat(borrowed).isInstanceOf(type).isNotSameAs(connection);
		assertThat(BorrowedConnection.unwrap(borrowed)).isSameAs(connection);
	}

	@Test
	void whatIsOfNoKnownTypeStandsForItself() {
		StatefulConnection<?, ?> other = Mockito.mock(StatefulConnection.class);
		assertThat(BorrowedConnection.of(other, this.used)).isSameAs(other);
		assertThat(BorrowedConnection.unwrap(other)).isSameAs(other);
	}

	@Test
	void whatStandsForAConnectionElsewhereIsLeftAlone() {
		StatefulConnection<?, ?> other = (StatefulConnection<?, ?>) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { StatefulConnection.class }, (proxy, method, args) -> null);
		assertThat(BorrowedConnection.unwrap(other)).isSameAs(other);
	}

	@Test
	void eachBorrowIsEqualToItselfOnly() {
		StatefulConnection<?, ?> one = BorrowedConnection.of(this.connection, this.used);
		StatefulConnection<?, ?> other = BorrowedConnection.of(this.connection, this.used);
		assertThat(one.equals(one)).isTrue();
		assertThat(one.equals(other)).isFalse();
		assertThat(one).isNotEqualTo(this.connection).hasSameHashCodeAs(one);
		assertThat(one.hashCode()).isEqualTo(System.identityHashCode(one));
		assertThat(one.toString()).startsWith("Mock for StatefulRedisConnection");
		assertThat(this.used).isFalse();
	}

	@Test
	void callsGoToTheConnectionAndItsExceptionsComeBack() {
		BDDMockito.given(this.connection.getTimeout()).willReturn(Duration.ofSeconds(7));
		BDDMockito.given(this.connection.isMulti()).willThrow(new IllegalStateException("closed"));
		StatefulRedisConnection<?, ?> borrowed = (StatefulRedisConnection<?, ?>) BorrowedConnection.of(this.connection,
				this.used);
		assertThat(borrowed.getTimeout()).hasSeconds(7);
		assertThat(this.used).isTrue();
		assertThatIllegalStateException().isThrownBy(borrowed::isMulti).withMessage("closed");
	}

}
