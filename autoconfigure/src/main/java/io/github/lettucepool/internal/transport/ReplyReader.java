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

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.protocol.DefaultEndpoint;
import io.lettuce.core.protocol.DemandAware;
import io.lettuce.core.protocol.Endpoint;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.protocol.RedisHandshakeHandler;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Reads the replies of a connection, and ends the connection as soon as one cannot be
 * read.
 * <p>
 * Lettuce's own handler lets the oldest command fail and reads on. The bytes that were
 * dropped may be a part of that reply or of any other, so the next reply may be given to
 * the wrong command. Here nothing is read any more: commands under way are lost with
 * their connection.
 * <p>
 * An output or a codec that fails does no such harm. Its reply is read to the end, and
 * only then its command fails: whoever waits for it may lend the connection on.
 */
final class ReplyReader extends CommandHandler {

	private static final Log logger = LogFactory.getLog(ReplyReader.class);

	private final boolean reconnects;

	private final @Nullable Rerouting rerouting;

	private final GuardedOutput output = new GuardedOutput();

	private boolean closing;

	private boolean unreadable;

	private @Nullable Throwable cause;

	private @Nullable String refusal;

	ReplyReader(ClientOptions clientOptions, ClientResources clientResources, Endpoint endpoint,
			@Nullable Rerouting rerouting) {
		super(clientOptions, clientResources, endpoint);
		this.rerouting = rerouting;
		this.reconnects = clientOptions.isAutoReconnect();
	}

	/**
	 * Has a connection read its replies this way. Subscriptions have a handler of their
	 * own.
	 * @param builder what the connection is opened with
	 */
	static void install(ConnectionBuilder builder) {
		if (!(builder.connection() instanceof StatefulRedisPubSubConnection<?, ?>)) {
			Rerouting rerouting = (builder.connection() instanceof Rerouting connection) ? connection : null;
			builder.commandHandler(() -> new ReplyReader(builder.clientOptions(), builder.clientResources(),
					builder.endpoint(), rerouting));
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
		if (this.closing) {
			ReferenceCountUtil.release(message);
			return;
		}
		Rerouting rerouting = this.rerouting;
		Object before = (rerouting != null) ? rerouting.beginReplies() : null;
		try {
			super.channelRead(context, message);
		}
		catch (Throwable ex) {
			this.unreadable = true;
			close(context, ex);
		}
		finally {
			if (rerouting != null) {
				rerouting.endReplies(before);
			}
		}
	}

	/**
	 * Nobody knows which replies were affected by the failure of another handler.
	 */
	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
		close(context, cause);
	}

	private void close(ChannelHandlerContext context, Throwable cause) throws Exception {
		if (getState() != LifecycleState.CONNECTED) {
			// Tells whoever connects.
			super.exceptionCaught(context, cause);
		}
		else if (!this.closing) {
			log(context, cause);
			this.cause = cause;
		}
		this.closing = true;
		// Not from here: TLS would say goodbye first, and read on meanwhile.
		ChannelHandlerContext first = context.pipeline().firstContext();
		((first != null) ? first : context).close();
	}

	private static void log(ChannelHandlerContext context, Throwable cause) {
		if (cause instanceof IOException) {
			logger.debug("Lost the connection to " + context.channel().remoteAddress(), cause);
		}
		else {
			logger.warn("The connection to %s is closed, since it failed".formatted(context.channel().remoteAddress()),
					cause);
		}
	}

	/**
	 * If a reply was being read, it was that to the oldest command. This one fails last,
	 * when its connection is known to be lost.
	 */
	@Override
	public void channelInactive(ChannelHandlerContext context) throws Exception {
		Rerouting rerouting = this.rerouting;
		Object before = (rerouting != null) ? rerouting.beginReplies() : null;
		try {
			ended(context);
		}
		finally {
			if (rerouting != null) {
				rerouting.endReplies(before);
			}
		}
	}

	private void ended(ChannelHandlerContext context) throws Exception {
		RedisCommand<?, ?, ?> unread = (this.unreadable || this.output.isBegun()) ? getStack().poll() : null;
		if (!this.reconnects && getState() == LifecycleState.CONNECTED
				&& getEndpoint() instanceof DefaultEndpoint endpoint) {
			// What Lettuce keeps for a reconnect would wait for ever.
			endpoint.closeAsync();
		}
		super.channelInactive(context);
		if (unread != null) {
			FailedCommands.fail(unread,
					this.unreadable
							? new RedisException("The reply to %s could not be read; its connection was closed"
								.formatted(unread.getType()), this.cause)
							: new PartialReplyException(unread.getType(), this.cause));
		}
	}

	/**
	 * Commands under way when the connection was lost. Lettuce keeps them for a
	 * reconnect; or it has them fail, and leaves an error in their outputs, which would
	 * be there still if they were sent again.
	 */
	@Override
	public Collection<RedisCommand<?, ?, ?>> drainQueue() {
		Collection<RedisCommand<?, ?, ?>> lost = super.drainQueue();
		if (this.reconnects) {
			return lost;
		}
		lost.forEach((command) -> FailedCommands.fail(command,
				new RedisConnectionException("The connection was lost before the reply arrived", this.cause)));
		return new ArrayList<>(0);
	}

	@Override
	protected boolean decode(ByteBuf buffer, RedisCommand<?, ?, ?> command, @Nullable CommandOutput<?, ?, ?> output) {
		return super.decode(buffer, command,
				(output != null) ? this.output.guard(output, command instanceof DemandAware.Sink) : null);
	}

	@Override
	protected void complete(RedisCommand<?, ?, ?> command) {
		// Lettuce completes a command without an output as soon as it is sent.
		Throwable failure = (command.getOutput() != null) ? this.output.end() : null;
		if (failure != null) {
			command.completeExceptionally(failure);
			return;
		}
		if (getState() != LifecycleState.CONNECTED && command.getOutput() != null && command.getOutput().hasError()) {
			this.refusal = command.getOutput().getError();
		}
		super.complete(command);
	}

	/**
	 * Lets a handshake fail with what the server refused. With a credentials provider,
	 * Lettuce closes the connection from another thread, and may take that for the reason
	 * of the failure.
	 * @param channel the connection, which has just been closed
	 * @return what the server refused, or {@code null}
	 */
	static @Nullable RedisCommandExecutionException failHandshake(Channel channel) {
		ReplyReader replies = channel.pipeline().get(ReplyReader.class);
		RedisHandshakeHandler handshake = channel.pipeline().get(RedisHandshakeHandler.class);
		if (replies == null || replies.refusal == null || handshake == null) {
			return null;
		}
		RedisCommandExecutionException refusal = new RedisCommandExecutionException(replies.refusal);
		handshake.channelInitialized().toCompletableFuture().completeExceptionally(refusal);
		return refusal;
	}

	/**
	 * Lettuce takes care of exceptions only.
	 */
	@Override
	protected void notifyPushListeners(PushMessage notification) {
		try {
			super.notifyPushListeners(notification);
		}
		catch (Error ex) {
			logger.warn("A push listener failed for a message of type " + notification.getType(), ex);
		}
	}

}
