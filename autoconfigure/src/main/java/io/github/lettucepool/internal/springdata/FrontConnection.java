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
import java.util.Collection;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

import io.lettuce.core.AbstractRedisAsyncCommands;
import io.lettuce.core.RedisAsyncCommandsImpl;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisReactiveCommandsImpl;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisAdvancedClusterAsyncCommandsImpl;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;

import io.github.lettucepool.internal.lettuce.CommandEffect;
import io.github.lettucepool.internal.transport.FailedCommands;

/**
 * Stands for a shared connection, and finds the way of each command: a command that
 * changes or blocks its connection takes the exclusive one of its sender, and so does all
 * that the sender sends until the change is over; the others go to the
 * {@linkplain SharedFront front}. No lane is asked before.
 * <p>
 * Thread-safe if there is no sender with an exclusive connection; else as the sender is.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 */
public final class FrontConnection<K, V> implements InvocationHandler {

	private final SharedFront<K, V> front;

	private final @Nullable DedicatedLease lease;

	private volatile @Nullable Object reactive;

	private FrontConnection(SharedFront<K, V> front, @Nullable DedicatedLease lease) {
		this.front = front;
		this.lease = lease;
	}

	/**
	 * Makes what stands for a shared connection.
	 * @param front the ways for harmless commands
	 * @param lease the sender's exclusive connection; {@code null} if there is none, so
	 * that commands with an effect are refused
	 * @param cluster whether it is one to a cluster
	 * @return the connection
	 */
	@SuppressWarnings("unchecked")
	public static <K, V> StatefulConnection<K, V> of(SharedFront<K, V> front, @Nullable DedicatedLease lease,
			boolean cluster) {
		Class<?> type = cluster ? StatefulRedisClusterConnection.class : StatefulRedisConnection.class;
		return (StatefulConnection<K, V>) Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type },
				new FrontConnection<>(front, lease));
	}

	/**
	 * The commands for a sender who may not wait for each of them.
	 * @param commands the commands of a connection
	 * @return the commands to use
	 */
	@SuppressWarnings("unchecked")
	static RedisClusterAsyncCommands<byte[], byte[]> withoutWaiting(
			RedisClusterAsyncCommands<byte[], byte[]> commands) {
		return (commands instanceof Routed routed) ? (RedisClusterAsyncCommands<byte[], byte[]>) routed.withoutWaiting()
				: commands;
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] args) throws Throwable {
		return switch (method.getName()) {
			case "async" -> async(proxy, true);
			case "reactive" -> reactive(proxy, method);
			case "dispatch" -> dispatch(Objects.requireNonNull(Objects.requireNonNull(args)[0]));
			case "isOpen" -> true;
			case "isMulti" -> false;
			case "getOptions" -> this.front.client().getOptions();
			case "getResources" -> this.front.client().getResources();
			case "getCodec" -> this.front.codec();
			// The lanes belong to the pool.
			case "close" -> null;
			case "closeAsync" -> CompletableFuture.completedFuture(null);
			case "equals" -> proxy == Objects.requireNonNull(args)[0];
			case "hashCode" -> System.identityHashCode(proxy);
			case "toString" -> getClass().getSimpleName();
			default -> call(method, args);
		};
	}

	/**
	 * Others must not be concerned by what concerns a connection as a whole.
	 */
	private @Nullable Object call(Method method, @Nullable Object @Nullable [] args) throws Throwable {
		return AopUtils.invokeJoinpointUsingReflection(
				(this.lease != null) ? this.lease.connection() : this.front.connection(), method,
				(args != null) ? args : new Object[0]);
	}

	@SuppressWarnings("unchecked")
	private Object async(Object proxy, boolean waiting) {
		return (proxy instanceof StatefulRedisConnection<?, ?>)
				? new Commands<>(this, (StatefulRedisConnection<K, V>) proxy, waiting)
				: new ClusterCommands<>(this, (StatefulRedisClusterConnection<K, V>) this.front.connection(), waiting);
	}

	@SuppressWarnings("unchecked")
	private @Nullable Object reactive(Object proxy, Method method) throws Throwable {
		if (this.lease != null || !(proxy instanceof StatefulRedisConnection<?, ?>)) {
			return call(method, null);
		}
		Object reactive = this.reactive;
		if (reactive == null) {
			// It does not matter which of two is kept.
			reactive = new RedisReactiveCommandsImpl<>((StatefulRedisConnection<K, V>) proxy, this.front.codec(),
					this.front.client().getOptions().getJsonParser());
			this.reactive = reactive;
		}
		return reactive;
	}

	@SuppressWarnings("unchecked")
	private Object dispatch(Object sent) {
		if (sent instanceof Collection<?> commands) {
			commands.forEach((command) -> dispatch((RedisCommand<K, V, ?>) command));
		}
		else {
			dispatch((RedisCommand<K, V, ?>) sent);
		}
		return sent;
	}

	/**
	 * A subscriber hears of an error from its command.
	 */
	private void dispatch(RedisCommand<K, V, ?> command) {
		try {
			if (this.lease != null) {
				send(command, false);
			}
			else if (CommandEffect.isHarmless(command)) {
				this.front.sendReactive(command);
			}
			else {
				FailedCommands.fail(command, CommandEffect.refusal(command));
			}
		}
		catch (RuntimeException ex) {
			FailedCommands.fail(command, ex);
		}
	}

	@SuppressWarnings("unchecked") // The exclusive connection has the codec too.
	private <T> AsyncCommand<K, V, T> send(RedisCommand<K, V, T> command, boolean waiting) {
		DedicatedLease lease = this.lease;
		boolean harmless = CommandEffect.isHarmless(command);
		if (!harmless && (lease == null || !CommandEffect.isAnswered(command))) {
			throw CommandEffect.refusal(command);
		}
		if (lease != null && (!harmless || lease.isChanged())) {
			return ((AbstractRedisAsyncCommands<K, V>) lease.commands()).dispatch(command);
		}
		return waiting ? this.front.send(command) : this.front.sendAsync(command);
	}

	/**
	 * Commands that find their ways one by one.
	 */
	private interface Routed {

		/**
		 * The same commands for a sender who may not wait.
		 * @return the commands
		 */
		Object withoutWaiting();

	}

	/**
	 * Those to one server.
	 */
	private static final class Commands<K, V> extends RedisAsyncCommandsImpl<K, V> implements Routed {

		private final FrontConnection<K, V> connection;

		private final boolean waiting;

		private Commands(FrontConnection<K, V> connection, StatefulRedisConnection<K, V> proxy, boolean waiting) {
			super(proxy, connection.front.codec(), connection.front.client().getOptions().getJsonParser());
			this.connection = connection;
			this.waiting = waiting;
		}

		@Override
		public <T> AsyncCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
			return this.connection.send(command, this.waiting);
		}

		@Override
		public Object withoutWaiting() {
			return this.connection.async(getStatefulConnection(), false);
		}

	}

	/**
	 * Those to a cluster. Lettuce sends some of them to single nodes, as parts of one
	 * shared connection, and splits some that have several keys. The sender waits for all
	 * parts together, and so for none of them.
	 */
	private static final class ClusterCommands<K, V> extends RedisAdvancedClusterAsyncCommandsImpl<K, V>
			implements Routed {

		/**
		 * Those that may be parts, apart from the ones that often have a single key.
		 */
		private static final Set<? extends ProtocolKeyword> SPLIT = EnumSet.of(CommandType.MGET, CommandType.MSET,
				CommandType.MSETEX, CommandType.JSON_MGET, CommandType.JSON_MSET);

		private final FrontConnection<K, V> connection;

		private final boolean waiting;

		private ClusterCommands(FrontConnection<K, V> connection, StatefulRedisClusterConnection<K, V> nodes,
				boolean waiting) {
			super(nodes, connection.front.codec(), connection.front.client().getOptions().getJsonParser());
			this.connection = connection;
			this.waiting = waiting;
		}

		@Override
		public <T> AsyncCommand<K, V, T> dispatch(RedisCommand<K, V, T> command) {
			return this.connection.send(command, this.waiting && !SPLIT.contains(command.getType()));
		}

		@Override
		public RedisFuture<Long> del(Iterable<K> keys) {
			return isWhole(keys) ? super.del(keys) : withoutWaiting().del(keys);
		}

		@Override
		public RedisFuture<Long> exists(Iterable<K> keys) {
			return isWhole(keys) ? super.exists(keys) : withoutWaiting().exists(keys);
		}

		@Override
		public RedisFuture<Long> touch(Iterable<K> keys) {
			return isWhole(keys) ? super.touch(keys) : withoutWaiting().touch(keys);
		}

		@Override
		public RedisFuture<Long> unlink(Iterable<K> keys) {
			return isWhole(keys) ? super.unlink(keys) : withoutWaiting().unlink(keys);
		}

		private boolean isWhole(Iterable<K> keys) {
			return !this.waiting || (keys instanceof Collection<K> collection && collection.size() == 1);
		}

		/**
		 * Lettuce tells each node.
		 */
		@Override
		@SuppressWarnings("unchecked")
		public RedisFuture<String> clientSetname(K name) {
			DedicatedLease lease = this.connection.lease;
			return (lease != null) ? ((RedisClusterAsyncCommands<K, V>) lease.commands()).clientSetname(name)
					: super.clientSetname(name);
		}

		@Override
		public ClusterCommands<K, V> withoutWaiting() {
			return new ClusterCommands<>(this.connection, getStatefulConnection(), false);
		}

	}

}
