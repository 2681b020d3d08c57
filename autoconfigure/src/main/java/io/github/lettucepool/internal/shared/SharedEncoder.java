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

import java.util.Collection;
import java.util.List;
import java.util.Queue;

import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.EncoderException;

import io.github.lettucepool.internal.transport.FailedCommands;

/**
 * Encodes the commands of a shared connection.
 * <p>
 * Lettuce's own encoder closes the connection if a command cannot be encoded, and joins a
 * batch in one buffer, however large. Here such a command fails alone, since what it
 * wrote is taken back and nobody else's reply can be mistaken for its own; and a batch of
 * large values leaves in several buffers.
 */
final class SharedEncoder extends ChannelOutboundHandlerAdapter {

	/**
	 * A buffer that has this many bytes takes no further command.
	 */
	static final int FULL = 1 << 20;

	private static final int BYTES_PER_COMMAND = 64;

	private final Queue<RedisCommand<?, ?, ?>> underWay;

	/**
	 * Creates an encoder.
	 * @param underWay the commands that wait for their reply, those to encode included
	 */
	SharedEncoder(Queue<RedisCommand<?, ?, ?>> underWay) {
		this.underWay = underWay;
	}

	@Override
	@SuppressWarnings("unchecked")
	public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
		if (message instanceof RedisCommand<?, ?, ?> command) {
			writeAll(context, List.of(command), promise);
		}
		else if (message instanceof Collection<?> commands) {
			writeAll(context, (Collection<RedisCommand<?, ?, ?>>) commands, promise);
		}
		else {
			context.write(message, promise);
		}
	}

	private void writeAll(ChannelHandlerContext context, Collection<RedisCommand<?, ?, ?>> commands,
			ChannelPromise promise) {
		int size = commands.size() * BYTES_PER_COMMAND;
		ByteBuf buffer = context.alloc().ioBuffer(size);
		try {
			for (RedisCommand<?, ?, ?> command : commands) {
				if (buffer.readableBytes() >= FULL) {
					ByteBuf next = context.alloc().ioBuffer(size);
					ByteBuf full = buffer;
					buffer = next;
					context.write(full);
				}
				encode(command, buffer);
			}
		}
		catch (RuntimeException | Error ex) {
			buffer.release();
			throw ex;
		}
		context.write(buffer, promise);
	}

	private void encode(RedisCommand<?, ?, ?> command, ByteBuf buffer) {
		int start = buffer.writerIndex();
		try {
			command.encode(buffer);
		}
		catch (RuntimeException | Error ex) {
			buffer.writerIndex(start);
			this.underWay.removeIf((other) -> isSame(other, command));
			FailedCommands.fail(command, new EncoderException("%s cannot be encoded".formatted(command.getType()), ex));
		}
	}

	private static boolean isSame(RedisCommand<?, ?, ?> one, RedisCommand<?, ?, ?> other) {
		return CommandWrapper.unwrap(one) == CommandWrapper.unwrap(other);
	}

}
