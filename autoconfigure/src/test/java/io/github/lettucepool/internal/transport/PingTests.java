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

package io.github.lettucepool.internal.transport;

import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.internal.ExceptionFactory;
import io.netty.handler.codec.DecoderException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.lettucepool.internal.transport.Ping.Result;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link Ping}.
 */
@Tag("unit")
class PingTests {

	@ParameterizedTest
	@ValueSource(strings = { "NOPERM User app has no permissions to run the 'ping' command",
			"LOADING Redis is loading the dataset in memory", "MISCONF Redis is configured to save RDB snapshots",
			"BUSY Redis is busy running a script", "MASTERDOWN Link with MASTER is down",
			"READONLY You can't write against a read only replica.", "CLUSTERDOWN The cluster is down",
			"OOM command not allowed", "ERR unknown command", "SOMETHING new" })
	void anErrorIsAnAnswer(String error) {
		assertThat(Result.of(ExceptionFactory.createExecutionException(error))).isEqualTo(Result.ALIVE);
		assertThat(Result.of(new CompletionException(ExceptionFactory.createExecutionException(error))))
			.isEqualTo(Result.ALIVE);
		assertThat(Result.ALIVE.isAnswered()).isTrue();
	}

	@Test
	void aPongIsAnAnswer() {
		assertThat(Result.of(null)).isEqualTo(Result.ALIVE);
	}

	@Test
	void aServerThatWantsAPasswordAnswersButTakesNoCommands() {
		assertThat(Result.of(ExceptionFactory.createExecutionException("NOAUTH Authentication required.")))
			.isEqualTo(Result.UNAUTHENTICATED);
		assertThat(Result.UNAUTHENTICATED.isAnswered()).isTrue();
	}

	@Test
	void aLossIsNoAnswer() {
		assertThat(Result.of(new RedisConnectionException("lost"))).isEqualTo(Result.LOST);
		assertThat(Result.LOST.isAnswered()).isFalse();
	}

	@ParameterizedTest
	@MethodSource
	void silenceIsNoAnswerNorIsWhatCannotBeUnderstood(Throwable error) {
		assertThat(Result.of(error)).isEqualTo(Result.SILENT);
		assertThat(Result.SILENT.isAnswered()).isFalse();
	}

	static Stream<Throwable> silenceIsNoAnswerNorIsWhatCannotBeUnderstood() {
		return Stream.of(new RedisCommandTimeoutException("1 s"), new DecoderException("garbage"),
				new RedisException("no node"), new CompletionException("nothing", null));
	}

}
