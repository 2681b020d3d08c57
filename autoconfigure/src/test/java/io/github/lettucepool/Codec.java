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

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;

import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisAdvancedClusterAsyncCommands;
import org.jspecify.annotations.Nullable;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.test.util.ReflectionTestUtils;

/**
 * The two ways in which Spring Data uses a pool. Each has a codec of its own.
 */
public enum Codec {

	/**
	 * Blocking borrowers; Spring Data gives them {@code byte[]}.
	 */
	BLOCKING {

		@Override
		LettuceConnectionProvider provider(PooledLettuceConnectionFactory factory) {
			return providerOf(factory, "blocking");
		}

		/**
		 * Borrows as the dedicated connection of a Spring Data connection, which it is
		 * where the shared lane is off.
		 */
		@Override
		@SuppressWarnings("deprecation") // There is no other way to the connection.
		Borrowed borrow(PooledLettuceConnectionFactory factory) {
			RedisConnection connection = factory.getConnection();
			Object commands = connection.getNativeConnection();
			StatefulConnection<?, ?> borrowed = (commands instanceof RedisAsyncCommands<?, ?> one)
					? one.getStatefulConnection()
					: ((RedisAdvancedClusterAsyncCommands<?, ?>) commands).getStatefulConnection();
			return new Borrowed(borrowed, connection::close);
		}

		@Override
		CompletableFuture<Borrowed> borrowLater(PooledLettuceConnectionFactory factory, Executor executor) {
			return CompletableFuture.supplyAsync(() -> borrow(factory), executor);
		}

		@Override
		@Nullable String pop(PooledLettuceConnectionFactory factory, String list) {
			return new StringRedisTemplate(factory).opsForList().leftPop(list, FOR_LONG);
		}

	},

	/**
	 * Reactive borrowers; Spring Data gives them {@code ByteBuffer}s.
	 */
	REACTIVE {

		@Override
		LettuceConnectionProvider provider(PooledLettuceConnectionFactory factory) {
			return providerOf(factory, "reactive");
		}

		@Override
		Borrowed borrow(PooledLettuceConnectionFactory factory) {
			CompletableFuture<Borrowed> borrowed = borrowLater(factory, Runnable::run);
			try {
				return borrowed.get();
			}
			catch (ExecutionException ex) {
				throw (RuntimeException) ex.getCause();
			}
			catch (InterruptedException ex) {
				if (!borrowed.cancel(false) && !borrowed.isCompletedExceptionally()) {
					// It came at that very moment.
					borrowed.join().giveBack();
				}
				Thread.currentThread().interrupt();
				throw new IllegalStateException("Interrupted", ex);
			}
		}

		/**
		 * Cancelling it cancels the acquisition.
		 */
		@Override
		CompletableFuture<Borrowed> borrowLater(PooledLettuceConnectionFactory factory, Executor executor) {
			LettuceConnectionProvider provider = provider(factory);
			var acquired = provider.getConnectionAsync(StatefulConnection.class).toCompletableFuture();
			CompletableFuture<Borrowed> borrowed = new CompletableFuture<>();
			acquired.whenComplete((connection, ex) -> {
				if (ex != null) {
					borrowed.completeExceptionally(ex);
				}
				else if (!borrowed
					.complete(new Borrowed(connection, () -> Borrowed.reply(provider.releaseAsync(connection))))) {
					provider.releaseAsync(connection);
				}
			});
			borrowed.whenComplete((ignored, ex) -> acquired.cancel(false));
			return borrowed;
		}

		@Override
		@Nullable String pop(PooledLettuceConnectionFactory factory, String list) {
			return new ReactiveStringRedisTemplate(factory).opsForList().leftPop(list, FOR_LONG).block();
		}

	};

	private static final Duration FOR_LONG = Duration.ofMinutes(10);

	/**
	 * What Spring Data gets the connections of this codec from.
	 * @param factory a started factory
	 * @return the provider
	 */
	abstract LettuceConnectionProvider provider(PooledLettuceConnectionFactory factory);

	/**
	 * Borrows an exclusive connection on the current thread. The factory must have no
	 * shared lane.
	 * @param factory a started factory
	 * @return the connection
	 */
	abstract Borrowed borrow(PooledLettuceConnectionFactory factory);

	/**
	 * Borrows an exclusive connection, while the current thread goes on.
	 * @param factory a started factory
	 * @param executor where to wait if this codec's borrowers block
	 * @return completes with the connection
	 */
	abstract CompletableFuture<Borrowed> borrowLater(PooledLettuceConnectionFactory factory, Executor executor);

	/**
	 * Waits for an element of a list with a template's blocking command.
	 * @param factory a started factory
	 * @param list the key of the list
	 * @return the element
	 */
	abstract @Nullable String pop(PooledLettuceConnectionFactory factory, String list);

	Codec other() {
		return (this == BLOCKING) ? REACTIVE : BLOCKING;
	}

	/**
	 * What Spring Data borrows from, without the wrapper that translates its errors.
	 */
	private static LettuceConnectionProvider providerOf(PooledLettuceConnectionFactory factory, String codec) {
		Object lanes = ReflectionTestUtils.getField(factory, "lanes");
		if (lanes == null) {
			throw new IllegalStateException("The factory is not started");
		}
		Object ofCodec = ReflectionTestUtils.invokeMethod(lanes, codec);
		return ReflectionTestUtils.invokeMethod(ofCodec, "provider");
	}

}
