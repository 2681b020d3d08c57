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

package io.github.lettucepool.benchmarks;

import io.github.lettucepool.benchmarks.client.Client;

/**
 * Counts. A lost or repeated INCR shows at the next one.
 */
final class Increments implements Operation {

	private final Client client;

	private final String key;

	private long expected;

	Increments(Client client, String key) {
		this.client = client;
		this.key = key;
		client.set(key, "0");
	}

	@Override
	public boolean run() {
		Values.verifyEqual(++this.expected, this.client.increment(this.key));
		return true;
	}

}
