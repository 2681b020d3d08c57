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
 * Seven GETs, then a SET.
 */
final class ReadsAndWrites implements Operation {

	private final Client client;

	private final Values values;

	private int step;

	ReadsAndWrites(Client client, Values values) {
		this.client = client;
		this.values = values;
		for (int i = 0; i < values.size(); i++) {
			client.set(values.key(i), values.next(i));
		}
	}

	@Override
	public boolean run() {
		int current = this.step++;
		if (current % 8 == 7) {
			int index = (current / 8) % this.values.size();
			this.client.set(this.values.key(index), this.values.next(index));
		}
		else {
			int index = current % this.values.size();
			this.values.verify(index, this.client.get(this.values.key(index)));
		}
		return true;
	}

}
