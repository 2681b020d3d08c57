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

import java.io.IOException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.mockito.Mockito;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolListener;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link BorrowFailures}.
 */
@Tag("unit")
class BorrowFailuresTests {

	private final IOException cause = new IOException("refused");

	private final BorrowFailures failures = new BorrowFailures("orders", "redis.example:6379",
			Mockito.mock(PoolListener.class), Mockito.mock(Connections.class), Mockito.mock(Leases.class),
			Mockito.mock(PermitQueue.class), () -> null);

	@Test
	void aBorrowerGetsAnExceptionWithItsOwnStackForAnErrorOfConnecting() {
		PoolConnectException elsewhere = new PoolConnectException("orders", this.cause);
		assertThat(this.failures.of(elsewhere)).isInstanceOf(PoolConnectException.class)
			.isNotSameAs(elsewhere)
			.hasCause(this.cause);
		assertThat(this.failures.of(new CompletionException(elsewhere))).isNotSameAs(elsewhere).hasCause(this.cause);
		PoolConnectException withoutCause = Mockito.mock(PoolConnectException.class);
		assertThat(this.failures.of(withoutCause)).isSameAs(withoutCause);
	}

	@Test
	void whatAFutureWrapsIsUnwrapped() {
		IllegalStateException error = new IllegalStateException("no");
		assertThat(this.failures.of(error)).isSameAs(error);
		assertThat(this.failures.of(new CompletionException(error))).isSameAs(error);
		assertThat(this.failures.of(new ExecutionException(error))).isSameAs(error);
		CompletionException alone = new CompletionException("alone", null);
		assertThat(this.failures.of(alone)).isSameAs(alone);
	}

	@Test
	void whatIsNoRuntimeExceptionSaysThatThePoolCannotConnect() {
		assertThat(this.failures.of(new ExecutionException(this.cause))).isInstanceOf(PoolConnectException.class)
			.hasMessage("Pool 'orders' cannot connect to Redis: refused")
			.hasCause(this.cause);
	}

}
