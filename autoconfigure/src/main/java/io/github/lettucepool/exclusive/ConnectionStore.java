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

package io.github.lettucepool.exclusive;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;

import io.lettuce.core.api.StatefulConnection;
import org.apache.commons.pool2.BasePooledObjectFactory;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPool;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the connections of one codec: which are idle, which are lent.
 * <p>
 * It is a {@link GenericObjectPool} that is never asked to wait and never opens a
 * connection itself: {@link PermitQueue} does the waiting, for both codecs and for
 * asynchronous borrowers too, and connections are opened asynchronously elsewhere and
 * {@link #adopt adopted}. That also keeps away from its {@code invalidateObject}, which
 * opens a replacement on the thread of whoever returns a broken connection (POOL-431).
 */
final class ConnectionStore {

	private final Supplier<CompletionStage<StatefulConnection<?, ?>>> opener;

	private final GenericObjectPool<PooledConnection> pool;

	private final Lock takingOut = new ReentrantLock();

	/**
	 * Creates an empty store.
	 * @param opener opens a connection with this store's codec
	 */
	ConnectionStore(Supplier<CompletionStage<StatefulConnection<?, ?>>> opener) {
		this.opener = opener;
		GenericObjectPoolConfig<PooledConnection> config = new GenericObjectPoolConfig<>();
		config.setMaxTotal(-1);
		config.setMaxIdle(-1);
		config.setBlockWhenExhausted(false);
		config.setTestOnReturn(true);
		config.setNumTestsPerEvictionRun(-1);
		config.setJmxEnabled(false);
		// Times that nobody asks for would be added up at each borrow and each return.
		config.setCollectDetailedStatistics(false);
		this.pool = new GenericObjectPool<>(new Factory(), config);
	}

	CompletionStage<StatefulConnection<?, ?>> open() {
		return this.opener.get();
	}

	/**
	 * Takes the connection that became idle last.
	 * @return the connection, or {@code null} if none is idle
	 */
	@Nullable PooledConnection pollIdle() {
		if (this.pool.getNumIdle() == 0) {
			return null;
		}
		try {
			return this.pool.borrowObject();
		}
		catch (NoSuchElementException ex) {
			return null;
		}
		catch (Exception ex) {
			throw new IllegalStateException("Cannot take an idle connection", ex);
		}
	}

	/**
	 * Takes in a connection that was just opened, and lends one: the new one, or one that
	 * became idle meanwhile, the new one being idle then.
	 * @param connection the new connection
	 * @return the connection that is lent
	 */
	PooledConnection adopt(PooledConnection connection) {
		Factory.OPENED.set(connection);
		try {
			PooledConnection lent = this.pool.borrowObject();
			if (lent != connection) {
				this.pool.addObject();
			}
			return lent;
		}
		catch (Exception ex) {
			throw new IllegalStateException("Cannot take in a new connection", ex);
		}
		finally {
			Factory.OPENED.remove();
		}
	}

	/**
	 * Takes in a connection as an idle one.
	 * @param connection a new connection, or one that was {@link #takeOut taken out}
	 */
	void adoptIdle(PooledConnection connection) {
		connection.enterStore();
		Factory.OPENED.set(connection);
		try {
			this.pool.addObject();
		}
		catch (Exception ex) {
			throw new IllegalStateException("Cannot take in an idle connection", ex);
		}
		finally {
			Factory.OPENED.remove();
		}
	}

	/**
	 * Makes a lent connection idle.
	 * @param connection the connection
	 */
	void giveBack(PooledConnection connection) {
		this.pool.returnObject(connection);
	}

	/**
	 * Forgets a lent connection. It is not closed.
	 * @param connection the connection
	 */
	void forget(PooledConnection connection) {
		connection.leaveStore();
		this.pool.returnObject(connection);
	}

	/**
	 * Takes out all idle connections that match. They are forgotten, not closed.
	 * @param predicate which to take; called once for each idle connection, the one that
	 * has been idle for longest first
	 * @return the connections
	 */
	List<PooledConnection> takeOut(Predicate<PooledConnection> predicate) {
		List<PooledConnection> matching = new ArrayList<>();
		this.takingOut.lock();
		try {
			this.pool.setEvictionPolicy((config, underTest, idleCount) -> {
				PooledConnection connection = underTest.getObject();
				if (!predicate.test(connection)) {
					return false;
				}
				connection.leaveStore();
				return matching.add(connection);
			});
			this.pool.evict();
		}
		catch (Exception ex) {
			throw new IllegalStateException("Cannot take out idle connections", ex);
		}
		finally {
			this.takingOut.unlock();
		}
		return matching;
	}

	int idle() {
		return this.pool.getNumIdle();
	}

	/**
	 * Hands connections that were opened elsewhere to the object pool.
	 */
	private static final class Factory extends BasePooledObjectFactory<PooledConnection> {

		@SuppressWarnings("StaticAssignmentOfThrowable") // It has no stack trace.
		private static final NoSuchElementException NONE_IDLE = new NoneIdle();

		private static final ThreadLocal<PooledConnection> OPENED = new ThreadLocal<>();

		@Override
		public PooledConnection create() {
			PooledConnection connection = OPENED.get();
			if (connection == null) {
				throw NONE_IDLE;
			}
			return connection;
		}

		@Override
		public PooledObject<PooledConnection> wrap(PooledConnection connection) {
			return new DefaultPooledObject<>(connection);
		}

		@Override
		public boolean validateObject(PooledObject<PooledConnection> pooled) {
			return pooled.getObject().isInStore();
		}

	}

	/**
	 * Thrown on the way of a borrow when another one was quicker; it never leaves this
	 * class, so it needs no stack trace.
	 */
	private static final class NoneIdle extends NoSuchElementException {

		private static final long serialVersionUID = 1L;

		@Override
		public synchronized Throwable fillInStackTrace() {
			return this;
		}

	}

}
