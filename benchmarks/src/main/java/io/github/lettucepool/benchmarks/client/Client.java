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

package io.github.lettucepool.benchmarks.client;

import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What the workloads ask of a contestant. All calls are synchronous, and thread-safe.
 */
public interface Client extends AutoCloseable {

	/**
	 * GET.
	 * @param key the key
	 * @return the value, or {@code null} if there is none
	 */
	@Nullable String get(String key);

	/**
	 * SET.
	 * @param key the key
	 * @param value the new value
	 */
	void set(String key, String value);

	/**
	 * INCR.
	 * @param key the key
	 * @return the new number
	 */
	long increment(String key);

	/**
	 * MULTI, SET, INCR, GET, EXEC.
	 * @param key what is set and read again
	 * @param value the new value
	 * @param counter what is incremented
	 * @return the replies to INCR and GET, in this order
	 */
	List<?> transaction(String key, String value, String counter);

	/**
	 * Commands sent as one pipeline.
	 * @param keys the keys, one for each command
	 * @param values what each command sets; a {@code null} makes it a GET
	 * @return the replies, one for each command, in order
	 */
	List<?> pipeline(List<String> keys, List<@Nullable String> values);

	/**
	 * RPUSH.
	 * @param list the list's key
	 * @param element what is appended
	 */
	void push(String list, String element);

	/**
	 * BLPOP.
	 * @param list the list's key
	 * @param timeout how long to wait for an element, in whole seconds
	 * @return the element, or {@code null} if none came
	 */
	@Nullable String blockingPop(String list, Duration timeout);

	/**
	 * The client as one caller is to use it. A pool serves all callers alike; a bare
	 * connection cannot, where commands block or belong together.
	 * @param caller the caller's number, from 0
	 * @return this client, or one of the caller's own that this one closes
	 */
	default Client forCaller(int caller) {
		return this;
	}

	@Override
	void close();

}
