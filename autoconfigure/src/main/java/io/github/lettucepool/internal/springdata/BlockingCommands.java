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

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.data.redis.connection.RedisListCommands;
import org.springframework.data.redis.connection.RedisStreamCommands;
import org.springframework.data.redis.connection.RedisZSetCommands;
import org.springframework.data.redis.connection.stream.StreamOffset;
import org.springframework.data.redis.connection.stream.StreamReadOptions;

import io.github.lettucepool.PoolConnectException;
import io.github.lettucepool.PoolExhaustedException;

/**
 * Commands of a connection, some of which block. Their callers are in no hurry, so they
 * wait longer for an exclusive connection: a container for streams ends a subscription
 * for good when it is refused one.
 */
final class BlockingCommands implements InvocationHandler {

	/**
	 * The interfaces with commands that block.
	 */
	static final List<Class<?>> TYPES = List.of(RedisListCommands.class, RedisZSetCommands.class,
			RedisStreamCommands.class);

	private static final Log logger = LogFactory.getLog(BlockingCommands.class);

	private final Object commands;

	private final DedicatedLease lease;

	private BlockingCommands(Object commands, DedicatedLease lease) {
		this.commands = commands;
		this.lease = lease;
	}

	/**
	 * Makes commands whose callers wait longer for a connection if they block.
	 * @param <T> the type of the commands
	 * @param type one of {@link #TYPES}
	 * @param commands the commands
	 * @param lease borrows the connection
	 * @return the commands to use
	 */
	static <T> T of(Class<T> type, T commands, DedicatedLease lease) {
		return type.cast(Proxy.newProxyInstance(BlockingCommands.class.getClassLoader(), new Class<?>[] { type },
				new BlockingCommands(commands, lease)));
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] given) throws Throwable {
		Object[] args = (given != null) ? given : new Object[0];
		try {
			this.lease.blocksFor(blocking(method.getName(), args));
			return AopUtils.invokeJoinpointUsingReflection(this.commands, method, args);
		}
		catch (PoolExhaustedException | PoolConnectException ex) {
			warn(args, ex);
			throw ex;
		}
		finally {
			this.lease.blocksFor(null);
		}
	}

	/**
	 * Nobody else says that it is for good.
	 */
	private static void warn(Object[] args, Throwable failure) {
		for (Object arg : args) {
			if (arg instanceof StreamOffset<?>[] streams) {
				logger.warn(("A read of %s got no connection; a StreamMessageListenerContainer ends such a "
						+ "subscription for good, unless its cancelOnError says otherwise. %s")
					.formatted(Arrays.stream(streams).map(BlockingCommands::name).toList(), failure.getMessage()));
			}
		}
	}

	private static String name(StreamOffset<?> stream) {
		return new String((byte[]) stream.getKey(), StandardCharsets.UTF_8);
	}

	/**
	 * Returns how long a command blocks.
	 * @return the time, zero for ever; {@code null} if it does not block
	 */
	private static @Nullable Duration blocking(String command, Object[] args) {
		for (int i = 0; i < args.length; i++) {
			if (args[i] instanceof StreamReadOptions options) {
				Long millis = options.getBlock();
				return (millis != null) ? Duration.ofMillis(millis) : null;
			}
			if (command.startsWith("b") && args[i] instanceof Number timeout) {
				TimeUnit unit = (i + 1 < args.length && args[i + 1] instanceof TimeUnit given) ? given
						: TimeUnit.SECONDS;
				return Duration.ofNanos((long) (timeout.doubleValue() * unit.toNanos(1)));
			}
		}
		return null;
	}

}
