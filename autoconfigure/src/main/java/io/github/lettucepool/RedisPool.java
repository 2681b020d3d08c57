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

import org.jspecify.annotations.Nullable;

/**
 * A pool of Redis connections, as an application looks at it and steers it while it runs.
 * <p>
 * All methods are thread-safe and return without waiting for a connection. Connections
 * are not borrowed here but through {@link PooledLettuceConnectionFactory}, which
 * {@code RedisTemplate} and its relatives do.
 */
public interface RedisPool {

	/**
	 * The pool's name: the value of the {@code pool} tag of its meters.
	 * @return the name
	 */
	String getName();

	/**
	 * The settings in force, {@link #resize} included.
	 * @return the settings
	 */
	PoolSettings getSettings();

	/**
	 * The server to which the pool's connections lead.
	 * @return the server, or servers, behind the pool
	 */
	PoolServer getServer();

	/**
	 * The pool's figures now. Each figure is exact, but they are read one after the
	 * other, so a sum may be off by what happened meanwhile.
	 * @return the figures
	 */
	PoolSnapshot snapshot();

	/**
	 * How the pool came to its size, if it {@linkplain PoolSettings#isMaxSizeAuto() sizes
	 * itself}.
	 * @return the size, its bounds and the last changes; {@code null} if the size is
	 * fixed, or the pool is stopped
	 */
	default @Nullable PoolSizing getSizing() {
		return null;
	}

	/**
	 * Begins to connect if nothing is connected, as the first command would. Returns at
	 * once; while an attempt is under way, it does nothing. The figures tell how the
	 * attempt ends: within the connect timeout {@link PoolSnapshot#reachable()} is
	 * {@code true} or {@code false}.
	 */
	default void connect() {
	}

	/**
	 * Changes the size of the exclusive lane. Growing lets waiting borrowers in at once;
	 * shrinking closes idle connections at once and borrowed ones when they come back.
	 * Holds until the pool is stopped. A pool that sizes itself takes the numbers as
	 * bounds.
	 * @param maxSize the greatest number of exclusive connections, at least 1
	 * @param minIdle how many to keep idle, from 0 to {@code maxSize}
	 * @throws IllegalArgumentException if a number is out of its range
	 */
	void resize(int maxSize, int minIdle);

	/**
	 * Replaces all exclusive and low-latency connections: idle ones are closed at once,
	 * borrowed ones when they come back. Shared ones stay.
	 */
	void retireAll();

	/**
	 * Stops lending exclusive connections. Borrowers wait for {@link #resume()}, for
	 * {@code max-wait} at most. The shared lane is not affected. Does nothing if the pool
	 * is suspended already.
	 */
	void suspend();

	/**
	 * Lends exclusive connections again. Does nothing if the pool is not suspended.
	 */
	void resume();

	/**
	 * Adds a listener. It hears what happens from now on, across restarts of the pool.
	 * @param listener the listener
	 */
	void addListener(PoolListener listener);

	/**
	 * Removes a listener; does nothing if it was not added.
	 * @param listener the listener
	 */
	void removeListener(PoolListener listener);

}
