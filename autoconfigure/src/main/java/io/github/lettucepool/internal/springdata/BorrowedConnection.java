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
import java.util.List;
import java.util.Objects;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.masterreplica.StatefulRedisMasterReplicaConnection;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;

import io.github.lettucepool.internal.pool.Lease;

/**
 * Stands for a connection during one asynchronous borrow. Whoever is to give the
 * connection back has this object, so when it becomes garbage, nobody will.
 * <p>
 * That happens: Spring Data's reactive connection keeps for good what arrives in the very
 * instant in which its subscriber cancels.
 */
final class BorrowedConnection implements InvocationHandler {

	/**
	 * The interfaces to implement, most specific first.
	 */
	static final List<Class<?>> TYPES = List.of(StatefulRedisClusterConnection.class,
			StatefulRedisMasterReplicaConnection.class, StatefulRedisConnection.class);

	private final Lease lease;

	private BorrowedConnection(Lease lease) {
		this.lease = lease;
	}

	/**
	 * Makes an object that stands for a connection.
	 * @param lease lends the connection
	 * @return the object; the connection itself if it is of no known type
	 */
	static StatefulConnection<?, ?> of(Lease lease) {
		StatefulConnection<?, ?> connection = (StatefulConnection<?, ?>) lease.connection();
		for (Class<?> type : TYPES) {
			if (type.isInstance(connection)) {
				return (StatefulConnection<?, ?>) Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type },
						new BorrowedConnection(lease));
			}
		}
		return connection;
	}

	/**
	 * The lease by which a connection was lent to an asynchronous borrower.
	 * @param connection the object that stands for the connection
	 * @return the lease; {@code null} if it stands for none
	 */
	static @Nullable Lease leaseOf(StatefulConnection<?, ?> connection) {
		boolean stands = Proxy.isProxyClass(connection.getClass())
				&& Proxy.getInvocationHandler(connection) instanceof BorrowedConnection;
		return stands ? ((BorrowedConnection) Proxy.getInvocationHandler(connection)).lease : null;
	}

	@Override
	public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] args) throws Throwable {
		if (method.getDeclaringClass() == Object.class) {
			return switch (method.getName()) {
				case "equals" -> proxy == Objects.requireNonNull(args)[0];
				case "hashCode" -> System.identityHashCode(proxy);
				default -> this.lease.connection().toString();
			};
		}
		this.lease.seen();
		return AopUtils.invokeJoinpointUsingReflection(this.lease.connection(), method,
				(args != null) ? args : new Object[0]);
	}

}
