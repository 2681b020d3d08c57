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

package io.github.lettucepool.internal.pool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import org.apache.commons.pool2.PooledObjectState;
import org.jspecify.annotations.Nullable;

/**
 * The idle connections of one kind, which differ from those of other kinds by their
 * codec.
 * <p>
 * Why it is safe:
 * <ul>
 * <li><b>A connection belongs to one at a time.</b> Whoever takes it out, under the lock,
 * has it until he puts it back: the borrower, or the pool to look at it or to close it.
 * Two who want the same one do not both find it. What {@link #oldestFirst} shows belongs
 * to nobody before it is taken.</li>
 * <li><b>None is lost.</b> Only {@link #poll} and {@link #take} make the store smaller,
 * and they hand out what they remove. {@link #size} is written under the lock too. It may
 * be read without it, and is out of date by then; so an empty store costs a borrower no
 * lock, and one who has just put a connection back finds it.</li>
 * </ul>
 * Thread-safe. The lock is held for a few instructions.
 */
final class ConnectionStore {

	private final Supplier<CompletionStage<? extends Lendable>> opener;

	private final Lock lock = new ReentrantLock();

	// Guarded by the lock. The one that became idle last comes first.
	private final ArrayDeque<PooledConnection> idle = new ArrayDeque<>();

	private volatile int size;

	/**
	 * Creates an empty store.
	 * @param opener opens a connection of this kind, within the connect timeout
	 */
	ConnectionStore(Supplier<CompletionStage<? extends Lendable>> opener) {
		this.opener = opener;
	}

	CompletionStage<? extends Lendable> open() {
		return this.opener.get();
	}

	/**
	 * Takes the connection that became idle last: the others may then become old enough
	 * to be closed.
	 * @return the connection, or {@code null} if none is idle
	 */
	@Nullable PooledConnection poll() {
		if (this.size == 0) {
			return null;
		}
		this.lock.lock();
		try {
			PooledConnection connection = this.idle.pollFirst();
			if (connection != null) {
				taken(connection, PooledObjectState.ALLOCATED);
			}
			return connection;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Takes out a certain connection.
	 * @param connection the connection
	 * @param state its new state
	 * @return {@code false} if it is not idle any more
	 */
	boolean take(PooledConnection connection, PooledObjectState state) {
		this.lock.lock();
		try {
			boolean taken = this.idle.removeLastOccurrence(connection);
			if (taken) {
				taken(connection, state);
			}
			return taken;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void taken(PooledConnection connection, PooledObjectState state) {
		connection.state(state);
		this.size = this.idle.size();
	}

	/**
	 * Makes a connection idle.
	 * @param connection a connection that belongs to the caller
	 */
	void put(PooledConnection connection) {
		this.lock.lock();
		try {
			connection.state(PooledObjectState.IDLE);
			this.idle.addFirst(connection);
			this.size = this.idle.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The connections that are idle, the one that has been so for longest first.
	 * @return a copy, whose elements others may take meanwhile
	 */
	List<PooledConnection> oldestFirst() {
		this.lock.lock();
		try {
			List<PooledConnection> all = new ArrayList<>(this.idle);
			Collections.reverse(all);
			return all;
		}
		finally {
			this.lock.unlock();
		}
	}

	int size() {
		return this.size;
	}

}
