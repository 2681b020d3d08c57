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

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.lettucepool.benchmarks.client.Client;

/**
 * Pipelines of seven GETs for one SET.
 */
final class Pipelines implements Operation {

	private static final int SIZE = 100;

	private final Client client;

	private final Values values;

	Pipelines(Client client, Values values) {
		this.client = client;
		this.values = values;
		for (int i = 0; i < values.size(); i++) {
			client.set(values.key(i), values.next(i));
		}
	}

	@Override
	public boolean run() {
		List<String> keys = new ArrayList<>(SIZE);
		List<@Nullable String> writes = new ArrayList<>(SIZE);
		// The SETs come first, so that every GET reads what this very pipeline wrote.
		for (int i = 0; i < SIZE; i++) {
			int index = i % this.values.size();
			keys.add(this.values.key(index));
			writes.add((i < SIZE / 8) ? this.values.next(index) : null);
		}
		List<?> replies = this.client.pipeline(keys, writes);
		Values.verifyEqual(SIZE, replies.size());
		for (int i = SIZE / 8; i < SIZE; i++) {
			this.values.verify(i % this.values.size(), replies.get(i));
		}
		return true;
	}

}
