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

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import org.springframework.data.redis.connection.lettuce.LettuceConnectionProvider;

import static org.awaitility.Awaitility.await;

/**
 * A pool that a test looks at, with its factory.
 */
public final class TestedPool implements AutoCloseable {

	private final PooledLettuceConnectionFactory factory;

	private final Codec codec;

	private final PoolEvents events = new PoolEvents();

	private final ExecutorService threads = Executors.newCachedThreadPool();

	public TestedPool(PooledLettuceConnectionFactory factory, Codec codec) {
		this.factory = factory;
		this.codec = codec;
		factory.getPool().addListener(this.events);
	}

	PooledLettuceConnectionFactory factory() {
		return this.factory;
	}

	RedisPool pool() {
		return this.factory.getPool();
	}

	PoolEvents events() {
		return this.events;
	}

	LettuceConnectionProvider provider() {
		return this.codec.provider(this.factory);
	}

	/**
	 * Threads to borrow on; they end with the pool.
	 * @return an executor with a thread for each task
	 */
	ExecutorService threads() {
		return this.threads;
	}

	PoolSnapshot.Exclusive figures() {
		return pool().snapshot().exclusive();
	}

	int active() {
		return figures().active();
	}

	int idle() {
		return figures().idle();
	}

	int total() {
		return figures().total();
	}

	int pending() {
		return figures().pending();
	}

	public Borrowed borrow() {
		return borrow(this.codec);
	}

	public Borrowed borrow(Codec codec) {
		return codec.borrow(this.factory);
	}

	List<Borrowed> borrow(int count) {
		List<Borrowed> borrowed = new ArrayList<>(count);
		for (int i = 0; i < count; i++) {
			borrowed.add(borrow());
		}
		return borrowed;
	}

	/**
	 * Borrows while the test goes on.
	 * @return completes with the connection
	 */
	CompletableFuture<Borrowed> borrowLater() {
		return this.codec.borrowLater(this.factory, this.threads);
	}

	/**
	 * Borrows while the test goes on, and returns when the borrower waits.
	 * @return completes with the connection
	 */
	public CompletableFuture<Borrowed> borrowLaterAndWait() {
		int pending = pending();
		CompletableFuture<Borrowed> borrowed = borrowLater();
		await().until(() -> pending() > pending || borrowed.isDone());
		return borrowed;
	}

	String pop(String list) {
		return this.codec.pop(this.factory, list);
	}

	/**
	 * Opens connections and leaves them idle.
	 * @param count how many
	 */
	void open(int count) {
		borrow(count).forEach(Borrowed::giveBack);
	}

	@Override
	public void close() {
		this.threads.shutdownNow();
		this.factory.destroy();
	}

}
