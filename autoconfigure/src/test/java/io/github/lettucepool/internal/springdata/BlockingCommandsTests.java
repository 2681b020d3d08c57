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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.mockito.BDDMockito;
import org.mockito.InOrder;
import org.mockito.Mockito;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.data.redis.RedisSystemException;
import org.springframework.data.redis.connection.RedisListCommands;
import org.springframework.data.redis.connection.RedisStreamCommands;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.connection.stream.StreamReadOptions;

import io.github.lettucepool.PoolConnectException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Tests for {@link BlockingCommands}.
 */
@ExtendWith(OutputCaptureExtension.class)
@Tag("unit")
@SuppressWarnings("unchecked") // Arrays of streams.
class BlockingCommandsTests {

	private static final byte[] KEY = "orders".getBytes(StandardCharsets.UTF_8);

	private final DedicatedLease lease = Mockito.mock(DedicatedLease.class);

	private final RedisStreamCommands streams = Mockito.mock(RedisStreamCommands.class);

	private final RedisListCommands lists = Mockito.mock(RedisListCommands.class);

	private final RedisStreamCommands blockingStreams = BlockingCommands.of(RedisStreamCommands.class, this.streams,
			this.lease);

	private final RedisListCommands blockingLists = BlockingCommands.of(RedisListCommands.class, this.lists,
			this.lease);

	@Test
	void theTimeThatACommandBlocksIsForgottenAfterIt() {
		BDDMockito.given(this.lists.bLPop(3, KEY)).willReturn(List.of(KEY));
		assertThat(this.blockingLists.bLPop(3, KEY)).containsExactly(KEY);
		InOrder inOrder = Mockito.inOrder(this.lease, this.lists);
		inOrder.verify(this.lease).blocksFor(Duration.ofSeconds(3));
		inOrder.verify(this.lists).bLPop(3, KEY);
		inOrder.verify(this.lease).blocksFor(null);
	}

	@Test
	void aReadOfAStreamThatDoesNotBlockIsInAHurry() {
		this.blockingStreams.xRead(StreamReadOptions.empty().count(1), StreamOffset.fromStart(KEY));
		Mockito.verify(this.lease, Mockito.times(2)).blocksFor(null);
		Mockito.verifyNoMoreInteractions(this.lease);
	}

	@Test
	void aCallWithoutArgumentsDoesNotBlock() {
		assertThat(this.blockingLists).asString().startsWith("Mock for RedisListCommands");
		Mockito.verify(this.lease, Mockito.times(2)).blocksFor(null);
		Mockito.verifyNoMoreInteractions(this.lease);
	}

	@Test
	void aReadOfAStreamThatGotNoConnectionIsToldSinceItsContainerEndsIt(CapturedOutput output) {
		PoolConnectException failure = new PoolConnectException("main", new IllegalStateException("refused"));
		StreamReadOptions options = StreamReadOptions.empty().block(Duration.ofSeconds(5));
		StreamOffset<byte[]> stream = StreamOffset.fromStart(KEY);
		BDDMockito.given(this.streams.xRead(options, stream)).willThrow(failure);
		assertThatThrownBy(() -> this.blockingStreams.xRead(options, stream)).isSameAs(failure);
		Mockito.verify(this.lease).blocksFor(Duration.ofSeconds(5));
		assertThat(output).contains("A read of [orders] got no connection").contains(failure.getMessage());
	}

	@Test
	void otherFailuresAreNotTold(CapturedOutput output) {
		PoolConnectException failure = new PoolConnectException("main", new IllegalStateException("refused"));
		BDDMockito.given(this.lists.bLPop(3, KEY)).willThrow(failure);
		assertThatThrownBy(() -> this.blockingLists.bLPop(3, KEY)).isSameAs(failure);
		RedisSystemException wrongType = new RedisSystemException("WRONGTYPE", null);
		BDDMockito.given(this.streams.xRead(StreamOffset.fromStart(KEY))).willThrow(wrongType);
		assertThatThrownBy(() -> this.blockingStreams.xRead(StreamOffset.fromStart(KEY))).isSameAs(wrongType);
		assertThat(output).doesNotContain("got no connection");
	}

}
