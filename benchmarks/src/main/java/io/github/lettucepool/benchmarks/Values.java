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
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * A caller's keys and what it wrote last under each: nobody else writes there, so it
 * knows what every read must give. All strings are made beforehand, and two values for
 * each key are enough to tell a stale one.
 */
final class Values {

	private static final int KEYS = 4;

	private final List<String> keys = new ArrayList<>(KEYS);

	private final String[][] values = new String[KEYS][2];

	private final int[] current = new int[KEYS];

	Values(String prefix, int length) {
		for (int i = 0; i < KEYS; i++) {
			String key = prefix + ":" + i;
			this.keys.add(key);
			for (int version = 0; version < 2; version++) {
				String unit = key + "=" + version + ";";
				this.values[i][version] = unit.repeat(length / unit.length() + 1).substring(0, length);
			}
		}
	}

	int size() {
		return KEYS;
	}

	String key(int index) {
		return this.keys.get(index);
	}

	/**
	 * The value to write next.
	 * @param index the key's index
	 * @return the value that the key does not have
	 */
	String next(int index) {
		this.current[index] ^= 1;
		return this.values[index][this.current[index]];
	}

	void verify(int index, @Nullable Object actual) {
		verifyEqual(this.values[index][this.current[index]], actual);
	}

	static void verifyEqual(Object expected, @Nullable Object actual) {
		if (!Objects.equals(expected, actual)) {
			throw new WrongReplyException(expected, actual);
		}
	}

}
