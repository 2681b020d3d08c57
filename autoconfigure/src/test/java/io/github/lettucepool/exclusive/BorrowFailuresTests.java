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
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mockito.Mockito;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolListener;
import io.github.lettucepool.PoolSettings;
import io.github.lettucepool.writes.ConnectTimeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.BDDMockito.given;

/**
 * Tests for {@link BorrowFailures}.
 */
@Tag("unit")
class BorrowFailuresTests {

	private final IOException cause = new IOException("refused");

	private final Connections connections = Mockito.mock();

	private final Connector connector = Mockito.mock();

	private final BorrowFailures failures = new BorrowFailures("orders",
			new ConnectTimeout("redis.example:6379", Duration.ofMillis(200), Runnable::run),
			Mockito.mock(PoolListener.class), this.connections, Mockito.mock(Leases.class),
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

	@ParameterizedTest
	@CsvSource({ "100, 100, within max-wait (100 ms)", "0, 150, within validation-timeout (150 ms)",
			"300, 300, within the connect timeout (200 ms)", "-1, -1, within the connect timeout (200 ms)" })
	void theShorterLimitIsNamedWhicheverIsFoundFirst(long maxWait, long readyWait, String limit) {
		TimeoutException tooLate = new ConnectTimeout("redis.example:6379", Duration.ofMillis(200), Runnable::run)
			.tooLate();
		given(this.connections.settings())
			.willReturn(PoolSettings.builder().maxWait(Duration.ofMillis(maxWait)).build());
		given(this.connections.readyWait()).willReturn(Duration.ofMillis(readyWait));
		given(this.connections.connector()).willReturn(this.connector);
		String message = "Pool 'orders' cannot connect to Redis: no connection to redis.example:6379 " + limit;
		assertThat(this.failures.of(new ExecutionException(new PoolConnectException("orders", tooLate))))
			.hasMessage(message);
		if (readyWait > 0 && readyWait < 200) {
			assertThat(this.failures.notConnectedInTime()).hasMessage(message);
		}
		given(this.connector.error()).willReturn(tooLate);
		assertThat(this.failures.notConnectedInTime()).hasMessage(message);
		assertThat(this.failures.timedOut(Duration.ofSeconds(1))).hasMessage(message);
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
