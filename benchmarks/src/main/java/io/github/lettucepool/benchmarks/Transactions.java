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

import java.util.List;

import io.github.lettucepool.benchmarks.client.Client;

/**
 * Transactions of three commands.
 */
final class Transactions implements Operation {

	private final Client client;

	private final Values values;

	private final String counter;

	private long expected;

	Transactions(Client client, Values values, String counter) {
		this.client = client;
		this.values = values;
		this.counter = counter;
		client.set(counter, "0");
	}

	@Override
	public boolean run() {
		String value = this.values.next(0);
		List<?> replies = this.client.transaction(this.values.key(0), value, this.counter);
		Values.verifyEqual(List.of(++this.expected, value), replies);
		return true;
	}

}
