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
package io.github.lettucepool.writes;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

import io.netty.channel.ConnectTimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ConnectTimeout}.
 */
@Tag("unit")
class ConnectTimeoutTests {

	private final CompletableFuture<String> opened = new CompletableFuture<>();

	@Test
	void whatIsOpenedInTimeIsHandedOn() {
		CompletableFuture<String> bound = new ConnectTimeout("redis.example:6379", Duration.ofSeconds(30))
			.bound(this.opened);
		this.opened.complete("connection");
		assertThat(bound).isCompletedWithValue("connection");
	}

	@Test
	void whatTakesTooLongFailsWithTheAddress() {
		assertThat(new ConnectTimeout("redis.example:6379", Duration.ofMillis(10)).bound(this.opened))
			.failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.withCauseInstanceOf(TimeoutException.class)
			.withMessageContaining("no connection to redis.example:6379 within the connect timeout (10 ms)");
	}

	@Test
	void nettysOwnLimitSaysTheSame() {
		CompletableFuture<String> bound = new ConnectTimeout("redis.example:6379", Duration.ofSeconds(30))
			.bound(this.opened);
		this.opened.completeExceptionally(new IllegalStateException(new ConnectTimeoutException("timed out")));
		assertThat(bound).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.havingCause()
			.withMessage("no connection to redis.example:6379 within the connect timeout (30000 ms)");
	}

	@Test
	void whatFailsByItselfKeepsItsReason() {
		TimeoutException reason = new TimeoutException("no answer from the sentinels");
		CompletableFuture<String> bound = new ConnectTimeout("redis.example:6379", Duration.ofSeconds(30))
			.bound(this.opened);
		this.opened.completeExceptionally(reason);
		assertThat(bound).failsWithin(Duration.ofSeconds(10)).withThrowableThat().withCause(reason);
	}

}
