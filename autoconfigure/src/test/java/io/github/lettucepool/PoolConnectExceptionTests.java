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

import java.net.ConnectException;
import java.util.concurrent.CompletionException;

import io.lettuce.core.RedisConnectionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PoolConnectException}.
 */
@Tag("unit")
class PoolConnectExceptionTests {

	private final RedisConnectionException error = new RedisConnectionException("Unable to connect to a:1",
			new ConnectException("Connection refused"));

	@Test
	void theMessageHasThePoolTheAddressAndTheReason() {
		PoolConnectException exception = new PoolConnectException("orders", this.error);
		assertThat(exception)
			.hasMessage("Pool 'orders' cannot connect to Redis: Unable to connect to a:1: Connection refused")
			.hasCause(this.error);
		assertThat(exception.getPool()).isEqualTo("orders");
	}

	@Test
	void whatAFutureWrapsIsUnwrapped() {
		assertThat(PoolConnectException.describe(new CompletionException(this.error)))
			.isEqualTo("Unable to connect to a:1: Connection refused");
		assertThat(PoolConnectException.describe(new CompletionException("alone", null))).isEqualTo("alone");
	}

	@Test
	void addressesAreWrittenForPeople() {
		assertThat(
				PoolConnectException.describe(new RedisConnectionException("Unable to connect to ::1/<unresolved>:7461",
						new ConnectException("Connection refused: /[0:0:0:0:0:0:0:1]:7461"))))
			.isEqualTo("Unable to connect to [::1]:7461: Connection refused: [::1]:7461");
	}

	@Test
	void aPartDoesNotEndTheSentence() {
		assertThat(PoolConnectException.describe(
				new RedisConnectionException("Cannot connect. ", new ConnectException("cluster support disabled."))))
			.isEqualTo("Cannot connect: cluster support disabled");
		assertThat(PoolConnectException.describe(new ConnectException("and so on..."))).isEqualTo("and so on...");
	}

	@Test
	void theReasonIsNotSaidTwice() {
		assertThat(PoolConnectException
			.describe(new RedisConnectionException("a:1 is away: gone", new ConnectException("gone"))))
			.isEqualTo("a:1 is away: gone");
	}

	@Test
	void otherAddressesThatWereTriedAreNamedAndReactorsTracesAreNot() {
		this.error.addSuppressed(new RedisConnectionException("Unable to connect to b:2"));
		this.error.addSuppressed(new Exception("#block terminated with an error"));
		assertThat(PoolConnectException.describe(this.error))
			.isEqualTo("Unable to connect to a:1: Connection refused; Unable to connect to b:2");
	}

	@Test
	void anErrorWithoutAMessageIsToldByItsKind() {
		assertThat(PoolConnectException.describe(new IllegalStateException())).isEqualTo("IllegalStateException");
	}

}
