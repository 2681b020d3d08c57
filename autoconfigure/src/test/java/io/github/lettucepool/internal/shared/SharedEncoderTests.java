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

package io.github.lettucepool.internal.shared;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Queue;

import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.ByteArrayOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.buffer.ByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.EncoderException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link SharedEncoder}.
 */
@Tag("unit")
class SharedEncoderTests {

	private final Queue<RedisCommand<?, ?, ?>> underWay = new ArrayDeque<>();

	private final EmbeddedChannel connection = new EmbeddedChannel(new SharedEncoder(this.underWay));

	@AfterEach
	void close() {
		this.connection.finishAndReleaseAll();
	}

	@Test
	void aCommandIsEncoded() {
		this.connection.writeOutbound(echo("a"));
		assertThat(written()).containsExactly(encoded("a"));
	}

	@Test
	void aBatchLeavesInOneBuffer() {
		this.connection.writeOutbound(List.of(echo("a"), echo("b"), echo("c")));
		assertThat(written()).containsExactly(encoded("a") + encoded("b") + encoded("c"));
	}

	@Test
	void aBatchOfLargeValuesLeavesInSeveralBuffersInOrder() {
		String[] values = new String[5];
		Collection<RedisCommand<?, ?, ?>> batch = new ArrayList<>();
		StringBuilder expected = new StringBuilder();
		for (int i = 0; i < values.length; i++) {
			char[] value = new char[SharedEncoder.FULL * 2 / 3];
			Arrays.fill(value, (char) ('a' + i));
			values[i] = new String(value);
			batch.add(echo(values[i]));
			expected.append(encoded(values[i]));
		}
		this.connection.writeOutbound(batch);
		List<String> written = written();
		assertThat(written).hasSize(3);
		assertThat(String.join("", written).equals(expected.toString())).isTrue();
	}

	@Test
	void aCommandThatCannotBeEncodedFailsAloneAndNoReplyIsExpectedForIt() {
		AsyncCommand<byte[], byte[], byte[]> first = echo("a");
		AsyncCommand<byte[], byte[], byte[]> bad = bad();
		AsyncCommand<byte[], byte[], byte[]> last = echo("c");
		this.underWay.addAll(List.of(first, bad, last));
		this.connection.writeOutbound(List.of(first, bad, last));
		assertThat(written()).containsExactly(encoded("a") + encoded("c"));
		assertThat(bad.toCompletableFuture()).isCompletedExceptionally();
		assertThat(bad.toCompletableFuture().handle((value, ex) -> ex).join()).isInstanceOf(EncoderException.class)
			.hasMessageContaining("ECHO")
			.hasRootCauseMessage("cannot be encoded");
		assertThat(this.underWay.stream().<Object>map((command) -> command).toList()).containsExactly(first, last);
		assertThat(this.connection.isActive()).isTrue();
	}

	@Test
	void whatIsNoCommandIsPassedOn() {
		this.connection.writeOutbound("no command");
		assertThat(this.connection.<String>readOutbound()).isEqualTo("no command");
	}

	private List<String> written() {
		List<String> written = new ArrayList<>();
		ByteBuf buffer;
		while ((buffer = this.connection.readOutbound()) != null) {
			written.add(buffer.toString(StandardCharsets.US_ASCII));
			buffer.release();
		}
		return written;
	}

	private static String encoded(String value) {
		return "*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n".formatted(value.length(), value);
	}

	private static AsyncCommand<byte[], byte[], byte[]> echo(String value) {
		return command(new CommandArgs<>(ByteArrayCodec.INSTANCE).add(value.getBytes(StandardCharsets.US_ASCII)));
	}

	private static AsyncCommand<byte[], byte[], byte[]> bad() {
		return command(new CommandArgs<>(ByteArrayCodec.INSTANCE) {

			@Override
			public void encode(ByteBuf buffer) {
				buffer.writeByte('$');
				throw new IllegalStateException("cannot be encoded");
			}

		});
	}

	private static AsyncCommand<byte[], byte[], byte[]> command(CommandArgs<byte[], byte[]> args) {
		return new AsyncCommand<>(
				new Command<>(CommandType.ECHO, new ByteArrayOutput<>(ByteArrayCodec.INSTANCE), args));
	}

}
